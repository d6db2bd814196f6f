"""Recognize the format of a file from its first row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from clean_bench.completion_files import inspect_ai, lighteval, lm_eval, openai_batch, trl, verl
from clean_bench.completion_files.raw_rows import Row
from clean_bench.completion_files.row import CompletionRow


class Format(NamedTuple):
    """A format of another tool: its name, the test of a row, and the reader of rows."""

    name: str
    recognizes: Callable[[Path, Row], bool]
    rows: Callable[[Path, Iterator[tuple[int, Row]]], Iterator[CompletionRow]]


FORMATS = tuple(
    Format(module.NAME, module.recognizes, module.rows)
    for module in (lm_eval, lighteval, inspect_ai, openai_batch, trl, verl)
)
PLAIN = "columns"
NAMES = (*(entry.name for entry in FORMATS), PLAIN)


def recognize(path: Path, row: Row) -> Format | None:
    """The format of a file with this first row; None for plain columns."""
    return next((entry for entry in FORMATS if entry.recognizes(path, row)), None)
