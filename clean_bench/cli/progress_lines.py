"""Progress as plain lines: one soon after the start of a task, and one at least every 30 seconds.

A thread prints the lines, so they come even while the main thread works on something without a unit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from clean_bench.cli.progress_task import Task

INTERVAL = 30.0
"""Seconds between two lines."""
GRACE = 2.0
"""Seconds after which a task without a completed unit prints its first line. Input is mostly checked
before: an error is then the only line."""


class Lines:
    """Prints the lines of the innermost task that is open.

    A task inside another one that has a line gets none of its own before the next one is due.

    Args:
        write: prints one line.
        clock: seconds.
        heartbeat: whether a thread prints the lines that are due; otherwise call `tick`.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        heartbeat: bool = True,
    ) -> None:
        self._write, self._clock, self._heartbeat = write, clock, heartbeat
        self._tasks: list[Task] = []
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._last = 0.0
        """Time of the last line."""

    def open(
        self, description: str, total: int | None, more: str = "", *, background: bool = False
    ) -> Task:
        """Begin a task inside those that are open; see `Task`.

        Args:
            background: the task of the whole command, which has lines only while there is no other.
        """
        with self._changed:
            inside = any(task.shown and not task.background for task in self._tasks)
            task = Task(description, total, self._clock, more)
            task.background, task.inside = background, inside
            self._tasks.append(task)
            if self._heartbeat and self._thread is None:
                self._last = self._clock()
                self._thread = threading.Thread(target=self._beat, daemon=True)
                self._thread.start()
            self._changed.notify()
        return task

    def close(self, task: Task, *, failed: bool) -> None:
        """End a task. One with units that took long gets a last line, unless it failed."""
        with self._changed:
            seconds = self._clock() - task.created
            if task.counted and task.shown and seconds >= INTERVAL and not failed:
                self._print(task, task.ending())
            self._tasks.remove(task)
            if self._tasks:
                self._tasks[-1].pause(seconds)
                return
            thread, self._thread = self._thread, None
            self._changed.notify()
        if thread is not None:
            thread.join()

    def update(self, task: Task, change: Callable[[], None]) -> None:
        """Change what a task shows; the first change prints its first line."""
        with self._changed:
            change()
            if not task.inside:
                self.announce(task)
            self.tick()

    def announce(self, task: Task) -> None:
        """Print the first line of a task now."""
        with self._changed:
            if not task.shown:
                self._print(task, task.beginning())

    def tick(self) -> float:
        """Print a line if one is due; returns the seconds until the next one."""
        with self._changed:
            if not self._tasks:
                return INTERVAL
            task, now = self._tasks[-1], self._clock()
            due = self._due(task)
            if now >= due:
                first = not task.shown and not task.inside
                self._print(task, task.beginning() if first else task.line())
                due = self._due(task)
            return max(due - now, 0.0)

    def _due(self, task: Task) -> float:
        due = self._last + INTERVAL
        return due if task.shown or task.inside else min(due, task.created + GRACE)

    def _print(self, task: Task, line: str) -> None:
        task.shown = True
        self._last = self._clock()
        self._write(line)

    def _beat(self) -> None:
        with self._changed:
            while self._tasks and self._thread is threading.current_thread():
                self._changed.wait(self.tick())
