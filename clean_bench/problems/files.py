"""Problem sets from local files: JSON lines, JSON (a list of objects) and Parquet.

Errors and `Problem.source` name a row as `file:number`: its line in JSON lines, else its row, counted
from 1. `Problem.source` has the file's name without its folder, so the set does not depend on where the
file is.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from clean_bench.errors import UserError
from clean_bench.problems.columns import problem_from_row, question_from_row, with_unique_ids
from clean_bench.problems.problem import Problem, ProblemSet

SUFFIXES = (".jsonl", ".json", ".parquet")
_BOM = b"\xef\xbb\xbf"


def load_file(path: str | Path, name: str | None = None) -> ProblemSet:
    """The problem set in a file. Rows without an answer are accepted.

    Args:
        name: name of the set; None for the file's stem.

    Raises:
        UserError: naming file and row, if the file is missing, of another format, damaged or empty, or
            `columns.problem_from_row` rejects a row.
    """
    path = Path(path)
    check_file(path)
    data = read_bytes(path)
    problems = [
        problem_from_row(row, number, f"{path}:{number}", f"{path.name}:{number}")
        for number, row in read_rows(path, data)
    ]
    if not problems:
        raise UserError(f"{path}: expected at least one row, got none")
    return ProblemSet(
        name or path.stem,
        with_unique_ids(problems),
        {"file": path.name, "file_sha256": hashlib.sha256(data).hexdigest()},
    )


def check_file(path: Path) -> None:
    """Raise `UserError` if a file is missing or has another suffix than `SUFFIXES`."""
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")


def stream_questions(path: Path) -> Iterator[tuple[int, Problem]]:
    """Row numbers and problems of a file, read in blocks; ids may repeat.

    Answers are not read: a training set may have any type in these columns.

    Raises:
        UserError: as `load_file`, when iteration reaches the row.
    """
    empty = True
    try:
        for number, row in _stream_rows(path):
            empty = False
            where, source = f"{path}:{number}", f"{path.name}:{number}"
            yield number, question_from_row(row, number, where, source)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if empty:
        raise UserError(f"{path}: expected at least one row, got none")


def _stream_rows(path: Path) -> Iterator[tuple[int, object]]:
    if path.suffix.lower() == ".parquet":
        yield from _parquet(path, path)
        return
    with path.open("rb") as file:
        begin = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        file.seek(begin)
        first = next((line for line in file if line.strip()), b"")
        if path.suffix.lower() == ".json" and first.lstrip().startswith(b"["):
            yield from read_rows(path, read_bytes(path))
            return
        file.seek(begin)
        yield from _json_lines(path, (line.rstrip(b"\n") for line in file))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; raises `UserError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def read_rows(path: Path, data: bytes) -> Iterator[tuple[int, object]]:
    """Row numbers and rows, of any type, of a JSON lines, JSON or Parquet file.

    Raises:
        UserError: naming file and row, if the bytes are in none of these formats.
    """
    if path.suffix.lower() == ".parquet":
        return _parquet(path, io.BytesIO(data))
    data = data.removeprefix(_BOM)
    # Some published .json files hold JSON lines.
    if path.suffix.lower() == ".json" and data.lstrip().startswith(b"["):
        return _json_list(path, data)
    return _json_lines(path, data.split(b"\n"))


def _json_lines(path: Path, lines: Iterable[bytes]) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _decode(line, f"{path}:{number}")


def _json_list(path: Path, data: bytes) -> Iterator[tuple[int, object]]:
    values = _decode(data, str(path))
    assert isinstance(values, list)  # the data begins with a bracket
    return enumerate(values, start=1)


def _decode(data: bytes, where: str) -> object:
    try:
        return json.loads(data.decode())
    except UnicodeDecodeError:
        raise UserError(f"{where}: expected UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UserError(f"{where}: expected JSON ({reason})") from None


def _parquet(path: Path, source: Path | io.BytesIO) -> Iterator[tuple[int, object]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(source) as file:
            for batch in file.iter_batches(batch_size=1024, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError) as error:
        reason = str(error).split("\n", 1)[0]
        raise UserError(f"{path}: expected a Parquet file ({reason})") from None
