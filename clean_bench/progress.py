"""The interface for progress reports; `clean_bench.cli` shows them.

    with bar("scoring", 510) as progress:          # a task with a known number of units
        progress.advance(1, tokens=212)
    with phase("loading organism:reciter"):        # a task without a unit
        ...

Functions that count units take a callback or a `Bar`. Work without a unit, such as the loading of a
model, is reported with `phase` from wherever it happens: it shows nothing unless a command has set the
bar of the process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """The progress of one task."""

    def advance(
        self, n: int = 1, note: str = "", *, tokens: int = 0, resumed: bool = False
    ) -> None:
        """Report `n` more completed units.

        Args:
            note: a result so far, such as the last reward.
            tokens: tokens that were generated or read for these units.
            resumed: an earlier run completed the units; they are no part of the rate.
        """
        ...

    def move_to(self, completed: int, note: str = "", *, total: int | None = None) -> None:
        """Report the number of completed units; a first number above 1 includes those of an earlier run.

        Args:
            total: the number of all units, where that was unknown when the task began.
        """
        ...

    def detail(self, text: str, *, tokens: int = 0) -> None:
        """Report what happens within the current unit, such as `rollouts 132/512`."""
        ...

    def announce(self) -> None:
        """Show the task now: what follows may keep the process from showing anything."""
        ...


Bar = Callable[[str, int | None], AbstractContextManager[Progress]]
"""Begins a task from its description and its number of units."""


class Advance(Protocol):
    """The callback of functions that complete units: `Progress.advance`."""

    def __call__(self, n: int, *, tokens: int = 0, resumed: bool = False) -> None: ...


def uncounted(n: int, *, tokens: int = 0, resumed: bool = False) -> None:
    """An `Advance` that ignores what it gets."""


class Silent:
    """Shows nothing; see `Progress`."""

    def advance(
        self, n: int = 1, note: str = "", *, tokens: int = 0, resumed: bool = False
    ) -> None: ...

    def move_to(self, completed: int, note: str = "", *, total: int | None = None) -> None: ...

    def detail(self, text: str, *, tokens: int = 0) -> None: ...

    def announce(self) -> None: ...


@contextmanager
def silent(description: str, total: int | None) -> Iterator[Progress]:
    """The bar of a process that shows no progress."""
    yield Silent()


_bar: Bar = silent


def set_bar(bar: Bar) -> None:
    """Set the bar that shows the tasks of this process."""
    global _bar
    _bar = bar


def bar(description: str, total: int | None) -> AbstractContextManager[Progress]:
    """Begin a task that the bar of the process shows."""
    return _bar(description, total)


@contextmanager
def phase(description: str, *, imports: str | None = None) -> Iterator[Progress]:
    """A task without a unit.

    Args:
        imports: a large module that the phase imports. Nothing can be printed while a shared library
            is loaded, so the task is announced first, unless the module is loaded already.
    """
    with bar(description, None) as progress:
        if imports is not None and imports not in sys.modules:
            progress.announce()
        yield progress
