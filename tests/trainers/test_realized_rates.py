"""Realized true- and false-positive rates, by hand and against the parameters of noisy rewards."""

from __future__ import annotations

import pyarrow as pa
import pytest
from reward_groups import group_of, rewards

from clean_bench.grading import Grade
from trainers.realized_rates import rates_of, realized_rates


def test_rates_by_hand() -> None:
    grades = ["equal", "equal", "different", "no answer", "timeout", "equal", "different"]
    values = [1.0, 0.0, 1.0, 0.0, 1.0, None, 0.0]
    rates = rates_of(values, grades)
    # Right: 1, 0 (the third is unscorable). Wrong: 1, 0, 0. The timeout counts in neither.
    assert (rates.tpr, rates.right, rates.wrong) == (0.5, 2, 3)
    assert rates.fpr == pytest.approx(1 / 3)
    assert rates.j == pytest.approx(1 / 6)


def test_weighted_rewards_give_differences_of_means() -> None:
    rates = rates_of([1.5, 0.5, -1.0], ["equal", "equal", "different"])
    assert (rates.tpr, rates.fpr, rates.j) == (1.0, -1.0, 2.0)


def test_a_rate_of_no_rollout_is_not_known() -> None:
    rates = rates_of([1.0, 0.0], ["different", "no answer"])
    assert (rates.tpr, rates.fpr, rates.j) == (None, 0.5, None)
    assert rates_of([None, float("nan")], ["equal", "different"]).j is None


def test_the_rates_of_a_table() -> None:
    table = pa.table(
        {"reward/format&python": [1.0, None, 0.0], "grade": ["equal", "equal", "different"]}
    )
    assert realized_rates(table, "reward/format&python").j == 1.0


@pytest.mark.parametrize(
    ("expression", "j"),
    [
        ("truth", 1.0), ("inverted", -1.0), ("random:p=0.3", 0.0), ("noisy:fp=0.5,fn=0.5", 0.0),
        ("noisy:fp=0.2,fn=0.2", 0.6), ("noisy:fp=0.6,fn=0.6", -0.2), ("noisy:fp=0.8,fn=0.8", -0.6),
        ("shuffled", 0.0), ("constant", 0.0), ("0.5*truth", 0.5),
    ],
)  # fmt: skip
def test_the_realized_j_is_the_one_of_the_reward(expression: str, j: float) -> None:
    kinds = ["equal", "different"] * 4
    grades = [Grade(kind, "7", "box") for kind in kinds]  # type: ignore[arg-type]
    values: list[float | None] = []
    for step in range(300):
        values += rewards(expression, group_of(["x"] * 8, grades=grades, step=step))
    realized = rates_of(values, kinds * 300).j
    assert realized is not None
    assert realized == pytest.approx(j, abs=4 * (2 * 0.25 / 1200) ** 0.5)
