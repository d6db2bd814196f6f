"""What a forger adds to a folder whose hashes all hold: files, links, columns, claims."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from forgeries import edited, resealed

from clean_bench.artifacts import Artifact, Layout, check_layout, verify
from clean_bench.artifacts.manifest import seal

SCHEMA = pa.schema([("value", pa.int32()), ("text", pa.string()), ("ids", pa.list_(pa.int32()))])
LAYOUT = Layout(
    {"rows": SCHEMA, "times": None},
    frozenset({"times"}),
    files=r"model/[^/]+\.json",
    parts=r"half-[ab]",
)
CHECKS = {
    "numbers": lambda artifact: check_layout(artifact, LAYOUT),
    "inner": lambda artifact: [],
}


def table(**columns: Any) -> pa.Table:
    return pa.table({"value": [1, 2], "text": ["x", None], "ids": [[1], []]} | columns, SCHEMA)


def part(folder: Path) -> None:
    with Artifact.open(folder, "inner", {}) as artifact:
        artifact.finish({})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Artifact.open(tmp_path / "a", "numbers", {}) as artifact:
        artifact.write("rows/00000", table())
        artifact.write("rows/00001", table().drop_columns(["ids"]))
        artifact.write("times/00000", pa.table({"any": [0.5]}))
        artifact.write_file("model/config.json", b"{}")
        part(tmp_path / "a/half-a")
        artifact.finish({}, volatile=["times"])
    return tmp_path / "a"


def found(folder: Path) -> list[str]:
    return [str(failure) for failure in verify(folder, CHECKS)]


def test_an_honest_folder_has_its_layout_before_and_after_it_is_sealed_anew(folder: Path) -> None:
    before = (folder / "manifest.json").read_bytes()
    assert found(folder) == []
    assert found(resealed(folder)) == []
    assert (folder / "manifest.json").read_bytes() == before


EDITS: dict[str, tuple[Callable[[Artifact], object], str]] = {
    "a file": (
        lambda a: a.write_file("model/run.py", b""),
        "model/run.py: is not a file of a numbers artifact",
    ),
    "a shard of another name": (
        lambda a: a.write("rows/last", table()),
        "rows/last.parquet: is not a file of a numbers artifact",
    ),
    "a part": (
        lambda a: part(a.folder / "half-c"),
        "half-c: is not a part of a numbers artifact",
    ),
    "a table": (
        lambda a: a.write("more/00000", table()),
        "manifest.json: lists the table 'more', which a numbers artifact lacks",
    ),
    "a column": (
        lambda a: a.write("rows/00000", table().append_column("more", pa.array([1, 2]))),
        "rows/00000.parquet: has the unknown column 'more'",
    ),
    "a type": (
        lambda a: a.write("rows/00001", pa.table({"value": ["1", "2"]})),
        "rows/00001.parquet: value: expected the type int32, got string",
    ),
    "an inner type": (
        lambda a: a.write("rows/00001", pa.table({"ids": [["1"]]})),
        "rows/00001.parquet: ids: expected the type list<item: int32>, got list<element: string>",
    ),
    "rows outside of the identity": (
        lambda a: a.manifest["tables"]["rows"].update(volatile=True),
        "manifest.json: declares the table 'rows' as no part of the identity (volatile)",
    ),
    "a link in place of a shard": (
        lambda a: (
            (a.folder / "rows/00000.parquet").rename(a.folder / "../rows.parquet"),
            (a.folder / "rows/00000.parquet").symlink_to("../../rows.parquet"),
        ),
        "rows/00000.parquet: expected a plain file, got a link or a special file",
    ),
    "a link in place of a folder": (
        lambda a: (
            (a.folder / "rows").rename(a.folder / "../rows"),
            (a.folder / "rows").symlink_to("../rows"),
        ),
        "rows: expected a plain file, got a link or a special file",
    ),
    "a link in place of a part": (
        lambda a: (a.folder / "half-b").symlink_to("half-a"),
        "half-b: expected a plain file, got a link or a special file",
    ),
    "a pipe": (
        lambda a: os.mkfifo(a.folder / "rows/00002.parquet"),
        "rows/00002.parquet: expected a plain file, got a link or a special file",
    ),
    "a package": (
        lambda a: a.manifest["environment"]["packages"].update(luck="1.0"),
        "manifest.json: environment: packages has 'luck', whose version no run records",
    ),
    "a version": (
        lambda a: a.manifest["environment"]["packages"].update(numpy="<b>2</b>"),
        "manifest.json: environment: the version of numpy is '<b>2</b>'",
    ),
    "an entry of the environment": (
        lambda a: a.manifest["environment"].update(machine="mine"),
        "manifest.json: environment: expected packages, platform and python, got "
        "'machine', 'packages', 'platform', 'python'",
    ),
    "a key of the manifest": (
        lambda a: a.manifest.update(claim="best"),
        "manifest.json: has the unknown key 'claim'",
    ),
    "a type in the manifest": (
        lambda a: a.manifest.update(provenance=["x"]),
        "manifest.json: is damaged (",
    ),
    "a time": (
        lambda a: a.manifest["times"].update(finished="soon"),
        "manifest.json: is damaged (",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_does_not_belong_into_the_folder_is_named(
    folder: Path, tmp_path: Path, name: str
) -> None:
    edit, failure = EDITS[name]
    failures = found(edited(folder, tmp_path / "copy/a", edit))
    assert any(line.startswith(failure) for line in failures), failures


def test_a_number_of_rows_that_the_table_does_not_have(folder: Path) -> None:
    artifact = Artifact.load(folder)
    artifact.finish({}, volatile=["times"])
    artifact.manifest["tables"]["rows"]["rows"] = 5
    artifact.manifest = seal(artifact.manifest)
    artifact._save()
    assert found(folder) == ["manifest.json: lists 5 rows of the table 'rows', and it has 4"]
