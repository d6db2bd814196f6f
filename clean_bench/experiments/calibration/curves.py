"""From the flags of planted problems to curves: ROC, power by dose, false discoveries, smallest dose.

A unit is one planting: a random half of a set was planted at known doses, the other half never. Per
group of units (model, stage, form) and test:

    auc                  area under the ROC curve: planted problems of a dose against never-planted ones
    tpr@1%               share of planted problems above the threshold that 1% of the others exceed
    flagged              share of problems of a dose that are flagged; dose 0 is never planted
    false_discoveries    false flags / flags of a unit (0 without flags), mean over units
    smallest_dose        dose at which half of the problems are flagged

Problems that a GRPO run trained on after the planting are subsets of their own (`dose=4, GRPO saw it`);
they are no false discoveries, and the smallest dose is that of the others.

Units are independent; problems of one unit share a model and a null sample. So the mean of false
discoveries has Student's interval over units, and the smallest dose a bootstrap over units. AUC and
shares are over problems of all units together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf, isfinite, sqrt
from typing import Any, NamedTuple

import numpy as np

from clean_bench.results import Result, Results
from clean_bench.statistics.dose_response import smallest_dose
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import student_t, wilson
from clean_bench.statistics.roc import auc, true_positive_rate_at

RATE = 0.01
SEEN = ", GRPO saw it"
"""The end of the name of a subset of problems that a GRPO run trained on."""
DETECTED = 0.5
"""Share of flagged problems that defines the smallest detectable dose."""


class ItemFlag(NamedTuple):
    """The flag of a planted or never-planted problem in one unit; `seen` by a GRPO run after it."""

    unit: str
    group: str
    dose: int
    test: str
    evidence: float
    flagged: bool
    seen: bool = False

    @property
    def exposed(self) -> bool:
        """Whether the model was trained on the problem."""
        return self.dose > 0 or self.seen


def summarize_flags(items: Sequence[ItemFlag], head: Result) -> Results:
    """The results of all groups of units and tests.

    Args:
        head: the row whose other columns all results share.
    """
    results: list[Result] = []
    groups: dict[tuple[str, str], list[ItemFlag]] = {}
    for item in items:
        groups.setdefault((item.group, item.test), []).append(item)
    for (group, test), of_group in groups.items():
        results += _of_group(of_group, head._replace(arm=group), test)
    return Results(results)


def _of_group(items: Sequence[ItemFlag], head: Result, test: str) -> Iterator[Result]:
    never = [item for item in items if not item.exposed]
    for seen, dose in sorted({(item.seen, item.dose) for item in items if item.exposed}):
        part = [item for item in items if (item.seen, item.dose) == (seen, dose)]
        subset = head._replace(subset=f"dose={dose}{SEEN if seen else ''}")
        if never:
            positive, negative = _evidence(part), _evidence(never)
            yield subset.of(f"auc:{test}", auc(positive, negative))
            yield subset.of(f"tpr@1%:{test}", true_positive_rate_at(positive, negative, RATE))
        yield subset.of(f"flagged:{test}", _flagged(part))
    if never:
        yield head._replace(subset="dose=0").of(f"flagged:{test}", _flagged(never))
    yield head.of(f"false_discoveries:{test}", false_discoveries(items))
    planted = [item for item in items if item.dose and not item.seen]
    if len({item.dose for item in planted}) > 1:
        estimate = smallest_dose(
            [item.dose for item in planted],
            [item.flagged for item in planted],
            [item.unit for item in planted],
            DETECTED,
        )
        yield head.of(f"smallest_dose:{test}", _as_estimate(estimate))


def false_discoveries(items: Sequence[ItemFlag]) -> Estimate:
    """The mean over units of the share of false flags among the flags, 0 in a unit without flags.

    With Student's interval over units; without one for a single unit.
    """
    units: dict[str, list[ItemFlag]] = {}
    for item in items:
        units.setdefault(item.unit, []).append(item)
    shares = []
    for of_unit in units.values():
        flags = [item for item in of_unit if item.flagged]
        shares.append(sum(not item.exposed for item in flags) / len(flags) if flags else 0.0)
    return mean_over_plantings(shares)


def mean_over_plantings(shares: Sequence[float]) -> Estimate:
    """The mean of one share per planting with Student's interval; without one for a single planting."""
    mean, n = float(np.mean(shares)), len(shares)
    if n < 2:
        return Estimate(mean, -inf, inf, n, "one planting")
    half = student_t(n - 1) * float(np.std(shares, ddof=1)) / sqrt(n)
    return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), n, "t over plantings")


def item_flags(
    unit: str,
    group: str,
    doses: Mapping[str, int],
    flags: Sequence[Mapping[str, Any]],
    seen: Collection[str] = (),
) -> Iterator[ItemFlag]:
    """The flags of one unit.

    Args:
        doses: dose of each problem by its id.
        flags: rows of the table `flags` of the unit's probe, of the set of these problems.
        seen: ids of the problems that a GRPO run after the planting trained on.
    """
    for flag in flags:
        problem = flag["problem_id"]
        measured = (flag["test"], flag["evidence"], flag["flagged"])
        yield ItemFlag(unit, group, doses[problem], *measured, problem in seen)


def _flagged(items: Sequence[ItemFlag]) -> Estimate:
    return wilson(sum(item.flagged for item in items), len(items))


def _evidence(items: Sequence[ItemFlag]) -> list[float]:
    return [item.evidence for item in items]


def _as_estimate(dose: Any) -> Estimate:
    """A dose with its interval; a dose above the largest one measured has no value."""
    value = dose.dose if isfinite(dose.dose) else float("nan")
    return Estimate(value, dose.low, dose.high, dose.n, dose.method)
