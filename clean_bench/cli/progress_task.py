"""One task of a command: its counts, and the text that shows them.

scoring 132/510  26%  4.1/s  812 tok/s  1m32s left
"""

from __future__ import annotations

from collections.abc import Callable

SECOND_RATE, MINUTE_RATE = 1.0, 1 / 60
"""Rates from here on are given per second and per minute; lower ones per hour."""


class Task:
    """Counts and times of one task.

    The rate is that of the units completed here: units of an earlier run do not count, and neither does
    the time of tasks inside this one.

    Args:
        total: number of units, None if unknown.
        clock: seconds.
        more: what the first line adds, such as the engine.
    """

    def __init__(
        self, description: str, total: int | None, clock: Callable[[], float], more: str = ""
    ) -> None:
        self.description, self.total, self.more = description, total, more
        self.completed = self.tokens = self._resumed = 0
        self.note = self.detail_text = ""
        self.created = self._begun = clock()
        self.shown = False
        """Whether a line of this task was printed."""
        self.background = self.inside = False
        """Whether it is the task of the whole command, and whether one that contains it had a line."""
        self._clock = clock
        self._paused = 0.0

    @property
    def counted(self) -> bool:
        """Whether the task has units."""
        return self.total is not None or self.completed > 0

    def advance(self, n: int, note: str, tokens: int, resumed: bool) -> None:
        """Count units; see `clean_bench.progress.Progress`."""
        self.completed += n
        self.tokens += tokens
        self.note = note or self.note
        self.detail_text = ""
        if resumed:
            self._resumed += n
            self._begun, self._paused = self._clock(), 0.0

    def move_to(self, completed: int, note: str, total: int | None = None) -> None:
        """Count up to a number; see `clean_bench.progress.Progress`."""
        self.total = total or self.total
        if not self.completed:
            self._resumed = max(completed - 1, 0)
        self.advance(completed - self.completed, note, 0, False)

    def set_detail(self, text: str, tokens: int) -> None:
        """Show what happens within the current unit; see `clean_bench.progress.Progress`."""
        self.detail_text = text
        self.tokens += tokens

    def pause(self, seconds: float) -> None:
        """Leave out the time of a task inside this one."""
        self._paused += seconds

    def beginning(self) -> str:
        """The line that begins the task, with the units of an earlier run."""
        count = "" if self.total is None else f" {self._resumed}/{self.total}"
        return f"{self.description}{count}{', ' if self.more else ''}{self.more}"

    def line(self) -> str:
        """The description and the status."""
        return "  ".join(filter(None, [self._count(), *self._measures()]))

    def ending(self) -> str:
        """The line that ends a task with units: counts, mean rates and duration."""
        seconds = self._clock() - self.created
        return "  ".join([self._count(), *self._rates(), f"in {duration(seconds)}"])

    def status(self) -> str:
        """Everything but the description, for a bar."""
        return self.line().removeprefix(self.description).strip()

    def _count(self) -> str:
        if not self.counted:
            return self.description
        count = f"{self.description} {self.completed}"
        if self.total is None:
            return count
        share = f"{100 * self.completed // self.total}%" if self.total else ""
        return f"{count}/{self.total}  {share}".rstrip()

    def _measures(self) -> list[str]:
        measures = self._rates()
        new = self.completed - self._resumed
        if self.total is not None and new > 0:
            left = max(self.total - self.completed, 0) * self._seconds() / new
            measures.append(f"{duration(left)} left")
        if not measures:
            measures.append(duration(self._clock() - self.created))
        return [*measures, *filter(None, [self.detail_text, self.note])]

    def _rates(self) -> list[str]:
        seconds, new = self._seconds(), self.completed - self._resumed
        rates = []
        if seconds > 0 and new > 0:
            rates.append(rate(new / seconds))
        if seconds > 0 and self.tokens:
            rates.append(f"{self.tokens / seconds:.0f} tok/s")
        return rates

    def _seconds(self) -> float:
        return self._clock() - self._begun - self._paused


def rate(per_second: float) -> str:
    """Units per second, or per minute or hour where that is less than one."""
    if per_second >= SECOND_RATE:
        return f"{_three_digits(per_second)}/s"
    if per_second >= MINUTE_RATE:
        return f"{_three_digits(60 * per_second)}/min"
    return f"{_three_digits(3600 * per_second)}/h"


def _three_digits(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def duration(seconds: float) -> str:
    """`45s`, `1m32s`, `2h05m` or `3d04h`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02d}h"
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
