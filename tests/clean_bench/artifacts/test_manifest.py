"""Canonical rows: what their hash depends on and what it does not."""

import hashlib

import pyarrow as pa

from clean_bench.artifacts.manifest import canonical, content_sha256, seal, text_of


def test_the_hash_of_rows_by_hand():
    table = pa.table({"b": [1, None], "a": ["é", "x"]})
    lines = b'{"a":"\\u00e9","b":1}\n{"a":"x","b":null}\n'
    assert content_sha256([table]) == hashlib.sha256(lines).hexdigest()


def test_sharding_and_order_of_columns_do_not_matter_and_names_do():
    whole = pa.table({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    shards = [whole.slice(0, 1), whole.slice(1).select(["b", "a"])]
    assert content_sha256(shards) == content_sha256([whole])
    assert content_sha256([whole.rename_columns(["a", "c"])]) != content_sha256([whole])
    assert content_sha256(shards[::-1]) != content_sha256([whole])


def test_canonical_json():
    assert canonical({"b": (1, 2.5), "a": "é"}) == b'{"a":"\\u00e9","b":[1,2.5]}'


def test_sealing_twice_changes_nothing():
    manifest = {"kind": "x", "format": 1, "config": {}, "metadata": {}, "times": {"begun": "t"}}
    once = seal(manifest)
    assert seal(once) == once
    later = seal({**manifest, "times": {"begun": "u"}})
    assert later["identity_sha256"] == once["identity_sha256"]
    assert later["manifest_sha256"] != once["manifest_sha256"]
    assert text_of(once).endswith(b"}\n")
