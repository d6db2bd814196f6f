"""Transitions between code and language reasoning, and the share of each in a gain.

Every problem is in one of four cells by whether its completion reasons in code (C) or in language (L)
before and after training: CC, CL, LC, LL (*Spurious Rewards*, arXiv 2506.10947, section 5 and figure
7). The share of cell d in the gain is

    C_d = (correct after - correct before, in d) / (correct after - correct before, in all)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.bootstrap import percentile_interval, problem_counts
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.ratio import finite_json, mean, rate

CELLS = ("CC", "CL", "LC", "LL")


@dataclass(frozen=True, slots=True)
class CompletionPair:
    """A completion before training and one after, of the same problem."""

    problem: str
    code_before: bool
    code_after: bool
    correct_before: bool
    correct_after: bool

    @property
    def cell(self) -> str:
        return "LC"[self.code_before] + "LC"[self.code_after]


def transitions(pairs: Sequence[CompletionPair]) -> dict[str, Any]:
    """The table of the four cells and of "all", each value with its interval.

    Returns:
        Per cell and for "all" `n` (pairs), the accuracies `before` and `after`, clustered by problem,
        and `newly_correct`; per cell its `share` of the gain, for "all" the `gain`, both with
        bootstrap intervals over problems. A share is null where the gain is zero. It has no interval
        where the interval of the gain contains zero (the share is unbounded then), nor where all
        resamples give the same share (one cell has all of the gain, another none).
    """
    problems = {problem: i for i, problem in enumerate(dict.fromkeys(p.problem for p in pairs))}
    rows = np.array([problems[pair.problem] for pair in pairs], dtype=np.int64)
    cells = np.array([CELLS.index(pair.cell) for pair in pairs], dtype=np.int64)
    counts, before, after = np.zeros((3, len(problems), len(CELLS)))
    np.add.at(counts, (rows, cells), 1)
    np.add.at(before, (rows, cells), [pair.correct_before for pair in pairs])
    np.add.at(after, (rows, cells), [pair.correct_after for pair in pairs])
    gained = after - before
    whole = mean(gained.sum(axis=1), counts.sum(axis=1))
    table: dict[str, Any] = {
        cell: {
            "n": int(counts[:, d].sum()),
            "before": finite_json(rate(before[:, d], counts[:, d])),
            "after": finite_json(rate(after[:, d], counts[:, d])),
            "newly_correct": int(gained[:, d].sum()),
            "share": finite_json(_share(gained, d, whole)),
        }
        for d, cell in enumerate(CELLS)
    }
    table["all"] = {
        "n": len(pairs),
        "before": finite_json(rate(before.sum(axis=1), counts.sum(axis=1))),
        "after": finite_json(rate(after.sum(axis=1), counts.sum(axis=1))),
        "newly_correct": int(gained.sum()),
        "gain": finite_json(whole),
    }
    return table


def _share(gained: npt.NDArray[np.float64], cell: int, whole: Estimate) -> Estimate:
    n, total = len(gained), float(gained.sum())
    if not n or total == 0:
        return Estimate(nan, -np.inf, np.inf, n, "the gain is zero")
    value = float(gained[:, cell].sum()) / total
    if whole.holds_zero:
        return Estimate(value, -np.inf, np.inf, n, "the gain may be zero")
    counts = problem_counts(n)
    sums = counts @ gained.sum(axis=1)
    sums[sums == 0] = nan
    shares = (counts @ gained[:, cell]) / sums
    if np.nanmin(shares) == np.nanmax(shares):
        return Estimate(value, -np.inf, np.inf, n, "no resample differs")
    return percentile_interval(value, shares, n, "bootstrap over problems")
