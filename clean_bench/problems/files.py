"""Problem sets from local files: JSON lines, JSON, CSV and TSV, each gzipped or not, and Parquet.

Errors and `Problem.source` name a row as `file:number`: its line in JSON lines, else its row, counted
from 1. `Problem.source` has the file's name without its folder, so the set does not depend on where the
file is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clean_bench.errors import UserError
from clean_bench.foreign_files.compressed import GZIP, opened
from clean_bench.foreign_files.csv_rows import csv_rows
from clean_bench.foreign_files.json_rows import json_lines, json_list
from clean_bench.foreign_files.json_text import BOM
from clean_bench.foreign_files.parquet_rows import parquet_rows
from clean_bench.foreign_files.regular_file import check_regular, sha256_of_regular
from clean_bench.problems.columns import (
    NO_COLUMNS,
    check_columns,
    problem_from_row,
    question_from_row,
    with_unique_ids,
)
from clean_bench.problems.problem import Problem, ProblemSet

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
EXPECTED = f"{', '.join(SUFFIXES)} or, gzipped, .jsonl.gz, .json.gz, .csv.gz, .tsv.gz"
LONGEST_ROW = 10 << 20
"""Bytes of a row at most: of a line, of the cells of a table, or of a value of Parquet."""
MAX_UNPACKED_BYTES = 4 << 30
"""Bytes that a gzipped file may unpack to, where its problems are held in memory."""
MOST_PROBLEMS = 10_000_000
"""Problems that are held in memory."""


def suffix_of(path: str | Path) -> str | None:
    """The suffix of `SUFFIXES` that a file has, gzipped or not; None for another format."""
    name = Path(path).name.lower()
    packed = name.endswith(GZIP)
    suffix = Path(name.removesuffix(GZIP)).suffix
    return suffix if suffix in SUFFIXES and not (packed and suffix == ".parquet") else None


def stem_of(path: Path) -> str:
    """The file's name without its suffixes: `train` for `train.jsonl.gz`."""
    return Path(path.stem).stem if path.suffix.lower() == GZIP else path.stem


def load_file(
    path: str | Path,
    name: str | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
    *,
    empty: bool = False,
) -> ProblemSet:
    """The problem set in a file. Rows without an answer are accepted.

    Args:
        name: name of the set; None for the file's stem.
        columns: columns of the file by field, for those not to be recognized.
        empty: whether the text of a problem may be blank.

    Raises:
        UserError: naming file and row, if the file is missing, of another format, damaged or empty, has
            no such column, or `columns.problem_from_row` rejects a row.
    """
    path = Path(path)
    check_file(path)
    if columns:
        check_columns(columns, (row for _, row in read_rows(path)), str(path))
    problems: list[Problem] = []
    for number, row in read_rows(path, MAX_UNPACKED_BYTES):
        if len(problems) == MOST_PROBLEMS:
            raise UserError(f"{path}: expected at most {MOST_PROBLEMS:,} problems, got more")
        where, source = f"{path}:{number}", f"{path.name}:{number}"
        problems.append(problem_from_row(row, number, where, source, mapped=columns, empty=empty))
    if not problems:
        raise UserError(f"{path}: expected at least one row, got none")
    about: dict[str, Any] = {"file": path.name, "file_sha256": sha256_of_regular(path)}
    if columns:
        about |= {"columns": dict(columns)}
    return ProblemSet(name or stem_of(path), with_unique_ids(problems), about)


def check_file(path: Path) -> None:
    """Raise `UserError` for a file that is missing, none, or of another format than `EXPECTED`."""
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    check_regular(path)
    if suffix_of(path) is None:
        raise UserError(f"{path}: expected a file that ends in {EXPECTED}")


def stream_questions(
    path: Path, columns: Mapping[str, str] = NO_COLUMNS
) -> Iterator[tuple[int, Problem]]:
    """Row numbers and problems of a file, read in blocks; ids may repeat.

    Answers are not read: a training set may have any type in these columns.

    Raises:
        UserError: as `load_file`, when iteration reaches the row.
    """
    empty = True
    for number, row in read_rows(path):
        if empty:
            check_columns(
                {f: c for f, c in columns.items() if f in ("problem", "id")}, [row], str(path)
            )
        empty = False
        where, source = f"{path}:{number}", f"{path.name}:{number}"
        yield number, question_from_row(row, number, where, source, columns)
    if empty:
        raise UserError(f"{path}: expected at least one row, got none")


def read_rows(path: Path, most: int | None = None) -> Iterator[tuple[int, object]]:
    """Row numbers and rows, of any type, of a file with a suffix of `SUFFIXES`, read in blocks.

    Args:
        most: bytes that a gzipped file may unpack to; None for any number.

    Raises:
        UserError: naming file and row, when iteration reaches what is not of the suffix's format.
    """
    suffix, where = suffix_of(path), str(path)
    if suffix == ".parquet":
        yield from parquet_rows(path, longest=LONGEST_ROW)
        return
    with opened(path, most) as stream:
        if suffix in (".csv", ".tsv"):
            yield from csv_rows(where, stream, suffix, LONGEST_ROW)
            return
        # Some publish JSON lines under the suffix .json.
        as_list = suffix == ".json" and _first_byte(stream.peek(1 << 16)) == b"["
        yield from (json_list if as_list else json_lines)(where, stream, LONGEST_ROW)


def _first_byte(begin: bytes) -> bytes:
    return begin.removeprefix(BOM).lstrip()[:1]
