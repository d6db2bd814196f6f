"""Progress on a terminal: one bar per open task, with the counts and rates of the plain lines."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.progress import Task as Row
from rich.text import Text

from clean_bench.cli.progress_task import Task


class _Status(ProgressColumn):
    """Counts, rates, time left and notes of a task."""

    def render(self, task: Row) -> Text:
        return Text(task.fields["counts"].status())


class TerminalBars:
    """A live display of the tasks that are open; a context manager."""

    def __init__(self, stream: TextIO) -> None:
        columns = (TextColumn("{task.description}", markup=False), BarColumn(20), _Status())
        self._display = Progress(*columns, console=Console(file=stream), refresh_per_second=4)
        self._rows: dict[Task, TaskID] = {}

    def __enter__(self) -> None:
        self._display.start()

    def __exit__(self, *_: object) -> None:
        self._display.stop()

    def open(self, task: Task) -> None:
        """Show a task."""
        if task.more:
            self._display.console.print(task.more, markup=False, highlight=False)
        row = self._display.add_task(task.description, total=task.total, counts=task)
        self._rows[task] = row

    def update(self, task: Task) -> None:
        """Show the counts of a task."""
        self._display.update(self._rows[task], completed=task.completed, total=task.total)

    def close(self, task: Task) -> None:
        """End a task; one without units disappears."""
        row = self._rows.pop(task)
        if task.counted:
            self._display.update(row, completed=task.completed)
            self._display.stop_task(row)
        else:
            self._display.remove_task(row)
