"""The interface for progress reports; `clean_bench.cli` shows them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """The progress of one task."""

    def advance(self, n: int = 1, note: str = "") -> None:
        """Report `n` more completed units, and a note such as the last reward."""
        ...

    def move_to(self, completed: int, note: str = "") -> None:
        """Report the total of completed units."""
        ...


Bar = Callable[[str, int | None], AbstractContextManager[Progress]]
"""Begins a task from its description and its number of units."""
