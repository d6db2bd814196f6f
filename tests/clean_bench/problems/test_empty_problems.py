"""Rows without a problem text: refused by name, or kept as empty problems where these are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clean_bench.errors import UserError
from clean_bench.problems import load_problems

ROWS: list[dict[str, str | None]] = [
    {"problem": "What is 1 plus 2?", "answer": "3"},
    {"problem": "What is 2 plus 2?", "answer": "4"},
    {"problem": "What is 3 plus 2?", "answer": "5"},
    {"problem": "", "answer": "1"},
    {"problem": " \t ", "answer": "2"},
]


def written(folder: Path, kind: str) -> str:
    """The rows as a file, or as a folder like a dataset of the hub."""
    path = folder / f"s.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif kind == "csv":
        lines = [f'"{row["problem"]}",{row["answer"]}\n' for row in ROWS]
        path.write_text("problem,answer\n" + "".join(lines))
    else:
        path = folder / "s"
        path.mkdir()
        pq.write_table(pa.Table.from_pylist(ROWS), path / "test.parquet")
    return str(path)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "folder"])
def test_an_empty_row_is_refused_by_its_number(tmp_path: Path, kind: str) -> None:
    name = written(tmp_path, kind)
    with pytest.raises(UserError) as caught:
        load_problems(name)
    message = str(caught.value)
    # A table has no empty texts apart from cells without a value.
    got = "none" if kind == "csv" else "an empty one"
    assert (
        f":4: expected a problem text in problem, got {got}; fill it in or remove the row"
        in message
    )
    assert "expected a column" not in message


@pytest.mark.parametrize("kind", ["jsonl", "csv", "folder"])
def test_an_empty_row_is_kept_where_it_is_counted(tmp_path: Path, kind: str) -> None:
    problems = load_problems(written(tmp_path, kind), empty=True)
    assert [problem.problem.strip() == "" for problem in problems] == [False] * 3 + [True] * 2


def test_a_row_without_any_column_for_it_is_refused_everywhere(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(json.dumps({"text": "What is 1 plus 2?"}))
    with pytest.raises(UserError, match="no problem text: expected a column such as"):
        load_problems(str(tmp_path / "s.jsonl"), empty=True)
