"""Canonical rows: what their hash depends on and what it does not."""

import base64
import hashlib
import json
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.artifacts.manifest import canonical_json, content_sha256, seal, text_of


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


def test_the_hash_of_lists_of_numbers_by_hand():
    """0.5 and 1 are 00 00 00 3f and 00 00 80 3f as little-endian float32."""
    table = pa.table(
        {
            "n": pa.array([[1, 258], []], pa.list_(pa.int32())),
            "x": pa.array([[0.5, 1.0], None], pa.list_(pa.float32())),
        }
    )
    lines = b'{"n":"<i4:AQAAAAIBAAA=","x":"<f4:AAAAPwAAgD8="}\n{"n":"<i4:","x":null}\n'
    assert content_sha256([table]) == hashlib.sha256(lines).hexdigest()


KINDS = {
    "i": (pa.list_(pa.int32()), "<i4", st.integers(-(2**31), 2**31 - 1)),
    "l": (pa.list_(pa.int64()), "<i8", st.integers(-(2**63), 2**63 - 1)),
    "f": (pa.list_(pa.float32()), "<f4", st.floats(width=32)),
    "d": (pa.list_(pa.float64()), "<f8", st.floats()),
}
CODES = {"i": "i", "l": "q", "f": "f", "d": "d"}


@st.composite
def rows(draw):
    row = {
        "text %s": draw(st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
        "number": draw(st.none() | st.integers(-(2**63), 2**63 - 1)),
        "share": draw(st.none() | st.floats(allow_nan=False)),
        "yes": draw(st.none() | st.booleans()),
        "words": draw(st.none() | st.lists(st.text('ab"\\é'), max_size=3)),
    }
    for name, (_, _, values) in KINDS.items():
        row[name] = draw(st.none() | st.lists(st.none() | values, max_size=4))
    return row


SCHEMA = pa.schema(
    [
        ("text %s", pa.string()),
        ("number", pa.int64()),
        ("share", pa.float64()),
        ("yes", pa.bool_()),
        ("words", pa.list_(pa.string())),
        *((name, kind) for name, (kind, _, _) in KINDS.items()),
    ]
)


def spelled(name, value):
    """A value of a row as JSON has it, one number at a time."""
    if name not in KINDS or value is None or None in value:
        return value
    data = b"".join(struct.pack("<" + CODES[name], number) for number in value)
    return f"{KINDS[name][1]}:{base64.b64encode(data).decode()}"


@settings(deadline=None)
@given(st.lists(rows(), max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_the_hash_is_that_of_each_row_in_canonical_json(made, first, second):
    table = pa.Table.from_pylist(made, schema=SCHEMA)
    state = hashlib.sha256()
    for row in made:
        said = {name: spelled(name, value) for name, value in row.items()}
        state.update(json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    cuts = sorted([first, second])
    parts = [table[: cuts[0]], table[cuts[0] : cuts[1]], table[cuts[1] :]]
    assert content_sha256([table]) == content_sha256(parts) == state.hexdigest()


@pytest.mark.parametrize(("one", "other"), [(0.0, -0.0), (1.0, 1.0 + 2**-23)])
def test_any_bit_of_a_number_counts(one, other):
    tables = [pa.table({"x": pa.array([[x]], pa.list_(pa.float32()))}) for x in (one, other)]
    assert content_sha256(tables[:1]) != content_sha256(tables[1:])


def test_canonical_json():
    assert canonical_json({"b": (1, 2.5), "a": "é"}) == b'{"a":"\\u00e9","b":[1,2.5]}'


def test_sealing_twice_changes_nothing():
    manifest = {"kind": "x", "format": 1, "config": {}, "metadata": {}, "times": {"begun": "t"}}
    once = seal(manifest)
    assert seal(once) == once
    later = seal({**manifest, "times": {"begun": "u"}})
    assert later["identity_sha256"] == once["identity_sha256"]
    assert later["manifest_sha256"] != once["manifest_sha256"]
    assert text_of(once).endswith(b"}\n")
