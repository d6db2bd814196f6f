"""CSV, TSV and gzip: the same problems as from JSON lines, values as written, and bounded memory."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from clean_bench.errors import UserError
from clean_bench.problems import files, load_problems
from clean_bench.problems.stream import stream_problems

ROWS = [
    {"problem": 'A "quoted", long\nproblem; with\ttabs', "answer": "007", "level": "3"},
    {"problem": "Half of a third?", "answer": "1/2", "level": ""},
    {"problem": "Ünïcode √2?", "answer": "1e3", "level": "Level 5"},
]


def write_table(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    return path


def as_json_lines(path: Path) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def gzipped(path: Path) -> Path:
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


def content(path: Path) -> list[tuple[object, ...]]:
    return [(p.id, p.problem, p.answer, p.level) for p in files.load_file(path)]


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding"),
    [
        ("s.csv", ",", "utf-8"),
        ("s.csv", ",", "utf-8-sig"),
        ("s.csv", ";", "utf-8"),
        ("s.csv", "\t", "utf-8"),
        ("s.tsv", "\t", "utf-8"),
        ("s.CSV", ",", "utf-8"),
    ],
)
def test_a_table_holds_the_problems_of_json_lines(
    tmp_path: Path, name: str, delimiter: str, encoding: str
) -> None:
    table = write_table(tmp_path / name, delimiter, encoding)
    expected = content(as_json_lines(tmp_path / "s.jsonl"))
    assert expected[1][2] == "1/2" and [row[2] for row in expected][::2] == ["007", "1e3"]
    assert content(table) == content(gzipped(table)) == expected
    questions = [(number, p.problem) for number, p in files.stream_questions(gzipped(table))]
    assert questions == [(number + 1, row["problem"]) for number, row in enumerate(ROWS)]


@pytest.mark.parametrize(
    ("name", "as_list"), [("s.jsonl", False), ("s.json", False), ("s.json", True)]
)
def test_gzipped_json_is_the_same_set(tmp_path: Path, name: str, as_list: bool) -> None:
    plain = as_json_lines(tmp_path / name)
    if as_list:
        plain.write_text(json.dumps(ROWS))
    packed = gzipped(plain)
    assert content(packed) == content(plain)
    assert files.load_file(packed).name == "s"
    assert load_problems(f"{packed}").name == "s"
    streamed = stream_problems(str(packed))
    assert streamed.name == "s" and [p.problem for _, p in streamed.problems] == [
        row["problem"] for row in ROWS
    ]


def test_an_empty_cell_is_a_missing_answer_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("problem,answer\nP,5\n\nQ,\n")
    assert [(p.id, p.problem, p.answer) for p in files.load_file(path)] == [
        ("1", "P", "5"),
        ("2", "Q", None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"problem,answer\nP,1\nQ,1,2\n", r"s\.csv:2 \(line 3\): expected 2 cells .* got 3"),
        (b"problem,answer\nQ\n", r"s\.csv:1 \(line 2\): expected 2 cells .* got 1"),
        (b"problem,problem\nQ,1\n", "expected different column names, got problem twice"),
        (b'problem,answer\n"Q,1\nP,2\n', "line 3: expected CSV"),
        (b'problem,answer\n"Q" or not,1\n', "line 2: expected CSV"),
        (b"problem,answer\nQ,\xff\n", "line 2: expected UTF-8 text"),
        (
            b"frage,loesung\nQ,1\n",
            r"s\.csv:1: no problem text: .* got frage, loesung; add :problem=",
        ),
        (b"", "expected at least one row"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(text)
    for read in (files.load_file, lambda path: list(files.stream_questions(path))):
        with pytest.raises(UserError, match=message) as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [("s.jsonl.gz", b"{}"), ("s.csv.gz", gzip.compress(b"problem,answer\n" * 9, mtime=0)[:-12])],
)
def test_a_damaged_gzip_file_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    for read in (files.load_file, lambda path: list(files.stream_questions(path))):
        with pytest.raises(UserError, match=rf"{name}: expected a gzip file"):
            read(path)


def test_rows_and_unpacked_files_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST_ROW", 1 << 20)
    endless = {
        "quote.csv": b'problem,answer\n"' + b"x\n" * (1 << 20),
        "cells.csv": b"problem,answer\n" + b'"\n",' * (1 << 19),
        "line.csv": b"problem,answer\n" + b"x" * (2 << 20),
        "line.jsonl": b'{"problem": "' + b"x" * (2 << 20),
    }
    for name, data in endless.items():
        path = tmp_path / name
        path.write_bytes(data)
        for file in (path, gzipped(path)):
            with pytest.raises(UserError, match=r"at most 1 MiB.*, got a longer"):
                list(files.stream_questions(file))
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 1 << 20)
    with pytest.raises(UserError, match=r"line\.jsonl\.gz: expected at most 1 MiB when unpacked"):
        files.load_file(tmp_path / "line.jsonl.gz")
    path = tmp_path / "list.json"
    path.write_bytes(b'["' + b"x" * (2 << 20))
    with pytest.raises(UserError, match=r"list\.json\.gz:1: expected rows of at most 1 MiB"):
        list(files.stream_questions(gzipped(path)))
