"""Output and progress, shared by all commands."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from clean_bench.progress import Progress

LOGGERS = ("clean_bench", "generators", "trainers", "leaderboards")
INTERVAL = 30.0
"""Seconds between two progress lines where standard error is not a terminal."""
_quiet = False


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`, which reaches the command as `as_json`, and `--quiet`."""
    command = click.option(
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_set_quiet,
        help="No progress on standard error; errors are still printed.",
    )(command)
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print one JSON object on standard output; everything else goes to standard error.",
    )(command)


def _set_quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    global _quiet
    _quiet = value


def set_up_logging(level: str) -> None:
    """Send the log records of the project's packages to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)


def emit(as_json: bool, data: dict[str, Any], text: str | None = None) -> None:
    """Print the JSON object, or the text for people."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=True, allow_nan=False))
    elif text:
        click.echo(text)


def say(message: str) -> None:
    """Print a line for people on standard error."""
    if not _quiet:
        click.echo(message, err=True)


class _Counter:
    """Counts completed units; `show` gets the count and the note."""

    def __init__(self, show: Callable[[int, str], None]) -> None:
        self.completed = 0
        self._show = show

    def advance(self, n: int = 1, note: str = "") -> None:
        self.completed += n
        self._show(self.completed, note)

    def move_to(self, completed: int, note: str = "") -> None:
        self.advance(completed - self.completed, note)


class _Lines:
    """The description at the first unit, then one plain line every `INTERVAL` seconds.

    The first report may count units of an earlier run, so the rate and the time left are of the units
    after it. An error before the first report is the only line.
    """

    def __init__(self, description: str, total: int | None) -> None:
        self._description, self._total = description, total
        self._begin: tuple[float, int] | None = None
        """Time and count of the first report."""
        self._shown = 0.0
        """Time of the last line."""

    def show(self, completed: int, note: str) -> None:
        now = time.monotonic()
        if self._begin is None:
            self._begin, self._shown = (now, completed), now
            say(self._description)
        elif now - self._shown >= INTERVAL:
            self._shown = now
            say(self._line(completed, now, *self._begin, note))

    def _line(self, completed: int, now: float, begin: float, first: int, note: str) -> str:
        rate = (completed - first) / (now - begin)
        line = f"{self._description}: {completed}"
        if self._total is not None:
            line += f" of {self._total}"
        line += f", {rate:.3g}/s"
        if self._total is not None and rate > 0:
            line += f", {max(self._total - completed, 0) / rate:.0f} s left"
        return f"{line}, {note}" if note else line


@contextmanager
def progress_bar(description: str, total: int | None) -> Iterator[Progress]:
    """A bar on standard error; plain lines where that is not a terminal; nothing with `--quiet`."""
    if _quiet:
        yield _Counter(lambda completed, note: None)
        return
    if not sys.stderr.isatty():
        yield _Counter(_Lines(description, total).show)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=total, note="")
        yield _Counter(lambda n, note: progress.update(task, completed=n, note=note))
