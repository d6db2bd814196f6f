"""Writing an artifact: begun, resumed, refused, locked, and never half-written."""

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pyarrow as pa
import pytest

from clean_bench.artifacts import Artifact, atomic_files, verify
from clean_bench.errors import UserError

CONFIG = {"seed": 1, "names": ("a", "b"), "nested": {"x": 0.5}}
ANY = {"numbers": lambda artifact: []}


def table(*values):
    return pa.table({"value": list(values)})


def written(folder, *, values=(1, 2, 3), config=CONFIG, **finish):
    artifact = Artifact.open(folder, "numbers", config)
    artifact.write("rows/00000", table(*values))
    artifact.write("rows/00001", table(9))
    artifact.finish({"sum": sum(values)}, **finish)
    artifact.close()
    return artifact


def test_what_was_written_is_read(tmp_path):
    written(tmp_path / "a")
    artifact = Artifact.load(tmp_path / "a", "numbers")
    assert [row["value"] for row in artifact.rows("rows")] == [1, 2, 3, 9]
    assert artifact.config == {"seed": 1, "names": ["a", "b"], "nested": {"x": 0.5}}
    assert artifact.metadata == {"sum": 6}
    assert artifact.finished
    assert artifact.manifest["tables"]["rows"]["rows"] == 4
    assert sorted(artifact.manifest["files"]) == ["rows/00000.parquet", "rows/00001.parquet"]
    assert verify(tmp_path / "a", ANY) == []


def test_a_resumed_artifact_keeps_its_shards(tmp_path):
    first = Artifact.open(tmp_path / "a", "numbers", CONFIG)
    first.write("rows/00000", table(1, 2, 3))
    first.close()
    again = Artifact.open(tmp_path / "a", "numbers", CONFIG)
    assert again.done("rows/00000")
    assert not again.done("rows/00001")
    assert not again.finished
    again.write("rows/00001", table(9))
    again.finish({"sum": 6})
    whole = written(tmp_path / "b")
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({**CONFIG, "seed": 2}, "seed = 1, got 2"),
        ({**CONFIG, "nested": {"x": 0.25}}, "nested.x = 0.5, got 0.25"),
        ({**CONFIG, "added": True}, "added = null, got true"),
        ({"seed": 1, "names": ["a", "b"]}, "nested = "),
    ],
)
def test_another_configuration_is_refused_by_key(tmp_path, config, key):
    with Artifact.open(tmp_path / "a", "numbers", CONFIG) as artifact:
        artifact.write("rows/00000", table(1))
    with pytest.raises(UserError) as caught:
        Artifact.open(tmp_path / "a", "numbers", config)
    assert f"was begun with {key}" in str(caught.value)


def test_a_difference_is_named_by_what_the_user_set(tmp_path: Path) -> None:
    """Descriptions follow from settings: they come last, with the entry that differs."""
    first = {"engine": {"dtype": "float32", "threads": {"count": 2}}, "tuning": "full"}
    with Artifact.open(tmp_path, "x", first) as artifact:
        artifact.write_file("some", b"work")
    second = {"engine": {"dtype": "bfloat16", "threads": {"count": 2}}, "tuning": "lora"}
    with pytest.raises(UserError, match='was begun with tuning = "full", got "lora"'):
        Artifact.open(tmp_path, "x", second)
    third = {"engine": {"dtype": "float32", "threads": {"count": 4}}, "tuning": "full"}
    with pytest.raises(UserError, match=r"was begun with engine\.threads\.count = 2, got 4"):
        Artifact.open(tmp_path, "x", third)


def test_a_folder_without_stored_work_takes_another_configuration(tmp_path):
    Artifact.open(tmp_path / "a", "numbers", CONFIG).close()
    with Artifact.open(tmp_path / "a", "numbers", {**CONFIG, "seed": 2}) as artifact:
        artifact.write("rows/00000", table(1))
        artifact.finish({})
    assert Artifact.load(tmp_path / "a").config["seed"] == 2
    assert verify(tmp_path / "a", {"numbers": lambda artifact: ()}) == []


@pytest.mark.parametrize("finished", [False, True])
def test_another_kind_is_refused(tmp_path, finished):
    if finished:
        written(tmp_path / "a")
    else:
        Artifact.open(tmp_path / "a", "numbers", CONFIG).close()
    with pytest.raises(UserError, match="holds a numbers artifact, not letters"):
        Artifact.open(tmp_path / "a", "letters", CONFIG)


def test_a_folder_with_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / ".partial-draft").write_text("mine, too")
    with pytest.raises(UserError, match="not empty and holds no clean-bench artifact"):
        Artifact.open(tmp_path, "numbers", CONFIG)
    left = sorted(path.name for path in tmp_path.rglob("*"))
    assert left == [".partial-draft", "mail", "thesis.txt"]
    with pytest.raises(UserError, match=r"thesis\.txt: expected an output folder, got a file"):
        Artifact.open(tmp_path / "thesis.txt", "numbers", CONFIG)


def test_a_damaged_or_foreign_manifest_is_refused(tmp_path):
    written(tmp_path / "a")
    path = tmp_path / "a" / "manifest.json"
    manifest = json.loads(path.read_text())
    for text, line in (
        ("{", "manifest.json: expected JSON"),
        ("[]", "manifest.json: expected an object, got a list"),
        (json.dumps({**manifest, "format": 99}), "expected format 2, got 99"),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=line):
            Artifact.open(tmp_path / "a", "numbers", CONFIG)
        with pytest.raises(UserError, match=line):
            Artifact.load(tmp_path / "a")


def test_loading_wants_a_finished_artifact_of_the_kind(tmp_path):
    with pytest.raises(UserError, match="holds no clean-bench artifact"):
        Artifact.load(tmp_path)
    Artifact.open(tmp_path / "a", "numbers", CONFIG).close()
    with pytest.raises(UserError, match="was not finished"):
        Artifact.load(tmp_path / "a")
    written(tmp_path / "b")
    with pytest.raises(UserError, match="expected a letters artifact, got numbers"):
        Artifact.load(tmp_path / "b", "letters")


def test_one_process_writes_at_a_time(tmp_path):
    first = Artifact.open(tmp_path / "a", "numbers", CONFIG)
    with pytest.raises(UserError, match="being written by another"):
        Artifact.open(tmp_path / "a", "numbers", CONFIG)
    first.close()
    Artifact.open(tmp_path / "a", "numbers", CONFIG).close()


def test_a_refused_opening_lets_go_of_the_folder(tmp_path):
    Artifact.open(tmp_path / "a", "numbers", CONFIG).close()
    with pytest.raises(UserError, match="not letters"):
        Artifact.open(tmp_path / "a", "letters", CONFIG)
    Artifact.open(tmp_path / "a", "numbers", CONFIG).close()


def _write_for_ever(folder, started):
    artifact = Artifact.open(folder, "numbers", CONFIG)
    number = 0
    while True:
        artifact.write(f"rows/{number:05d}", table(*range(2000)))
        started.set()
        number += 1


def test_a_killed_writer_leaves_whole_shards_and_no_lock(tmp_path):
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    writer = context.Process(target=_write_for_ever, args=(tmp_path / "a", started))
    writer.start()
    assert started.wait(30)
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    artifact = Artifact.open(tmp_path / "a", "numbers", CONFIG)
    assert not list(artifact.folder.rglob(".partial-*"))
    shards = list(artifact.tables("rows"))
    assert shards
    assert all(shard.num_rows == 2000 for shard in shards)
    artifact.finish({})
    assert verify(tmp_path / "a", ANY) == []


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    artifact = Artifact.open(tmp_path / "a", "numbers", CONFIG)

    def half(table, path, **_):
        path.write_bytes(b"PAR1")
        raise OSError("disk full")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="disk full"):
        broken.setattr("clean_bench.artifacts.artifact.pq.write_table", half)
        artifact.write("rows/00000", table(1))
    assert not artifact.done("rows/00000")
    assert [path.name for path in artifact.folder.rglob("*") if path.is_file()] == ["manifest.json"]


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    Artifact.open(tmp_path / "a", "numbers", CONFIG).close()
    (tmp_path / "a" / "rows").mkdir()
    (tmp_path / "a" / "rows" / ".partial-00000.parquet").write_bytes(b"PAR1")
    (tmp_path / "a" / "rows" / ".partial-0a1b2c3d-00001.parquet").write_bytes(b"PAR1")
    (tmp_path / "a" / ".partial-00ff00ff-model").mkdir()
    (tmp_path / "a" / ".partial-00ff00ff-model" / ".partial-01234567-x").write_bytes(b"")
    (tmp_path / "a" / ".partial-manifest.json").write_bytes(b"{")
    artifact = Artifact.open(tmp_path / "a", "numbers", CONFIG)
    assert not list(artifact.folder.rglob(".partial-*"))
    assert not artifact.done("rows/00000")


def test_what_merely_begins_like_a_temporary_name_is_the_user_s(tmp_path):
    """A draft alone makes a folder not empty; in an artifact it stays, and a link is not followed."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / ".partial-draft").write_text("mine")
    with pytest.raises(UserError, match="not empty and holds no clean-bench artifact"):
        Artifact.open(tmp_path / "b", "numbers", CONFIG)
    with pytest.raises(UserError, match="not empty and holds no clean-bench artifact"):
        Artifact.try_folder(tmp_path / "b", "numbers")
    assert (tmp_path / "b" / ".partial-draft").read_text() == "mine"
    Artifact.open(tmp_path / "a", "numbers", CONFIG).close()
    (tmp_path / "a" / ".partial-draft").write_text("mine")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "letter").write_text("mine")
    (tmp_path / "a" / ".partial-0a1b2c3d-model").symlink_to(tmp_path / "precious")
    (tmp_path / "a" / ".partial-manifest.json").symlink_to(tmp_path / "precious" / "letter")
    artifact = Artifact.open(tmp_path / "a", "numbers", CONFIG)
    artifact.write_file("note", b"text")
    assert (tmp_path / "a" / ".partial-draft").read_text() == "mine"
    assert (tmp_path / "precious" / "letter").read_text() == "mine"
    assert {path.name for path in artifact.folder.iterdir()} == {
        ".partial-draft", "manifest.json", "note"
    }  # fmt: skip


def test_temporary_files_have_new_names_and_the_usual_permissions(tmp_path):
    umask = os.umask(0o027)
    try:
        path = tmp_path / ("n" * 240)  # a temporary name is no longer than a name may be
        with atomic_files.atomic_file(path) as temporary:
            assert atomic_files.is_temporary(temporary) and temporary.read_bytes() == b""
            with atomic_files.atomic_file(path) as other:
                assert other != temporary
                other.write_bytes(b"first")
            temporary.write_bytes(b"second")
    finally:
        os.umask(umask)
    assert path.read_bytes() == b"second" and path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_process_killed_before_its_first_manifest_can_begin_again(tmp_path):
    (tmp_path / ".partial-manifest.json").write_bytes(b"{")
    Artifact.open(tmp_path, "numbers", CONFIG).close()
    assert json.loads((tmp_path / "manifest.json").read_text())["state"] == "open"


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    artifact = Artifact.open(tmp_path / "a", "numbers", CONFIG)
    with artifact.atomic_folder("model") as inside:
        (inside / "weights").write_bytes(b"1")
    with pytest.raises(RuntimeError), artifact.atomic_folder("other") as inside:
        (inside / "weights").write_bytes(b"2")
        raise RuntimeError
    with artifact.atomic_folder("model") as inside:
        (inside / "later").write_bytes(b"3")
    assert [path.name for path in (artifact.folder / "model").iterdir()] == ["later"]
    assert not (artifact.folder / "other").exists()


def test_the_identity_is_what_was_said_and_not_when_or_by_whom(tmp_path):
    first = written(tmp_path / "a").manifest
    assert written(tmp_path / "b").manifest["identity_sha256"] == first["identity_sha256"]
    named = Artifact.open(tmp_path / "c", "numbers", CONFIG, provenance={"path": "elsewhere"})
    for shard, values in (("rows/00000", (1, 2, 3)), ("rows/00001", (9,))):
        named.write(shard, table(*values))
    named.finish({"sum": 6})
    assert named.manifest["identity_sha256"] == first["identity_sha256"]
    assert named.manifest["provenance"] == {"path": "elsewhere"}
    split = Artifact.open(tmp_path / "d", "numbers", CONFIG)
    split.write("rows/00000", table(1, 2))
    split.write("rows/00001", table(3, 9))
    split.finish({"sum": 6})
    assert split.manifest["identity_sha256"] == first["identity_sha256"]
    other_config = written(tmp_path / "e", config={**CONFIG, "seed": 3}).manifest
    other_rows = written(tmp_path / "f", values=(3, 2, 1)).manifest
    assert len({m["identity_sha256"] for m in (first, other_config, other_rows)}) == 3


def test_volatile_tables_are_no_part_of_the_identity(tmp_path):
    identities = []
    for seconds in (1.0, 2.0):
        artifact = Artifact.open(tmp_path / str(seconds), "numbers", CONFIG)
        artifact.write("rows/00000", table(1))
        artifact.write("timing/00000", table(seconds))
        artifact.finish({}, volatile=["timing"])
        identities.append(artifact.manifest["identity_sha256"])
    assert identities[0] == identities[1]


def test_a_folder_is_tried_without_a_trace(tmp_path):
    written(tmp_path / "a")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    for name in ("a", "empty", "new", "deep/er"):
        Artifact.try_folder(tmp_path / name, "numbers")
    for name, kind, message in (
        ("a", "words", "holds a numbers artifact, not words"),
        ("other", "numbers", "is not empty and holds no"),
        ("other/notes.txt", "numbers", "expected an output folder, got a file"),
        ("other/notes.txt/x", "numbers", "expected a folder, but .*notes.txt is a file"),
    ):
        with pytest.raises(UserError, match=message):
            Artifact.try_folder(tmp_path / name, kind)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that nobody can write to")
def test_a_folder_that_nobody_can_write_to(tmp_path):
    with pytest.raises(OSError) as caught:
        Artifact.try_folder("/proc/self/deep", "numbers")
    assert caught.value.filename == "/proc/self/deep"
