"""Rows of JSON lines, JSON, CSV, TSV and Parquet files.

Each reader takes a binary stream and yields row numbers and rows: line numbers in JSON lines, else rows
counted from 1. Other tools' files are not trusted: a row of text has at most `MAX_ROW_BYTES`, so that a
stream is read in bounded memory. JSON lists are the exception; they are held in memory.

Values in CSV and TSV stay text as written (`007`, `1/2`, `1e3`), and an empty cell is null.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from clean_bench.errors import UserError

MAX_ROW_BYTES = 64 << 20
"""Longest line of JSON lines, and longest row of CSV."""
MAX_LIST_BYTES = 4 << 30
"""Largest JSON list."""

Rows = Iterator[tuple[int, object]]
_BOM = b"\xef\xbb\xbf"
_DELIMITERS = {".csv": ",;\t", ".tsv": "\t"}


def json_rows(path: Path, stream: BinaryIO) -> Rows:
    """Rows of a `.json` file: a list of objects, or JSON lines, which some publish under that suffix.

    Args:
        stream: can be rewound.
    """
    head = b""
    while not head and (block := stream.read(1 << 16)):
        head = block.removeprefix(_BOM).lstrip()
    stream.seek(0)
    if not head.startswith(b"["):
        yield from jsonl_rows(path, stream)
        return
    data = stream.read(MAX_LIST_BYTES + 1)
    if len(data) > MAX_LIST_BYTES:
        raise UserError(
            f"{path}: expected at most {MAX_LIST_BYTES >> 20} MiB in a list, got more; save it as JSON "
            "lines (.jsonl)"
        )
    values = _decode(data.removeprefix(_BOM), str(path))
    assert isinstance(values, list)  # the data begins with a bracket
    yield from enumerate(values, start=1)


def jsonl_rows(path: Path, stream: BinaryIO) -> Rows:
    """Rows of JSON lines; blank lines are skipped and counted."""
    for number, line in enumerate(_lines(path, stream), start=1):
        if line.strip():
            yield number, _decode(line, f"{path}:{number}")


def _lines(path: Path, stream: BinaryIO) -> Iterator[bytes]:
    """Lines with their end, the first without a byte order mark."""
    number = 0
    while line := stream.readline(MAX_ROW_BYTES + 1):
        number += 1
        if len(line) > MAX_ROW_BYTES:
            raise UserError(
                f"{path}:{number}: expected lines of at most {MAX_ROW_BYTES >> 20} MiB, got a longer one"
            )
        yield line.removeprefix(_BOM) if number == 1 else line


def _decode(data: bytes, where: str) -> object:
    try:
        return json.loads(data.decode())
    except UnicodeDecodeError:
        raise UserError(f"{where}: expected UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UserError(f"{where}: expected JSON ({reason})") from None


def csv_rows(path: Path, stream: BinaryIO, suffix: str) -> Rows:
    """Rows of a CSV or TSV file with a header; a cell in quotes may have several lines.

    The delimiter of a `.csv` file is the first of comma, semicolon and tab in its header.
    """
    csv.field_size_limit(MAX_ROW_BYTES)
    lines = _CsvLines(path, stream)
    first = next(lines, "")
    delimiter = next((sign for sign in _DELIMITERS[suffix] if sign in first), ",")
    reader = csv.reader(_chain(first, lines), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 0
    while True:
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(
                f"{path}: line {reader.line_num}: expected {suffix[1:].upper()} ({error}); a cell with "
                "quotation marks has to be in quotation marks, each doubled"
            ) from None
        if not any(cells):
            continue  # a blank line
        if header is None:
            header = _header(path, cells)
            continue
        number += 1
        if len(cells) != len(header):
            raise UserError(
                f"{path}:{number} (line {reader.line_num}): expected {len(header)} cells as in the "
                f"header, got {len(cells)}; a cell with a delimiter has to be in quotation marks"
            )
        yield number, {name: cell or None for name, cell in zip(header, cells, strict=True)}


def _chain(first: str, lines: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from lines


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    repeated = [name for name in names if name and names.count(name) > 1]
    if repeated:
        raise UserError(f"{path}: expected different column names, got {repeated[0]} twice")
    return names


class _CsvLines:
    """Lines as text, at most `MAX_ROW_BYTES` of them from one `begin_row` to the next."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self._path, self._lines = path, _lines(path, stream)
        self._number, self._size = 0, 0

    def begin_row(self) -> None:
        self._size = 0

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._size += len(line)
        if self._size > MAX_ROW_BYTES:
            raise UserError(
                f"{self._path}: line {self._number}: expected rows of at most {MAX_ROW_BYTES >> 20} "
                "MiB, got a longer one; a quotation mark may not be closed"
            )
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise UserError(
                f"{self._path}: line {self._number}: expected UTF-8 text; save the table as UTF-8"
            ) from None


def parquet_rows(path: Path, source: Path | BinaryIO) -> Rows:
    """Rows of a Parquet file, read in blocks."""
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
