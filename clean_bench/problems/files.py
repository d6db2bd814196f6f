"""Problem sets from local files: JSON lines, JSON (a list of objects) and Parquet.

A row is named `file:line` in every error and in `Problem.source`. The source has the file's name
without its folder, so that a set does not depend on the folder. In JSON and Parquet the number is
that of the row, counted from 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from clean_bench.errors import UserError
from clean_bench.problems.columns import read_problem, read_question, with_unique_ids
from clean_bench.problems.problem import Problem, ProblemSet

SUFFIXES = (".jsonl", ".json", ".parquet")


def read(path: str | Path, name: str | None = None) -> ProblemSet:
    """The problem set in a file.

    Args:
        name: the set's name; the file's stem where None.

    Raises:
        UserError: naming file and row, if the file is absent, of another format, damaged or empty, or
            as `columns.read_problem`. A row without an answer is read.
    """
    path = Path(path)
    require_file(path)
    data = read_bytes(path)
    problems = [
        read_problem(row, number, f"{path}:{number}", f"{path.name}:{number}")
        for number, row in rows(path, data)
    ]
    if not problems:
        raise UserError(f"{path}: holds no rows")
    return ProblemSet(
        name or path.stem,
        with_unique_ids(problems),
        {"file": path.name, "file_sha256": hashlib.sha256(data).hexdigest()},
    )


def require_file(path: Path) -> None:
    """Raise `UserError` unless there is a file of one of `SUFFIXES`."""
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")


def read_questions(path: Path) -> Iterator[tuple[int, Problem]]:
    """The problems of a file with their row numbers, in bounded memory; ids may repeat.

    Answers are not read: in a training set their columns may hold anything.

    Raises:
        UserError: as `read`, when the row is reached.
    """
    empty = True
    try:
        for number, row in _pieces(path):
            empty = False
            yield number, read_question(row, number, f"{path}:{number}", f"{path.name}:{number}")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if empty:
        raise UserError(f"{path}: holds no rows")


def _pieces(path: Path) -> Iterator[tuple[int, object]]:
    if path.suffix.lower() == ".parquet":
        yield from _parquet_batches(path)
        return
    with path.open("rb") as file:
        start = file.read(3)
        begin = 3 if start == b"\xef\xbb\xbf" else 0
        file.seek(begin)
        first = next((line for line in file if line.strip()), b"")
        if path.suffix.lower() == ".json" and first.lstrip().startswith(b"["):
            yield from rows(path, read_bytes(path))
            return
        file.seek(begin)
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, _decode(line.rstrip(b"\n"), f"{path}:{number}")


def _parquet_batches(path: Path) -> Iterator[tuple[int, object]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError) as error:
        raise _no_parquet(path, error) from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; `UserError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def rows(path: Path, data: bytes) -> Iterator[tuple[int, object]]:
    """The rows of a JSON lines, JSON or Parquet file with their numbers; a row may be any value.

    Raises:
        UserError: naming file and row, if the bytes are of none of these formats.
    """
    if path.suffix.lower() == ".parquet":
        return _parquet(path, data)
    data = data.removeprefix(b"\xef\xbb\xbf")
    # Some publishers call JSON lines .json.
    if path.suffix.lower() == ".json" and data.lstrip().startswith(b"["):
        return _json_list(path, data)
    return _json_lines(path, data)


def _json_lines(path: Path, data: bytes) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, _decode(line, f"{path}:{number}")


def _json_list(path: Path, data: bytes) -> Iterator[tuple[int, object]]:
    rows = _decode(data, str(path))
    assert isinstance(rows, list)  # it begins with a bracket
    return enumerate(rows, start=1)


def _decode(data: bytes, where: str) -> object:
    try:
        return json.loads(data.decode())
    except UnicodeDecodeError:
        raise UserError(f"{where}: not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UserError(f"{where}: not JSON ({reason})") from None


def _parquet(path: Path, data: bytes) -> Iterator[tuple[int, object]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(pa.BufferReader(data)).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise _no_parquet(path, error) from None
    return enumerate(rows, start=1)


def _no_parquet(path: Path, error: Exception) -> UserError:
    reason = str(error).split("\n", 1)[0]
    return UserError(f"{path}: not a Parquet file ({reason})")
