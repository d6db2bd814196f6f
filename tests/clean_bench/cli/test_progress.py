"""Totals become steps, also where a resumed task begins behind the first one."""

from __future__ import annotations

from clean_bench.cli.common import _Counter


class Recorder(_Counter):
    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[int, str]] = []

    def show(self, note: str) -> None:
        self.shown.append((self.completed, note))


def test_totals_and_steps_count_the_same_units() -> None:
    progress = Recorder()
    for completed in (5, 6, 9):
        progress.move_to(completed, f"at {completed}")
    progress.advance(2)
    assert progress.shown == [(5, "at 5"), (6, "at 6"), (9, "at 9"), (11, "")]
