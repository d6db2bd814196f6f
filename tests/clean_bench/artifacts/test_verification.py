"""Verifying an artifact: any changed byte is found, and what changed is named."""

import json
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.artifacts import Artifact, Failure, Scope, verification, verify
from clean_bench.artifacts import manifest as manifests
from clean_bench.errors import UserError

GOOD = {"numbers": lambda artifact: [], "inner": lambda artifact: []}


@pytest.fixture
def folder(tmp_path):
    """An artifact with two tables, a file in a folder of its own, and an artifact inside it."""
    artifact = Artifact.open(tmp_path / "a", "numbers", {"seed": 1})
    artifact.write("rows/00000", pa.table({"value": [1, 2], "text": ["x", None]}))
    artifact.write("rows/00001", pa.table({"value": [3], "text": ["é"]}))
    artifact.write("other/00000", pa.table({"value": [0.5]}))
    artifact.write_file("model/notes.txt", b"some bytes")
    inner = Artifact.open(tmp_path / "a" / "parts" / "one", "inner", {"of": "a"})
    inner.write("rows/00000", pa.table({"value": [7]}))
    inner.finish({})
    inner.close()
    artifact.finish({"n": 3})
    artifact.close()
    assert verify(artifact.folder, GOOD) == []
    return artifact.folder


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flipped(data, position, mask):
    return data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]


def test_every_byte_of_the_manifest_counts(folder):
    path = folder / "manifest.json"
    good = path.read_bytes()
    masks = random.Random(0)
    for position in range(len(good)):
        path.write_bytes(flipped(good, position, 1 << masks.randrange(8)))
        failures = verify(folder, GOOD)
        assert failures, (position, path.read_bytes()[position - 20 : position + 20])
        assert failures[0].where == "manifest.json"


def test_a_flipped_byte_of_any_file_is_found_by_name(folder):
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        if name == "manifest.json":
            continue
        good = path.read_bytes()
        for position in {0, len(good) // 3, len(good) // 2, len(good) - 1}:
            path.write_bytes(flipped(good, position, 1))
            where = {failure.where for failure in verify(folder, GOOD)}
            # A part is named by its folder: its own manifest says which file of it changed.
            inside = name.startswith("parts/one/")
            assert where & (
                {name, "parts/one", "parts/one/rows/00000.parquet"} if inside else {name}
            )
        path.write_bytes(good)
    assert verify(folder, GOOD) == []


def test_missing_and_added_files_are_named(folder):
    (folder / "rows" / "00001.parquet").unlink()
    (folder / "model" / "extra.txt").write_text("")
    assert {str(failure) for failure in verify(folder, GOOD)} >= {
        "rows/00001.parquet: is missing",
        "model/extra.txt: is not part of the artifact",
    }


@pytest.mark.parametrize("where", [".", "parts/one"])
def test_the_state_of_an_unfinished_training_is_no_file_of_a_finished_artifact(folder, where):
    """No hash covers it, so anything could lie there."""
    (folder / where / "state.safetensors").write_bytes(b"anything")
    [failure] = verify(folder, GOOD)
    assert failure.where == (Path(where) / "state.safetensors").as_posix()
    assert "no hash covers it: delete it" in failure.what


def test_a_part_that_vanished_is_named(folder):
    shutil.rmtree(folder / "parts")
    assert [str(failure) for failure in verify(folder, GOOD)] == ["parts/one: is missing"]


def test_failures_of_a_part_are_named_from_the_outside(folder):
    verifiers = {**GOOD, "inner": lambda artifact: [Failure("row 0", "is wrong")]}
    assert [str(failure) for failure in verify(folder, verifiers)] == ["parts/one/row 0: is wrong"]


def test_a_part_that_was_made_anew_is_found(folder):
    """Whole in itself, but not the one that the outer manifest names."""
    inner = folder / "parts" / "one"
    manifest = json.loads((inner / "manifest.json").read_text())
    manifest["metadata"] = {"better": True}
    (inner / "manifest.json").write_bytes(manifests.text_of(manifests.seal(manifest)))
    assert verify(inner, GOOD) == []
    assert [failure.where for failure in verify(folder, GOOD)] == ["parts/one"]


def test_rows_that_differ_from_their_hash_are_found(folder):
    """The file's own hash was brought up to date, the hash of the rows was not."""
    pq.write_table(pa.table({"value": [0.25]}), folder / "other" / "00000.parquet")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    new = manifests.sha256_of_file(folder / "other" / "00000.parquet")
    manifest["files"]["other/00000.parquet"] = new
    path.write_bytes(manifests.text_of(manifests.seal(manifest)))
    assert [failure.where for failure in verify(folder, GOOD)] == ["other"]


def test_a_manifest_that_was_edited_and_not_sealed_is_found(folder):
    path = folder / "manifest.json"
    for old, new in ((b'"n": 3', b'"n": 4'), (b'"seed": 1', b'"seed": 2'), (b"{", b"{ ")):
        good = path.read_bytes()
        path.write_bytes(good.replace(old, new, 1))
        assert [failure.where for failure in verify(folder, GOOD)] == ["manifest.json"]
        path.write_bytes(good)


def test_the_verifier_of_the_kind_sees_the_rows(folder):
    def add(artifact):
        total = sum(row["value"] for row in artifact.rows("rows"))
        if total != artifact.metadata["n"]:
            yield Failure("rows", f"come to {total}, not {artifact.metadata['n']}")

    assert [str(f) for f in verify(folder, {**GOOD, "numbers": add})] == ["rows: come to 6, not 3"]


def test_an_unknown_kind_is_a_failure(folder):
    failures = verify(folder, {"inner": GOOD["inner"]})
    assert [str(failure) for failure in failures] == [
        "manifest.json: no check is registered for the kind 'numbers'"
    ]


def test_an_unfinished_artifact_is_a_failure_and_no_artifact_an_error(tmp_path):
    Artifact.open(tmp_path / "a", "numbers", {}).close()
    assert [str(failure) for failure in verify(tmp_path / "a", GOOD)] == [
        "manifest.json: the artifact was not finished"
    ]
    with pytest.raises(UserError, match="holds no clean-bench artifact"):
        verify(tmp_path / "b", GOOD)


def test_the_scope_of_parts_is_added_up(folder):
    scopes = {
        "numbers": lambda artifact: Scope({"rows added again": 3}, ("who chose the seed",)),
        "inner": lambda artifact: Scope(
            {"rows added again": 1}, ("who chose the seed", "why"), alone=("where",)
        ),
    }
    assert "where" in verification(folder / "parts" / "one", GOOD, scopes).not_checked
    verified = verification(folder, GOOD, scopes)
    assert verified.failures == ()
    assert verified.checked == {"rows added again": 4}
    assert verified.not_checked == ("who chose the seed", "why")


def test_what_failed_adds_nothing_to_the_scope(folder):
    scopes = {"numbers": lambda artifact: Scope({"rows added again": 3})}
    (folder / "model" / "extra.txt").write_text("")
    assert verification(folder, GOOD, scopes).checked == {}
