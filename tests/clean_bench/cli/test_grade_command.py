"""`clean-bench grade`: rows in, graded rows out, errors with file and line."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clean_bench.cli import grade
from clean_bench.cli.grade import command
from clean_bench.completion_files import read_completions
from clean_bench.errors import UserError
from tests.clean_bench.completion_files import files_of_tools as tools


def call(file: Path, out: Path, *more: str) -> str:
    arguments = [str(file), "--out", str(out), *more]
    return CliRunner().invoke(command, arguments, catch_exceptions=False).stdout


def test_rows_get_their_grades(tmp_path: Path) -> None:
    rows = [
        {"gold": "1/2", "response": r"so \boxed{0.5}", "mine": 7},
        {"answer": "4", "response": r"\boxed{5}"},
        {"gold": "4", "response": ""},
    ]
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = json.loads(call(file, out, "--json"))
    assert summary["grades"] == {
        "equal": 1,
        "different": 1,
        "no answer": 1,
        "timeout": 0,
        "crash": 0,
    }
    assert summary["grader"] == "clean-bench"
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["correct"] for row in graded] == [True, False, False]
    assert [row["grade"] for row in graded] == ["equal", "different", "no answer"]
    assert [row["extracted"] for row in graded] == ["0.5", "5", None]
    assert [row["extraction"] for row in graded] == ["box", "box", None]
    assert graded[0]["mine"] == 7


def test_a_number_is_a_gold_and_stays_one(tmp_path: Path) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text('{"gold": 14, "response": "1+13"}\n{"answer": 0.5, "response": "1/2"}\n')
    call(file, out)
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["grade"] for row in graded] == ["equal", "equal"]
    assert [row.get("gold") for row in graded] == [14, None]
    assert graded[1]["answer"] == 0.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "in.jsonl:2: expected JSON"),
        ("[1]", "in.jsonl:2: expected an object"),
        ('{"response": "x"}', "in.jsonl:2: expected a text or a number under 'gold'"),
        ('{"gold": " ", "response": "x"}', "in.jsonl:2: expected a text or a number under 'gold'"),
        ('{"gold": NaN, "response": "x"}', "in.jsonl:2: expected a text or a number under 'gold'"),
        ('{"gold": true, "response": "x"}', "in.jsonl:2: expected a text or a number under 'gold'"),
        ('{"gold": "1"}', "in.jsonl:2: expected a text under 'response'"),
        (
            f'{{"gold": -{"7" * 6000}, "response": "1"}}',
            "in.jsonl:2: expected a number of at most 4300 digits, got 6000 digits; write it as a",
        ),
    ],
)
def test_mistakes_are_named_and_nothing_is_written(tmp_path: Path, line: str, message: str) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text('{"gold": "1", "response": "1"}\n' + line + "\n")
    with pytest.raises(UserError, match=message):
        call(file, out)
    assert not out.exists()


def test_a_file_of_many_blocks_keeps_order_and_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade, "_BLOCK_ROWS", 7)
    monkeypatch.setattr(grade, "_BLOCK_BYTES", 400)
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": n, "gold": str(n % 5), "response": f"\\boxed{{{n % 3}}}"} for n in range(100)]
    rows[50]["response"] += "." * 1000
    file.write_text("\n".join(json.dumps(row) + "\n" * (n % 2) for n, row in enumerate(rows)))
    call(file, out)
    graded = [json.loads(line) for line in out.read_text().splitlines()]
    assert [{k: row[k] for k in ("id", "gold", "response")} for row in graded] == rows
    assert [row["correct"] for row in graded] == [n % 5 == n % 3 for n in range(100)]


def test_timeouts_are_counted_and_shown(tmp_path: Path) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    row = {"gold": "3", "response": r"\boxed{9^{9^9}}"}
    file.write_text(json.dumps(row) + "\n")
    text = call(file, out, "--grader", "math-verify", "--limit", "0.5")
    assert "(0 equal, 0 different, 0 no answer, 1 timeout, 0 crash)" in text
    assert json.loads(out.read_text()) == row | {
        "correct": False,
        "grade": "timeout",
        "extracted": None,
        "extraction": None,
        "crash_reason": None,
    }


def test_graders_by_name(tmp_path: Path) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text(json.dumps({"gold": "3", "response": "first 4, then 3"}) + "\n")
    found = {}
    for name in ("clean-bench", "math-verify", "spurious-rewards"):
        call(file, out, "--grader", name)
        found[name] = json.loads(out.read_text())["grade"]
    assert found == {
        "clean-bench": "equal",  # flexible: the closing sentence gives it
        "math-verify": "equal",
        "spurious-rewards": "equal",
    }
    with pytest.raises(
        UserError, match="no grader is called 'x'; there are clean-bench, math-verify"
    ):
        call(file, out, "--grader", "x")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jsonl: cannot be read"):
        call(tmp_path / "none.jsonl", tmp_path / "out.jsonl")
    file = tmp_path / "in.jsonl"
    file.write_text("\n\n")
    with pytest.raises(UserError, match="expected at least one row"):
        call(file, tmp_path / "out.jsonl")
    with pytest.raises(UserError, match="--out: there is no folder"):
        call(file, tmp_path / "deep" / "out.jsonl")
    assert list(tmp_path.iterdir()) == [file]


def test_only_a_file_is_replaced_and_only_a_file_is_read(tmp_path: Path) -> None:
    """A rename would put the rows in the place of a device, /dev/stdout say."""
    file, pipe = tmp_path / "in.jsonl", tmp_path / "pipe"
    file.write_text('{"gold": "1", "response": "1"}\n')
    os.mkfifo(pipe)
    for taken in (tmp_path, pipe):
        with pytest.raises(UserError, match="--out: expected a file"):
            call(file, taken)
    reading_and_writing = os.open(pipe, os.O_RDWR)  # an end that is open, or opening would wait
    try:
        with pytest.raises(UserError, match="pipe: expected a file, got a pipe; save it first"):
            call(pipe, tmp_path / "out.jsonl")
    finally:
        os.close(reading_and_writing)
    assert sorted(tmp_path.iterdir()) == [file, pipe]
    assert pipe.is_fifo()


def rows_of(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.splitlines()]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("name", tools.FORMATS)
def test_files_of_other_tools(name: str, suffix: str, tmp_path: Path) -> None:
    """Each response gets a row with its grade, with every column of the file."""
    path, out = tools.FORMATS[name](tmp_path), tmp_path / f"out{suffix}"
    data = json.loads(call(path, out, "--json"))
    assert (data["rows"], data["problems"], data["accuracy"]) == (4, 2, 0.5)
    assert data["grades"] == {"equal": 2, "different": 1, "no answer": 1, "timeout": 0, "crash": 0}
    rows = rows_of(out)
    assert sorted(str(row["grade"]) for row in rows) == ["different", "equal", "equal", "no answer"]
    assert all(row["correct"] == (row["grade"] == "equal") for row in rows)
    source = next(iter(read_completions(path).rows))
    several = {"response_index"} if len(source.responses) > 1 else set()
    added = {"correct", "grade", "extracted", "extraction", "crash_reason"} | several
    assert set(rows[0]) == set(source.columns) | added


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "gold": pa.array([3.0, 4.0]),
            "response": ["\\boxed{3}", ""],
            "when": pa.array([0, None], pa.timestamp("us")),
            "tags": pa.array([["a"], []], pa.list_(pa.string())),
            "n": pa.array([1, 2], pa.int8()),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    call(tmp_path / "in.parquet", tmp_path / "out.parquet")
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.select(table.column_names).equals(table)
    assert out["correct"].to_pylist() == [True, False]
    assert out["extracted"].type == pa.string()


def test_rows_of_json_as_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column without one type is text; a later row that does not fit is an error."""
    monkeypatch.setattr(grade, "_BLOCK_ROWS", 2)
    rows = [
        {"gold": 1, "response": "1", "mixed": 1, "none": None, "o": {}},
        {"gold": 2, "response": "1", "mixed": "x", "none": None, "o": {}},
        {"gold": 2, "response": "2", "mixed": [2], "none": {"a": 1}, "o": {"b": 1}},
    ]
    path = tools.write_lines(tmp_path / "in.jsonl", rows)
    call(path, tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["mixed"] for row in found] == ["1", "x", "[2]"]
    assert [row["none"] for row in found] == [None, None, '{"a": 1}']
    assert [row["correct"] for row in found] == [True, False, True]
    for last, message in (
        ({"gold": "x", "response": "1"}, "'gold': expected int64"),
        (
            {"gold": 1, "response": "1", "new": 1},
            "got a new column 'new'",
        ),
    ):
        tools.write_lines(path, [*rows[:2], last])
        with pytest.raises(UserError, match=message):
            call(path, tmp_path / "other.parquet")
    assert not (tmp_path / "other.parquet").exists()


def test_standard_input(tmp_path: Path) -> None:
    lines = '{"gold": "1", "response": "1"}\n{"gold": "2", "response": "1"}\n'
    arguments = ["-", "--out", str(tmp_path / "out.jsonl")]
    result = CliRunner().invoke(command, arguments, input=lines, catch_exceptions=False)
    assert "2 rows (1 equal, 1 different" in result.stdout
    assert [row["correct"] for row in rows_of(tmp_path / "out.jsonl")] == [True, False]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_accuracy_is_over_problems(tmp_path: Path) -> None:
    """Eight right of one problem and two wrong of two others: a third, and not 80%."""
    rows = [{"id": 1, "gold": "1", "response": "1"}] * 8
    rows += [{"id": n, "gold": "1", "response": "2"} for n in (2, 3)]
    path = tools.write_lines(tmp_path / "in.jsonl", rows)
    text = call(path, tmp_path / "out.jsonl")
    assert "accuracy 33.3% [" in text and "over 3 problems;" in text
    plain = [{"gold": "1", "response": "1"}] * 8 + [{"gold": "1", "response": "2"}] * 2
    text = call(tools.write_lines(path, plain), tmp_path / "out.jsonl")
    assert "accuracy 80.0% [49.0, 94.3] over 10 rows;" in text  # Wilson 1927


def test_gold_answers_as_published(tmp_path: Path) -> None:
    rows = [
        {"gold": "We get $\\boxed{\\frac12}$.", "response": "so \\boxed{1/2}"},
        {"gold": "She has 3+4=7 apples.\n#### 7", "response": "\\boxed{7}"},
        {"answer": "#### 7", "response": "\\boxed{7}"},
        {"gold": ["5", "6"], "response": "\\boxed{6}"},
    ]
    path = tools.write_lines(tmp_path / "in.jsonl", rows)
    assert json.loads(call(path, tmp_path / "out.jsonl", "--json"))["accuracy"] == 1.0
    tools.write_lines(path, [*rows, {"gold": "one two " * 9, "response": "1"}])
    with pytest.raises(
        UserError, match=r"in.jsonl:5: .*, got a solution of 18 words without a box"
    ):
        call(path, tmp_path / "other.jsonl")


def test_joined_problems(tmp_path: Path) -> None:
    path, problems = tools.openai_batch(tmp_path), tools.problems_of_batch(tmp_path)
    text = call(path, tmp_path / "out.jsonl", "--problems", str(problems))
    assert "4 rows of openai-batch (2 equal, 1 different, 1 no answer" in text
