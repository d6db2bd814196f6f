"""Rewards against a table of texts, and the random one against its own distribution."""

from __future__ import annotations

import pytest

from clean_bench.errors import UserError
from clean_bench.grading import Grade, grade
from clean_bench.problems import Problem
from clean_bench.samples import Sample
from trainers.rewards import REWARDS, Group, reward_named

TEXTS = [
    r"3 + 4 = 7. \boxed{7}",
    r"python: 3 + 4 = 8. \boxed{8}",
    r"Python says \boxed{}",
    "no box, the value 7",
    r"\boxed{7} and then \boxed{",
]
PROBLEM = Problem(id="p", problem="3 + 4?", answer="7")


GRADES = [graded.strict for graded in grade([("7", text) for text in TEXTS])]
"""Training uses strict grades: "the value 7" marks no answer."""


def sample_of(index: int, text: str, graded: Grade) -> Sample:
    return Sample(
        "s", "p", "raw", "sample", index, 0, "7", "3 + 4?", text, "stop", [1], [2], [-1.0],
        graded.kind, graded.extracted, graded.extraction,
    )  # fmt: skip


def rewards(name: str, grades: list[Grade] = GRADES, **place: int) -> list[float | None]:
    samples = [sample_of(i, *pair) for i, pair in enumerate(zip(TEXTS, grades, strict=False))]
    group = Group(PROBLEM, samples, **{"seed": 1, "step": 0, **place})
    return reward_named(name).function(group)


def test_each_reward_by_hand() -> None:
    assert rewards("truth") == [1, 0, 0, 0, 1]
    assert rewards("format") == [1, 1, 0, 0, 1]
    assert rewards("python") == [0, 1, 1, 0, 0]


def test_a_timeout_is_unscorable_and_not_wrong() -> None:
    grades = [Grade("timeout", "7"), Grade("crash", "7"), Grade("different", "8")]
    assert rewards("truth", grades) == [None, None, 0]


def test_random_is_fair_and_follows_its_labels() -> None:
    draws = [value for step in range(400) for value in rewards("random", step=step)]
    assert set(draws) == {0.0, 1.0}
    mean = sum(value or 0.0 for value in draws) / len(draws)
    assert abs(mean - 0.5) < 4 * 0.5 / len(draws) ** 0.5
    assert rewards("random", step=7) == rewards("random", step=7)
    assert [rewards("random", step=s) for s in range(9)] != [
        rewards("random", step=s, seed=2) for s in range(9)
    ]


def test_only_truth_depends_on_the_grade() -> None:
    wrong = [Grade("different", "0")] * len(TEXTS)
    for name, entry in REWARDS.items():
        assert (rewards(name) == rewards(name, wrong)) == entry.spurious


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="truth, random, format, python"):
        reward_named("thruth")
