"""Problem sets from local files: JSON lines, JSON, CSV and TSV, each gzipped or not, and Parquet.

Errors and `Problem.source` name a row as `file:number`: its line in JSON lines, else its row, counted
from 1. `Problem.source` has the file's name without its folder, so the set does not depend on where the
file is.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from clean_bench.errors import UserError
from clean_bench.problems import row_formats
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
MAX_UNPACKED_BYTES = 4 << 30
"""Largest gzipped file, unpacked, that is held in memory."""
_GZIP = ".gz"


def suffix_of(path: str | Path) -> str | None:
    """The suffix of `SUFFIXES` that a file has, gzipped or not; None for another format."""
    name = Path(path).name.lower()
    packed = name.endswith(_GZIP)
    suffix = Path(name.removesuffix(_GZIP)).suffix
    return suffix if suffix in SUFFIXES and not (packed and suffix == ".parquet") else None


def stem_of(path: Path) -> str:
    """The file's name without its suffixes: `train` for `train.jsonl.gz`."""
    return Path(path.stem).stem if path.suffix.lower() == _GZIP else path.stem


def load_file(
    path: str | Path, name: str | None = None, columns: Mapping[str, str] = NO_COLUMNS
) -> ProblemSet:
    """The problem set in a file. Rows without an answer are accepted.

    Args:
        name: name of the set; None for the file's stem.
        columns: columns of the file by field, for those not to be recognized.

    Raises:
        UserError: naming file and row, if the file is missing, of another format, damaged or empty, has
            no such column, or `columns.problem_from_row` rejects a row.
    """
    path = Path(path)
    check_file(path)
    data = read_bytes(path)
    content = unpacked(path, data)
    if columns:
        check_columns(columns, (row for _, row in _rows(path, io.BytesIO(content))), str(path))
    problems = [
        problem_from_row(row, number, f"{path}:{number}", f"{path.name}:{number}", mapped=columns)
        for number, row in _rows(path, io.BytesIO(content))
    ]
    if not problems:
        raise UserError(f"{path}: expected at least one row, got none")
    about: dict[str, Any] = {"file": path.name, "file_sha256": hashlib.sha256(data).hexdigest()}
    if columns:
        about |= {"columns": dict(columns)}
    return ProblemSet(name or stem_of(path), with_unique_ids(problems), about)


def check_file(path: Path) -> None:
    """Raise `UserError` if a file is missing or of another format than `EXPECTED`."""
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
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
    try:
        for number, row in _stream_rows(path):
            if empty:
                check_columns(
                    {f: c for f, c in columns.items() if f in ("problem", "id")}, [row], str(path)
                )
            empty = False
            where, source = f"{path}:{number}", f"{path.name}:{number}"
            yield number, question_from_row(row, number, where, source, columns)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if empty:
        raise UserError(f"{path}: expected at least one row, got none")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; raises `UserError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def unpacked(path: Path, data: bytes) -> bytes:
    """The bytes of a gzipped file unpacked, those of another file as they are.

    Raises:
        UserError: if they are no gzip data or more than `MAX_UNPACKED_BYTES`.
    """
    if path.suffix.lower() != _GZIP:
        return data
    with _gzip_errors(path), gzip.open(io.BytesIO(data)) as stream:
        content = stream.read(MAX_UNPACKED_BYTES + 1)
    if len(content) > MAX_UNPACKED_BYTES:
        raise UserError(
            f"{path}: expected at most {MAX_UNPACKED_BYTES >> 20} MiB when unpacked, got more; split "
            "the file"
        )
    return content


def read_rows(path: Path, data: bytes) -> Iterator[tuple[int, object]]:
    """Row numbers and rows, of any type, of a file with a suffix of `SUFFIXES`.

    Args:
        data: the bytes of the file.

    Raises:
        UserError: naming file and row, if the bytes are not of the suffix's format.
    """
    return _rows(path, io.BytesIO(unpacked(path, data)))


def _rows(path: Path, stream: BinaryIO) -> Iterator[tuple[int, object]]:
    suffix = suffix_of(path)
    if suffix == ".parquet":
        return row_formats.parquet_rows(path, stream)
    if suffix in (".csv", ".tsv"):
        return row_formats.csv_rows(path, stream, suffix)
    if suffix == ".json":
        return row_formats.json_rows(path, stream)
    return row_formats.jsonl_rows(path, stream)


def _stream_rows(path: Path) -> Iterator[tuple[int, object]]:
    """The rows of a file, which is read in blocks."""
    if path.suffix.lower() == _GZIP:
        with _gzip_errors(path), gzip.open(path, "rb") as stream:
            yield from _rows(path, cast(BinaryIO, stream))
    else:
        with path.open("rb") as file:
            yield from _rows(path, file)


@contextmanager
def _gzip_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: expected a gzip file ({error}); it may be incomplete") from None
