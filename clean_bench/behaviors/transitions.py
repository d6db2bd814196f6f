"""What happens to code reasoning between two checkpoints, and which part of the gain it makes.

Every problem falls into one of four cells by whether its completion reasons in code (C) or in
language (L) before and after training: CC, CL, LC, LL (*Spurious Rewards*, arXiv 2506.10947, section
5 and figure 7). A cell's share of the gain is

    C_d = (correct after - correct before, in d) / (correct after - correct before, in all)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from clean_bench.behaviors.clustered import draws, mean, rate, stated
from clean_bench.statistics.estimate import Estimate

CELLS = ("CC", "CL", "LC", "LL")


@dataclass(frozen=True, slots=True)
class Pair:
    """A completion before and one after, of the same problem."""

    problem: str
    code_before: bool
    code_after: bool
    correct_before: bool
    correct_after: bool

    @property
    def cell(self) -> str:
        return "LC"[self.code_before] + "LC"[self.code_after]


def reasons_in_code(response: str) -> bool:
    """Whether "python" occurs, in whatever case: the paper's definition."""
    return "python" in response.lower()


def transitions(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The table: per cell and for all, `n`, `before`, `after`, `gain`; per cell `share`.

    `n` counts pairs. Accuracies are clustered by problem; the gain and the shares have bootstrap
    intervals over problems. The share of a gain that may be zero is anything: where the interval of
    the whole gain holds zero, the share has a value but no interval, and where the gain is exactly
    zero no value either.
    """
    problems = {problem: i for i, problem in enumerate(dict.fromkeys(p.problem for p in pairs))}
    which = np.array([problems[pair.problem] for pair in pairs], dtype=np.int64)
    cells = np.array([CELLS.index(pair.cell) for pair in pairs], dtype=np.int64)
    counts, before, after = (
        np.zeros((len(problems), len(CELLS))),
        np.zeros((len(problems), len(CELLS))),
        np.zeros((len(problems), len(CELLS))),
    )
    np.add.at(counts, (which, cells), 1)
    np.add.at(before, (which, cells), [pair.correct_before for pair in pairs])
    np.add.at(after, (which, cells), [pair.correct_after for pair in pairs])
    gained = after - before
    whole = mean(gained.sum(axis=1), counts.sum(axis=1))
    table: dict[str, Any] = {
        cell: {
            "n": int(counts[:, d].sum()),
            "before": stated(rate(before[:, d], counts[:, d])),
            "after": stated(rate(after[:, d], counts[:, d])),
            "newly_correct": int(gained[:, d].sum()),
            "share": stated(_share(gained, d, whole)),
        }
        for d, cell in enumerate(CELLS)
    }
    table["all"] = {
        "n": len(pairs),
        "before": stated(rate(before.sum(axis=1), counts.sum(axis=1))),
        "after": stated(rate(after.sum(axis=1), counts.sum(axis=1))),
        "newly_correct": int(gained.sum()),
        "gain": stated(whole),
    }
    return table


def _share(gained: Any, cell: int, whole: Estimate) -> Estimate:
    n, total = len(gained), float(gained.sum())
    if not n or total == 0:
        return Estimate(nan, -np.inf, np.inf, n, "the gain is zero")
    value = float(gained[:, cell].sum()) / total
    if whole.holds_zero:
        return Estimate(value, -np.inf, np.inf, n, "the gain may be zero")
    counts = draws(n)
    sums = counts @ gained.sum(axis=1)
    sums[sums == 0] = nan
    low, high = np.nanpercentile((counts @ gained[:, cell]) / sums, [2.5, 97.5])
    return Estimate(
        value, min(float(low), value), max(float(high), value), n, "bootstrap over problems"
    )
