"""Rewards with random numbers: their rates, and what the numbers depend on."""

from __future__ import annotations

from collections import Counter

import pytest
from reward_groups import group_of, rewards

from clean_bench.grading import Grade

TEXTS = [
    r"\boxed{7}",
    r"\boxed{8}",
    r"\boxed{7}",
    "none",
    r"\boxed{7}",
    r"\boxed{9}",
    r"\boxed{8}",
    "x",
]
RIGHT = [1, 0, 1, 0, 1, 0, 0, 0]
STEPS = 400


def draws(expression: str, steps: int = STEPS) -> list[list[float | None]]:
    return [rewards(expression, group_of(TEXTS, step=step)) for step in range(steps)]


def close_to(count: int, trials: int, probability: float) -> bool:
    """Within four standard errors."""
    error = (probability * (1 - probability) / trials) ** 0.5
    return abs(count / trials - probability) <= 4 * error


@pytest.mark.parametrize("p", [0.001, 0.3, 0.5, 0.7])
def test_random_has_its_rate(p: float) -> None:
    values = [value for group in draws(f"random:p={p}") for value in group]
    assert set(values) <= {0.0, 1.0}
    assert close_to(values.count(1.0), len(values), p)


def test_random_with_0_never_and_with_1_always_rewards() -> None:
    assert {value for group in draws("random:p=0", 50) for value in group} == {0.0}
    assert {value for group in draws("random:p=1", 50) for value in group} == {1.0}


def test_random_is_independent_within_a_group() -> None:
    """All pairs of values of two rollouts occur equally often."""
    pairs = Counter((group[0], group[1]) for group in draws("random"))
    for pair in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert close_to(pairs[pair], STEPS, 0.25)


@pytest.mark.parametrize("expression", ["random", "noisy:fp=0.5,fn=0.5", "shuffled"])
def test_a_draw_depends_on_its_keys_alone(expression: str) -> None:
    keys = [
        {"seed": 1, "step": 0, "place": 0},
        {"seed": 2, "step": 0, "place": 0},
        {"seed": 1, "step": 1, "place": 0},
        {"seed": 1, "step": 0, "place": 1},
        {"seed": 1, "step": 0, "place": 0, "problem_id": "q"},
    ]
    texts = TEXTS * 5
    values = [tuple(rewards(expression, group_of(texts, **key))) for key in keys]  # type: ignore[arg-type]
    assert len(set(values)) == len(keys)
    assert values == [tuple(rewards(expression, group_of(texts, **key))) for key in keys]  # type: ignore[arg-type]


def test_a_prompt_drawn_twice_in_a_step_gets_its_own_random_rewards() -> None:
    one, other = (
        [rewards("random", group_of(TEXTS, step=step, place=place)) for step in range(50)]
        for place in (0, 1)
    )
    equal = sum(a == b for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))
    assert close_to(equal, 50 * len(TEXTS), 0.5)


@pytest.mark.parametrize(("fp", "fn"), [(0.2, 0.1), (0.5, 0.5), (0.0, 0.0), (1.0, 1.0), (0.8, 0.8)])
def test_noisy_has_its_error_rates(fp: float, fn: float) -> None:
    groups = draws(f"noisy:fp={fp},fn={fn}")
    wrong = [v for group in groups for v, right in zip(group, RIGHT, strict=True) if not right]
    right = [v for group in groups for v, right in zip(group, RIGHT, strict=True) if right]
    assert close_to(wrong.count(1.0), len(wrong), fp)
    assert close_to(right.count(0.0), len(right), fn)
    if fp == fn == 0:
        assert all(group == RIGHT for group in groups)
    if fp == fn == 1:
        assert groups[0] == rewards("inverted", group_of(TEXTS))


def test_shuffled_keeps_the_multiset_and_visits_every_order() -> None:
    groups = draws("shuffled")
    assert all(sorted(group) == sorted(RIGHT) for group in groups)
    for position in range(len(TEXTS)):
        ones = sum(group[position] == 1 for group in groups)
        assert close_to(ones, STEPS, sum(RIGHT) / len(RIGHT))


def test_shuffled_leaves_unscorable_rollouts_in_place() -> None:
    grades = [
        Grade("equal", "7", "box"), Grade("timeout", "7", "box"), Grade("different", "8", "box"),
        Grade("equal", "7", "box"), Grade("crash", "7", "box"),
    ]  # fmt: skip
    seen = set()
    for step in range(30):
        values = rewards("shuffled", group_of(TEXTS[:5], grades=grades, step=step))
        assert values[1] is None and values[4] is None
        assert sorted(value for value in values if value is not None) == [0, 1, 1]
        seen.add(tuple(values))
    assert len(seen) == 3
