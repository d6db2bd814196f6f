"""How many differences a page shows, and how many of their intervals would exclude zero by chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import counted, has_interval, joined
from leaderboards.view import ModelView

MISS = 0.05
"""Share of 95% intervals that do not contain the true value."""


@dataclass(frozen=True)
class Differences:
    """Differences of one kind that a page shows."""

    noun: str
    plural: str
    estimates: Sequence[Estimate]


def differences(views: Iterable[ModelView]) -> list[Differences]:
    """Every difference with an interval on a page, by kind."""
    views = list(views)
    arms = [arm for view in views for arm in view.arms]
    scores = [score for arm in arms for score in arm.scores]
    kinds = (
        ("gain", "gains", [score.gain for score in scores]),
        ("gain of greedy answers", "gains of greedy answers", [s.greedy_gain for s in scores]),
        ("difference between gains", "differences between gains",
         [c.estimate for arm in arms for c in arm.contrasts]),
        ("gain on a part of a set", "gains on parts of a set",
         [split.gain for arm in arms for split in arm.splits]),
        ("gain without training", "gains without training",
         [row.gain for view in views for row in view.training_free]),
        ("difference from the best setting without training",
         "differences from the best setting without training",
         [e for view in views for row in view.training_free for e in row.beyond.values()]),
    )  # fmt: skip
    known = [
        Differences(noun, plural, [e for e in estimates if e is not None and has_interval(e)])
        for noun, plural, estimates in kinds
    ]
    return [kind for kind in known if kind.estimates]


def comparisons_sentence(views: Iterable[ModelView]) -> str:
    """The number of intervals on the page and of those that chance would move off zero."""
    kinds = differences(views)
    estimates = [estimate for kind in kinds for estimate in kind.estimates]
    if len(estimates) < 2:
        return ""
    parts = [counted(len(kind.estimates), kind.noun, kind.plural) for kind in kinds]
    excluding = sum(not estimate.holds_zero for estimate in estimates)
    return (
        f"This page shows {len(estimates)} differences with 95% intervals: {joined(parts)}. The "
        f"intervals are not adjusted for their number. If every true difference were zero, about "
        f"{MISS * len(estimates):.1f} of them would exclude zero by chance; here {excluding} "
        f"{'does' if excluding == 1 else 'do'}."
    )
