"""Rows of CSV and TSV with a header, read in bounded memory.

Values stay text as written (`007`, `1/2`, `1e3`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, BinaryIO

from clean_bench.errors import UserError
from clean_bench.foreign_files.json_rows import byte_lines
from clean_bench.foreign_files.regular_file import size_text

DELIMITERS = {".csv": ",;\t", ".tsv": "\t"}
"""By suffix: the delimiter is the first of these in the header."""

_MOST_LINES = 100_000
"""Lines of a row at most."""


def csv_rows(
    where: str, stream: BinaryIO, suffix: str, longest: int, empty: str | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row numbers, from 1, and rows; a cell in quotation marks may have several lines.

    Args:
        where: the file, for errors.
        suffix: `.csv` or `.tsv`.
        longest: bytes of a row at most.
        empty: the value of an empty cell.

    Raises:
        UserError: naming the line, for text that is no table.
    """
    csv.field_size_limit(longest)
    lines = _Lines(where, stream, longest)
    first = next(lines, "")
    delimiter = next((sign for sign in DELIMITERS[suffix] if sign in first), ",")
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
                f"{where}: line {reader.line_num}: expected {suffix[1:].upper()} ({error}); a cell with "
                "quotation marks has to be in quotation marks, each doubled"
            ) from None
        if not any(cells):
            continue  # a blank line
        if header is None:
            header = _header(where, cells)
            continue
        number += 1
        if len(cells) != len(header):
            raise UserError(
                f"{where}:{number} (line {reader.line_num}): expected {len(header)} cells as in the "
                f"header, got {len(cells)}; a cell with a delimiter has to be in quotation marks"
            )
        yield number, {name: cell or empty for name, cell in zip(header, cells, strict=True)}


def _chain(first: str, lines: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from lines


def _header(where: str, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    repeated = [name for name in names if name and names.count(name) > 1]
    if repeated:
        raise UserError(f"{where}: expected different column names, got {repeated[0]} twice")
    return names


class _Lines:
    """Lines as text, at most `longest` bytes of them from one `begin_row` to the next."""

    def __init__(self, where: str, stream: BinaryIO, longest: int) -> None:
        self._where, self._longest = where, longest
        self._lines = byte_lines(where, stream, longest)
        self._number, self._size, self._begin = 0, 0, 0

    def begin_row(self) -> None:
        self._size, self._begin = 0, self._number

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._size += len(line)
        if self._size > self._longest or self._number - self._begin > _MOST_LINES:
            raise UserError(
                f"{self._where}: line {self._number}: expected rows of at most "
                f"{size_text(self._longest)} and {_MOST_LINES:,} lines, got a longer one; a quotation "
                "mark may not be closed"
            )
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise UserError(
                f"{self._where}: line {self._number}: expected UTF-8 text; save the table as UTF-8"
            ) from None
