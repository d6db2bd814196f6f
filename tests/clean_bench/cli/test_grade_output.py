"""`clean-bench grade`: what it writes over, what it never writes over, and what its summary counts."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clean_bench.cli.grade import command
from clean_bench.completion_files import output_file as outputs
from clean_bench.completion_files.output_file import output_file
from clean_bench.errors import UserError
from clean_bench.statistics.wilson import wilson
from tests.clean_bench.completion_files.files_of_tools import write_lines

ROWS = [{"gold": "1", "response": "1"}, {"gold": "2", "response": "1"}]


def call(file: Path, out: Path, *more: str) -> str:
    arguments = [str(file), "--out", str(out), *more]
    return CliRunner().invoke(command, arguments, catch_exceptions=False).stdout


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("own", ["correct", "grade", "extracted", "extraction", "crash_reason"])
def test_own_columns_are_not_overwritten(tmp_path: Path, own: str) -> None:
    rows = [ROWS[0], {**ROWS[1], own: "mine"}]
    file, out = write_lines(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    message = rf"in.jsonl:2: expected no columns .* got {own}: .* --prefix"
    with pytest.raises(UserError, match=message):
        call(file, out)
    assert list(tmp_path.iterdir()) == [file]
    call(file, out, "--prefix", "cb_")
    added = {"cb_correct": False, "cb_grade": "different", "cb_extracted": "1"}
    more = {"cb_extraction": "whole response", "cb_crash_reason": None}
    assert lines_of(out)[1] == rows[1] | added | more


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_two_graders_beside_each_other(tmp_path: Path, suffix: str) -> None:
    """The output of grade is an input of grade, with a prefix."""
    file = write_lines(
        tmp_path / "in.jsonl", [{"gold": "3", "response": "first 4, then \\boxed{3}"}]
    )
    once, twice = tmp_path / f"once{suffix}", tmp_path / f"twice{suffix}"
    call(file, once)
    with pytest.raises(
        UserError, match="got correct, grade, extracted, extraction, crash_reason: "
    ):
        call(once, twice)
    call(once, twice, "--prefix", "sr_", "--grader", "spurious-rewards")
    if suffix == ".parquet":
        [row] = pq.read_table(twice).to_pylist()
    else:
        data = twice.read_bytes()
        row = json.loads(gzip.decompress(data) if suffix.endswith("gz") else data)
    assert (row["grade"], row["sr_grade"], row["sr_correct"]) == ("equal", "equal", True)
    assert (row["extraction"], row["sr_extraction"]) == ("box", "spurious-rewards")


def test_an_own_index_of_responses_is_not_overwritten(tmp_path: Path) -> None:
    row = {"gold": "1", "response": ["1", "2"], "response_index": 9}
    file = write_lines(tmp_path / "in.jsonl", [row])
    with pytest.raises(UserError, match="got response_index: "):
        call(file, tmp_path / "out.jsonl")
    call(file, tmp_path / "out.jsonl", "--prefix", "x_")
    graded = lines_of(tmp_path / "out.jsonl")
    assert [(row["response_index"], row["x_response_index"]) for row in graded] == [(9, 0), (9, 1)]


def test_null_responses_are_no_answers_and_counted(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        {"gold": "3", "response": None},
        {"gold": "4", "response": [None, "4"]},
        {"gold": "5", "response": ""},
    ]
    file = write_lines(tmp_path / "in.jsonl", rows)
    data = json.loads(call(file, tmp_path / "out.jsonl", "--json"))
    assert data["null_responses"] == 2
    assert data["grades"]["no answer"] == 3 and data["rows"] == 6
    assert lines_of(tmp_path / "out.jsonl")[2]["response"] is None
    text = call(file, tmp_path / "out.jsonl")
    assert "1 different, 3 no answer, 0 timeout, 0 crash); 2 null responses are no answer\n" in text
    pq.write_table(pa.Table.from_pylist(rows[:3]), tmp_path / "in.parquet")
    text = call(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert "1 no answer, 0 timeout, 0 crash); 1 null responses are no answer\n" in text
    # Of a mapped column too; a column that is not there is a mistake.
    mapped = write_lines(tmp_path / "m.jsonl", [{"gold": "1", "text": None}])
    assert (
        json.loads(call(mapped, tmp_path / "m.out", "--map", "response=text", "--json"))[
            "null_responses"
        ]
        == 1
    )


@pytest.mark.parametrize(
    "row",
    [
        {"doc_id": 0, "target": "1", "resps": [[None]], "doc": {}},
        {"step": 1, "prompt": "p", "completion": None, "answer": "1"},
        {"input": "p", "output": None, "gts": "1", "score": 0.0},
        {
            "doc": {"choices": ["1"], "gold_index": 0, "query": "q"},
            "model_response": {"text": [None]},
        },
    ],
)
def test_null_responses_of_other_tools(tmp_path: Path, row: dict[str, Any]) -> None:
    file = write_lines(tmp_path / "in.jsonl", [row])
    data = json.loads(call(file, tmp_path / "out.jsonl", "--json"))
    assert (data["null_responses"], data["grades"]["no answer"]) == (1, 1)
    assert data["format"] != "columns" or "doc" in row


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": 1, "text": "x"}, "no column for gold and response among the columns id, text: .* "
         "--map gold=COLUMN,response=COLUMN"),
        ({"gold": "1", "text": "x"}, "no column for response among the columns gold, text: .* "
         "--map response=COLUMN"),
        ({"id": 1, "response": "x"}, "got none among the columns id, response: .* --map gold=COLUMN"),
    ],
)  # fmt: skip
def test_missing_columns_are_listed(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=f"in.jsonl:1: expected .*{message}"):
        call(write_lines(tmp_path / "in.jsonl", [row]), tmp_path / "out.jsonl")


def test_the_summary_has_both_accuracies(tmp_path: Path) -> None:
    rows = [{"gold": "1", "response": text} for text in ("1", "\\boxed{1}", "2", "")]
    file = write_lines(tmp_path / "in.jsonl", rows)
    text = call(file, tmp_path / "out.jsonl")
    interval = "50.0% [15.0, 85.0]"  # Wilson 1927, 2 of 4
    lines = text.splitlines()
    assert lines[1].startswith(f"accuracy {interval} over 4 rows; ") and lines[1].endswith(
        " rows/s"
    )
    assert f"strict {interval}" in lines[2] and f"flexible {interval}" in lines[2]
    data = json.loads(call(file, tmp_path / "out.jsonl", "--json"))
    expected = wilson(2, 4)
    for part in (data, data["strict"], data["flexible"]):
        assert [part[key] for key in ("accuracy", "low", "high")] == [
            0.5,
            expected.low,
            expected.high,
        ]


def test_strict_counts_no_answer_of_the_closing_sentence(tmp_path: Path) -> None:
    """Of four problems two are right in a box, one is right in its closing sentence only."""
    texts = (
        "\\boxed{1}",
        "So the answer is 1.",
        "We add both and get 1.",
        "We add both and get 2.",
    )
    rows = [{"id": n, "gold": "1", "response": text} for n, text in enumerate(texts)]
    file = write_lines(tmp_path / "in.jsonl", rows)
    data = json.loads(call(file, tmp_path / "out.jsonl", "--json"))
    assert (data["accuracy"], data["flexible"]["accuracy"], data["strict"]["accuracy"]) == (
        0.75, 0.75, 0.5
    )  # fmt: skip
    graded = lines_of(tmp_path / "out.jsonl")
    assert [row["extraction"] for row in graded] == ["box", "marker", *["closing sentence"] * 2]
    assert [row["correct"] for row in graded] == [True, True, True, False]
    text = call(file, tmp_path / "out.jsonl")
    assert "strict 50.0% [15.0, 85.0] (answer in a box or after a marker)" in text  # Wilson 1927
    assert "flexible 75.0% [30.1, 95.4] (or in the closing sentence)" in text


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "in.jsonl", ROWS)
    (tmp_path / "link.jsonl").symlink_to(file)
    os.link(file, tmp_path / "hard.jsonl")
    before = file.read_bytes()
    for out in (file, tmp_path / "link.jsonl", tmp_path / "hard.jsonl"):
        for more in ((), ("--overwrite",)):
            with pytest.raises(UserError, match="expected another file than the input"):
                call(file, out, *more)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"mine\n", b'{"grade": "A", "correct": true}\n', b"\x00\x01", b'{"a": 1}\n', b"["]
)
def test_a_file_of_another_program_is_replaced_only_if_told(tmp_path: Path, content: bytes) -> None:
    file, out = write_lines(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    out.write_bytes(content)
    with pytest.raises(UserError, match="or --overwrite to replace it"):
        call(file, out)
    assert out.read_bytes() == content
    call(file, out, "--overwrite")
    assert [row["correct"] for row in lines_of(out)] == [True, False]


def test_an_earlier_output_and_an_empty_file_are_replaced(tmp_path: Path) -> None:
    file, out = write_lines(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    out.touch()
    call(file, out)
    first = out.read_bytes()
    result = CliRunner().invoke(command, [str(file), "--out", str(out)], catch_exceptions=False)
    assert out.read_bytes() == first and "its rows are replaced" in result.stderr
    # With another prefix the columns are other ones: it is no output of this command line.
    with pytest.raises(UserError, match="or --overwrite"):
        call(file, out, "--prefix", "x_")


def test_a_link_is_followed_and_nothing_beside_is_touched(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "in.jsonl", ROWS)
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".partial-out.jsonl").symlink_to(tmp_path / "precious")
    (tmp_path / ".partial-draft").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "out.jsonl").symlink_to(tmp_path / "folder" / "there.jsonl")
    call(file, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").is_symlink()
    assert len(lines_of(tmp_path / "folder" / "there.jsonl")) == 2
    assert {
        (tmp_path / n).read_text() for n in ("precious", ".partial-out.jsonl", ".partial-draft")
    } == {"mine"}
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["there.jsonl"]


def test_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected a file, got /dev/null, which is none"):
        call(write_lines(tmp_path / "in.jsonl", ROWS), Path("/dev/null"), "--overwrite")


def test_one_process_writes_an_output(tmp_path: Path) -> None:
    """A second one fails at once; after the first has ended, however it ended, the lock is free."""
    file, out = write_lines(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    with output_file(out) as temporary:
        temporary.write_text("first\n")
        with pytest.raises(UserError, match="is being written by another clean-bench process"):
            call(file, out)
        call(file, tmp_path / "other.jsonl")
    assert out.read_text() == "first\n"
    with pytest.raises(RuntimeError), output_file(out):
        raise RuntimeError
    assert out.read_text() == "first\n"
    with output_file(out) as temporary:
        temporary.write_text("second\n")
    assert out.read_text() == "second\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.jsonl",
        "other.jsonl",
        "out.jsonl",
    ]


def test_another_program_writes_the_output_in_the_meantime(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    message = "another program wrote this file in the meantime"
    with pytest.raises(UserError, match=message), output_file(out) as temporary:
        temporary.write_text("ours\n")
        out.write_text("theirs\n")
    assert out.read_text() == "theirs\n" and list(tmp_path.iterdir()) == [out]


def test_a_lock_that_was_deleted_meanwhile_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock"
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)
    lock.unlink()
    assert not outputs._try_lock(descriptor, lock)
    lock.touch()
    assert not outputs._try_lock(descriptor, lock)
    os.close(descriptor)


def test_interrupted_it_leaves_nothing_and_says_that_it_starts_over(tmp_path: Path) -> None:
    out = tmp_path / "graded.jsonl"
    arguments = [sys.executable, "-m", "clean_bench", "grade", "-", "--out", str(out), "--quiet"]
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE,  # standard input that does not end
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert process.stdin is not None and process.stderr is not None
    error = process.stderr.read()
    process.stdin.close()
    process.stderr.close()
    assert (process.returncode, error.strip()) == (
        130, "clean-bench: interrupted; rerun the same command to start over"
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
