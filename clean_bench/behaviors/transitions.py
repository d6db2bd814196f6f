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

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.bootstrap import percentile_interval, problem_counts
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.ratio import mean, rate

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


@dataclass(frozen=True, slots=True)
class Transition:
    """One cell of the table, or the whole of it.

    `pairs` counts its pairs. `before` and `after` are accuracies, clustered by problem. `share` is the
    cell's share of the gain; for the whole table it is the gain itself.
    """

    pairs: int
    before: Estimate
    after: Estimate
    share: Estimate


def transitions(pairs: Sequence[CompletionPair]) -> dict[str, Transition]:
    """The four cells and "all".

    Shares and gain have bootstrap intervals over problems. A share is nan where the gain is zero. It has
    no interval where the interval of the gain contains zero (the share is unbounded then), nor where all
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
    table: dict[str, Transition] = {}
    for cell, columns in [*((cell, [d]) for d, cell in enumerate(CELLS)), ("all", [0, 1, 2, 3])]:
        n, old, new = (sums[:, columns].sum(axis=1) for sums in (counts, before, after))
        share = whole if cell == "all" else _share(gained, columns[0], whole)
        table[cell] = Transition(int(n.sum()), rate(old, n), rate(new, n), share)
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
