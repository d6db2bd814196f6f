"""What happens to code reasoning between two checkpoints, and which part of the gain it makes.

Every problem falls into one of four cells by whether its completion reasons in code (C) or in
language (L) before and after training: CC, CL, LC, LL (*Spurious Rewards*, arXiv 2506.10947, section
5 and figure 7). A cell's share of the gain is

    C_d = (correct after - correct before, in d) / (correct after - correct before, in all)

`transitions` makes the table of completions, `transitions_of_counts` of counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.ratio import draws, mean, rate, stated

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


def transitions_of_counts(counts: Mapping[str, tuple[int, int, int]]) -> dict[str, Any]:
    """The table from `{cell: (problems, correct before, correct after)}`, as a paper prints it.

        transitions_of_counts({"CC": (165, 105, 119), "CL": (160, 93, 125),
                               "LC": (72, 20, 56), "LL": (103, 29, 91)})

    Returns:
        Per cell and for "all" `n`, the accuracies `before` and `after` (None where n is 0) and
        `newly_correct`; per cell `share` (None where the gain is zero; of a loss, the part of it),
        for "all" `gain`. Intervals need more than counts: who was right both times.

    Raises:
        ValueError: unless all four cells are there, with at most as many correct as problems.
    """
    if set(counts) != set(CELLS):
        raise ValueError(f"cells {', '.join(counts)}: {', '.join(CELLS)} are wanted")
    for cell, (n, *correct) in counts.items():
        if not all(0 <= one <= n for one in correct):
            raise ValueError(f"{cell}: {correct} correct of {n}")
    total = [sum(counts[cell][i] for cell in CELLS) for i in range(3)]
    gained = total[2] - total[1]

    def row(n: int, before: int, after: int) -> dict[str, Any]:
        known = {"before": before / n, "after": after / n} if n else {"before": None, "after": None}
        return {"n": n, **known, "newly_correct": after - before}

    table = {cell: row(*counts[cell]) for cell in CELLS}
    for one in table.values():
        one["share"] = one["newly_correct"] / gained if gained else None
    table["all"] = row(*total) | {"gain": gained / total[0] if total[0] else None}
    return table


def transitions(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The table with intervals: each value of `transitions_of_counts` as an estimate.

    `n` counts pairs. Accuracies are clustered by problem; the gain and the shares have bootstrap
    intervals over problems. The share of a gain that may be zero is anything: where the interval of
    the whole gain holds zero, the share has a value but no interval, and where the gain is exactly
    zero no value either. Nor has a share an interval where every resample gives the same one (one
    cell makes all of the gain, another none): that would claim certainty.
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
    shares = (counts @ gained[:, cell]) / sums
    if np.nanmin(shares) == np.nanmax(shares):
        return Estimate(value, -np.inf, np.inf, n, "no resample differs")
    low, high = np.nanpercentile(shares, [2.5, 97.5])
    return Estimate(
        value, min(float(low), value), max(float(high), value), n, "bootstrap over problems"
    )
