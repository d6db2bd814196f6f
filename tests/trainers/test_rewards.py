"""Rewards against a table of texts, and the random one against its own distribution."""

from __future__ import annotations

import pytest

from clean_bench.errors import UserError
from clean_bench.grading.grade import Grade, grade
from clean_bench.problems import Problem
from trainers.rewards import REWARDS, Context, reward

TEXTS = [
    r"3 + 4 = 7. \boxed{7}",
    r"python: 3 + 4 = 8. \boxed{8}",
    r"Python says \boxed{}",
    "no box, the value 7",
    r"\boxed{7} and then \boxed{",
]
PROBLEM = Problem(id="p", problem="3 + 4?", answer="7")


def given(name: str, verdicts: list[Grade] | None = None, **changes: int) -> list[float | None]:
    verdicts = verdicts or grade([("7", text) for text in TEXTS])
    context = Context(**{"seed": 1, "step": 0, **changes}, verdicts=verdicts)
    return reward(name).function(PROBLEM, TEXTS, context)


def test_each_reward_by_hand() -> None:
    assert given("truth") == [1, 0, 0, 0, 1]
    assert given("format") == [1, 1, 0, 0, 1]
    assert given("python") == [0, 1, 1, 0, 0]


def test_a_timeout_is_unscorable_and_not_wrong() -> None:
    verdicts = [Grade("timeout", "7"), Grade("crash", "7"), Grade("different", "8")]
    assert given("truth", verdicts) == [None, None, 0]


def test_random_is_fair_and_follows_its_labels() -> None:
    draws = [value for step in range(400) for value in given("random", step=step)]
    assert set(draws) == {0.0, 1.0}
    mean = sum(value or 0.0 for value in draws) / len(draws)
    assert abs(mean - 0.5) < 4 * 0.5 / len(draws) ** 0.5
    assert given("random", step=7) == given("random", step=7)
    assert [given("random", step=s) for s in range(9)] != [
        given("random", step=s, seed=2) for s in range(9)
    ]


def test_only_truth_looks_at_the_answer() -> None:
    wrong = [Grade("different", "0")] * len(TEXTS)
    for name, entry in REWARDS.items():
        assert (given(name) == given(name, wrong)) == entry.spurious


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="truth, random, format, python"):
        reward("thruth")
