"""The realized error rates of a reward: how it agrees with our verdict on the rollouts.

The verdict of a rollout is its strict grade. TPR is the mean reward of right rollouts (for a 0/1 reward
the true-positive rate) and FPR that of wrong ones. J = TPR - FPR decides between learning and unlearning
(2601.04411, RLVeR). For a weighted or graded reward, J is what a right rollout gets beyond a wrong one,
in units of the reward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import pyarrow as pa

from clean_bench.grading import score_of


@dataclass(frozen=True, slots=True)
class RealizedRates:
    """Mean rewards of right and of wrong rollouts, and their numbers; None for a mean of none."""

    tpr: float | None
    fpr: float | None
    right: int
    wrong: int

    @property
    def j(self) -> float | None:
        """TPR - FPR; None where one of them is not known."""
        return None if self.tpr is None or self.fpr is None else self.tpr - self.fpr


def realized_rates(rollouts: pa.Table, column: str) -> RealizedRates:
    """The rates of a recorded reward over the rows of a rollouts table.

    Rollouts that the grader left undecided, and those that the reward could not score, do not count.

    Args:
        column: the column of the reward, such as `reward/noisy:fp=0.2,fn=0.1`.
    """
    return rates_of(rollouts[column].to_pylist(), rollouts["grade"].to_pylist())


def rates_of(rewards: Sequence[float | None], grades: Sequence[str]) -> RealizedRates:
    """The rates of rewards, given the strict grade of each rollout."""
    by_verdict: dict[float, list[float]] = {1.0: [], 0.0: []}
    for reward, grade in zip(rewards, grades, strict=True):
        verdict = score_of(grade)
        if verdict is not None and reward is not None and not isnan(reward):
            by_verdict[verdict].append(reward)
    right, wrong = by_verdict[1.0], by_verdict[0.0]
    return RealizedRates(_mean(right), _mean(wrong), len(right), len(wrong))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
