"""Read a file of completions of any format, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from clean_bench.completion_files import columns as plain
from clean_bench.completion_files import inspect_ai
from clean_bench.completion_files.raw_rows import Row, raw_rows, suffix_of
from clean_bench.completion_files.recognize import PLAIN, recognize
from clean_bench.completion_files.row import CompletionRow
from clean_bench.errors import UserError

LONGEST_TEXT = 4_000_000
"""Characters of a response, a prompt or a gold answer: more than any context holds."""


class CompletionFile(NamedTuple):
    """A file of completions that is being read: the name of its format, and its rows."""

    path: Path
    format: str
    rows: Iterator[CompletionRow]


def read_completions(path: str | Path, columns: Mapping[str, str] | None = None) -> CompletionFile:
    """Recognize a file and read its rows; they come in blocks, whatever the size of the file.

    Args:
        columns: columns of fields that are not recognized (`clean_bench.completion_files.parse_map`).

    Raises:
        UserError: naming file and row, here for the first row and later when iteration reaches one, if
            the file cannot be read, is empty, or a row has another type than its format.
    """
    path, columns = Path(path), columns or {}
    if suffix_of(path) == inspect_ai.ARCHIVE:
        of_archive = inspect_ai.archive_rows(path)
        return CompletionFile(path, inspect_ai.NAME, _bounded(_mapped(of_archive, columns)))
    raw = _objects(path, raw_rows(path))
    first = next(raw, None)
    if first is None:
        raise UserError(f"{path}: expected at least one row, got none")
    known = recognize(path, first[1])
    whole = chain([first], raw)
    if known is None:
        return CompletionFile(path, PLAIN, _bounded(plain.rows(path, whole, columns)))
    return CompletionFile(path, known.name, _bounded(_mapped(known.rows(path, whole), columns)))


def _bounded(rows: Iterator[CompletionRow]) -> Iterator[CompletionRow]:
    """The rows; raises `UserError` for a text of more than `LONGEST_TEXT` characters."""
    for row in rows:
        for text in (row.gold, row.problem, row.prompt, *(entry.text for entry in row.responses)):
            if text is not None and len(text) > LONGEST_TEXT:
                raise UserError(
                    f"{row.where}: expected texts of at most {LONGEST_TEXT:,} characters, got "
                    f"{len(text):,}; leave the row out"
                )
        yield row


def _objects(path: Path, raw: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Row]]:
    for number, row in raw:
        if not isinstance(row, dict):
            raise UserError(
                f"{path}:{number}: expected an object with gold and response, got {type(row).__name__}"
            )
        yield number, row


def _mapped(rows: Iterator[CompletionRow], columns: Mapping[str, str]) -> Iterator[CompletionRow]:
    return (plain.remapped(row, columns) for row in rows) if columns else rows
