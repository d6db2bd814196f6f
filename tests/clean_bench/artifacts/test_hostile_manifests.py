"""Manifests and shards with values of other types: no command ends in a traceback.

The values at a few hundred places, drawn with a seed, are replaced by others, with and without new
hashes, and the folder is given to every command that reads such an artifact.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clean_bench.artifacts import manifest as manifests
from clean_bench.cli.main import cli
from clean_bench.errors import UserError

DRAWS = 60
"""Mutated manifests of each kind."""
VALUES: tuple[Any, ...] = (
    *(None, True, 7, -1, 1.5, "x", "\x1b[2J", [], {}, [1], {"a": 1}, [[]], 10**30),
    *("9" * 5000, {"a": {"b": None}}),
)
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "set": (
        ("export", "MUTATED", "--to", "lm-eval", "--out", "o"),
        ("export", "MUTATED", "--to", "jsonl", "--out", "o"),
        ("overlap", "MUTATED", "--on", "rows.jsonl", "--out", "o"),
        ("overlap", "rows.jsonl", "--on", "MUTATED", "--out", "o"),
        (
            *("generate", "fractions", "--steps", "3", "--count", "3", "--seed", "y"),
            *("--decontaminate", "MUTATED", "--out", "o"),
        ),
        ("grade", "rows.jsonl", "--problems", "MUTATED", "--out", "o"),
        ("verify", "MUTATED"),
    ),
    "scores": (
        ("export", "MUTATED", "--to", "every-eval-ever", "--out", "o"),
        ("export", "MUTATED", "--to", "eval-results", "--out", "o"),
        ("behaviors", "MUTATED", "--out", "o"),
        ("behaviors", "scores", "--after", "MUTATED", "--out", "o"),
        ("verify", "MUTATED"),
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated set, and the scores of a file of completions."""
    folder = tmp_path_factory.mktemp("artifacts")
    rows = [
        {
            "id": str(i),
            "problem": f"What is {i}+1?",
            "gold": i + 1,
            "response": f"\\boxed{{{i + 1}}}",
        }
        for i in range(6)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for words in (
        ("generate", "fractions", "--steps", "3", "--count", "8", "--seed", "x", "--out", "set"),
        ("score", "--from", "rows.jsonl", "--name", "m", "--out", "scores"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            assert CliRunner().invoke(cli, words).exit_code == 0
    return folder


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*place, key))
    elif isinstance(value, list):
        for index in range(min(len(value), 2)):
            yield from places(value[index], (*place, index))


def changed(manifest: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The manifest with another value at a place; the whole of it for an empty place."""
    if not place:
        return value
    manifest = copy.deepcopy(manifest)
    inner = manifest
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return manifest


def ends_in_one_line(words: tuple[str, ...]) -> str | None:
    """The message of a command that failed; None for one that succeeded.

    Only `UserError` and the errors of click become one line, so any other exception fails the test.
    """
    for name in ("o", ".partial-o"):
        shutil.rmtree(name, ignore_errors=True)
        Path(name).unlink(missing_ok=True)
    ended = CliRunner().invoke(cli, words, standalone_mode=False)
    error = ended.exception
    if error is None:
        return ended.stderr if ended.return_value else None
    assert isinstance(error, UserError | click.ClickException), (words, repr(error))
    return str(error)


@pytest.mark.parametrize("kind", COMMANDS)
@pytest.mark.parametrize("seed", range(3))
def test_mutated_manifests(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, seed: int
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("rows.jsonl", "scores"):
        Path(name).symlink_to(folder / name)
    manifest = json.loads((folder / kind / "manifest.json").read_text())
    every, draw, refused = list(places(manifest)), random.Random(f"{kind}/{seed}"), 0
    for _ in range(DRAWS // 3):
        place, value = draw.choice(every), draw.choice(VALUES)
        mutated = changed(manifest, place, value)
        if draw.random() < 0.5:
            with suppress(AttributeError, KeyError, TypeError, ValueError):
                mutated = manifests.seal(mutated)
        shutil.rmtree("mutated", ignore_errors=True)
        shutil.copytree(folder / kind, "mutated")
        text = json.dumps(mutated, sort_keys=True, indent=2) + "\n"
        Path("mutated/manifest.json").write_text(text)
        for command in draw.sample(COMMANDS[kind], 2):
            words = tuple("mutated" if word == "MUTATED" else word for word in command)
            refused += ends_in_one_line(words) is not None
    assert refused > DRAWS // 6


@pytest.mark.parametrize(
    ("kind", "place", "value", "message"),
    [
        ("set", ("config",), [], "expected an object, got a list at config"),
        ("set", ("metadata",), 7, "expected an object, got the number 7 at metadata"),
        ("set", ("metadata", "freshness"), [1], "got a list at metadata.freshness"),
        (
            "set",
            ("metadata", "freshness", "claim"),
            {},
            "expected a text, got an object at metadata",
        ),
        ("set", ("tables",), [], "expected an object, got a list at tables"),
        ("set", ("tables", "problems"), "x", "expected an object, got a text at tables.problems"),
        ("set", ("files",), None, "expected an object, got null at files"),
        ("set", ("files", "README.md"), 7, "expected a text, got the number 7 at files.README.md"),
        ("set", ("kind",), [], "expected a text, got a list at kind"),
        ("set", ("format",), {}, "expected format 2, got an object"),
        ("set", ("format",), True, "expected format 2, got True"),
        ("set", (), [1], "expected an object, got a list"),
        ("scores", ("config", "sets"), {}, "expected a list, got an object at config.sets"),
        ("scores", ("config", "sets", 0), "x", "expected an object, got a text at config.sets.0"),
        ("scores", ("times", "finished"), "now", "expected a time such as"),
        ("scores", ("environment",), [], "expected an object, got a list at environment"),
    ],
)
def test_the_type_and_the_place_are_named(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    place: tuple[Any, ...],
    value: Any,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("rows.jsonl", "scores"):
        Path(name).symlink_to(folder / name)
    shutil.copytree(folder / kind, "mutated")
    path = Path("mutated/manifest.json")
    path.write_text(json.dumps(changed(json.loads(path.read_text()), place, value)))
    for command in COMMANDS[kind]:
        words = tuple("mutated" if word == "MUTATED" else word for word in command)
        line = ends_in_one_line(words)
        assert line is not None
        assert command[0] == "verify" or message in line, (words, line)


def nested(path: Path) -> None:
    path.write_text("[" * 100_000)


def pipe(path: Path) -> None:

    path.unlink()
    os.mkfifo(path)


def other_types(path: Path) -> None:
    table = pq.read_table(path)
    numbers = [pa.array(range(len(table))) for _ in table.column_names]
    pq.write_table(pa.table(numbers, names=table.column_names), path)


def fewer_columns(path: Path) -> None:
    table = pq.read_table(path)
    kept = [name for name in table.column_names if name not in ("problem", "response", "id")]
    pq.write_table(table.select(kept), path)


def nul(path: Path) -> None:
    rows = pq.read_table(path)
    texts = [f"a\0b {row}" for row in range(len(rows))]
    pq.write_table(
        rows.set_column(rows.schema.get_field_index("problem"), "problem", [texts]), path
    )


DAMAGE: dict[str, tuple[str, str, Callable[[Path], None], str]] = {
    "nested manifest": ("set", "manifest.json", nested, "expected JSON"),
    "pipe as manifest": ("set", "manifest.json", pipe, "holds no clean-bench artifact"),
    "no Parquet": (
        "set",
        "problems/00000.parquet",
        lambda path: path.write_bytes(b"PAR1"),  # type: ignore[dict-item]
        "00000.parquet: expected a Parquet file",
    ),
    "pipe as shard": ("set", "problems/00000.parquet", pipe, "expected a file, got a pipe"),
    "other types": ("set", "problems/00000.parquet", other_types, "expected string, got int64"),
    "fewer columns": ("set", "problems/00000.parquet", fewer_columns, "expected a column id, got"),
    "NUL": ("set", "problems/00000.parquet", nul, "row 1: problem: expected text, got a NUL"),
    "other types of samples": (
        "scores",
        "samples/00000-00000.parquet",
        other_types,
        "expected string, got int64",
    ),
    "fewer columns of samples": (
        "scores",
        "samples/00000-00000.parquet",
        fewer_columns,
        "expected a column '?response",
    ),
    "pipe among samples": (
        "scores",
        "samples/00000-00000.parquet",
        pipe,
        "expected a file, got a pipe",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_files_of_an_artifact(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind, file, damage, message = DAMAGE[name]
    monkeypatch.chdir(tmp_path)
    for other in ("rows.jsonl", "scores"):
        Path(other).symlink_to(folder / other)
    shutil.copytree(folder / kind, "mutated")
    damage(Path("mutated") / file)

    for command in COMMANDS[kind]:
        words = tuple("mutated" if word == "MUTATED" else word for word in command)
        line = ends_in_one_line(words)
        assert line is not None, words
        if command[0] not in ("verify", "export"):
            assert re.search(message, line), (words, line)
