"""From graded rows to scores: pure functions of what is stored.

Accuracy is that of the sampled completions where there are any (avg@k, averaged over problems), else
of the greedy ones. A grader that ran out of time is counted under `verdicts` and not as wrong: a
problem with such a completion takes no part in the average.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.answers.grade import UNDECIDED
from clean_bench.statistics.gains import best_of_k
from clean_bench.statistics.intervals import mean_interval, wilson

Row = Mapping[str, Any]


def summarize(rows: Sequence[Row]) -> dict[str, Any]:
    """`{"sets": {NAME: {...}}}` in the order in which the sets occur."""
    by_set: dict[str, list[Row]] = {}
    for row in rows:
        by_set.setdefault(row["set"], []).append(row)
    return {"sets": {name: _one(part) for name, part in by_set.items()}}


def _one(rows: Sequence[Row]) -> dict[str, Any]:
    greedy = [row for row in rows if row["mode"] == "greedy"]
    sampled = [row for row in rows if row["mode"] == "sample"]
    decided = [row for row in greedy if row["verdict"] not in UNDECIDED]
    first = wilson(sum(row["verdict"] == "equal" for row in decided), len(decided))
    summary: dict[str, Any] = {
        "problems": len(greedy),
        "accuracy": first.as_json(),
        "greedy": first.as_json(),
        "verdicts": dict(sorted(Counter(row["verdict"] for row in rows).items())),
        "truncated": sum(row["finish"] == "length" for row in rows) / len(rows),
        "no_answer": sum(row["verdict"] == "no answer" for row in rows) / len(rows),
        "overlong": sum(row["finish"] == "overlong" for row in rows),
    }
    if sampled:
        table = accuracy_table(sampled)
        k, decided_table = table.shape[1], table[~np.isnan(table).any(axis=1)]
        average = mean_interval(decided_table).as_json()
        summary |= {
            "accuracy": average,
            f"avg@{k}": average,
            f"best@{k}": best_of_k(decided_table, k).as_json(),
        }
    return summary


def accuracy_table(rows: Sequence[Row]) -> npt.NDArray[np.float64]:
    """Correctness of sampled rows, (problems, samples), in the order of the rows.

    1 for equal, NaN where the grader did not decide, else 0.
    """
    problems: dict[str, list[float]] = {}
    for row in rows:
        value = float("nan") if row["verdict"] in UNDECIDED else float(row["verdict"] == "equal")
        problems.setdefault(row["problem_id"], []).append(value)
    return np.array(list(problems.values()))
