"""Advantages against hand values and against the formulas, one group at a time with numpy."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.advantages import advantages, rollout_advantages, whiten
from trainers.objective_settings import AdvantageKind
from trainers.objectives import Objective

KINDS = get_args(AdvantageKind)
NAN = float("nan")


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_hand(group: list[float], batch: list[float], kind: str, epsilon: float) -> list[float]:
    """The advantages of one group, whose batch holds all rewards that are not NaN."""
    known = [r for r in group if r == r]
    if kind == "raw":
        return [0.0 if r != r else r for r in group]
    if len(known) < 2 or max(known) == min(known):
        return [0.0] * len(group)
    result = []
    for place, r in enumerate(group):
        others = [q for other, q in enumerate(group) if other != place and q == q]
        baseline = np.mean(others) if kind == "leave-one-out" else np.mean(known)
        divisor = 1.0
        if kind == "group":
            divisor = np.std(known, ddof=1) + epsilon
        elif kind == "batch":
            divisor = np.std(batch, ddof=1) + epsilon
        result.append(0.0 if r != r else float((r - baseline) / divisor))
    return result


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # Group 1: mean 1/4, deviations 3/4 and -1/4 three times, variance (9/16 + 3/16) / 3 = 1/4.
        # Group 2: mean 1/2, variance 1/3. Batch: mean 3/8, variance (3 25/64 + 5 9/64) / 7 = 15/56.
        (
            "group",
            [[1.5, -0.5, -0.5, -0.5], [3**0.5 / 2, 3**0.5 / 2, -(3**0.5) / 2, -(3**0.5) / 2]],
        ),
        (
            "batch",
            [
                [x / (15 / 56) ** 0.5 for x in (0.75, -0.25, -0.25, -0.25)],
                [x / (15 / 56) ** 0.5 for x in (0.5, 0.5, -0.5, -0.5)],
            ],
        ),
        ("none", [[0.75, -0.25, -0.25, -0.25], [0.5, 0.5, -0.5, -0.5]]),
        ("leave-one-out", [[1, -1 / 3, -1 / 3, -1 / 3], [2 / 3, 2 / 3, -2 / 3, -2 / 3]]),
        ("raw", [[1, 0, 0, 0], [1, 1, 0, 0]]),
    ],
)
def test_hand_calculated_groups(kind: Any, expected: list[list[float]]) -> None:
    result = advantages(tensor([[1, 0, 0, 0], [1, 1, 0, 0]]), kind=kind, epsilon=0.0)
    torch.testing.assert_close(result, tensor(expected))


reward = st.sampled_from([0.0, 1.0, 0.3, NAN])


@given(
    st.lists(st.lists(reward, min_size=4, max_size=4), min_size=1, max_size=5),
    st.sampled_from(KINDS),
    st.sampled_from([1e-9, 1e-6, 1e-4]),
)
def test_agrees_with_the_formula(groups: list[list[float]], kind: Any, epsilon: float) -> None:
    result = advantages(tensor(groups), kind=kind, epsilon=epsilon)
    batch = [r for group in groups for r in group if r == r]
    expected = [by_hand(group, batch, kind, epsilon) for group in groups]
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "raw"])
def test_equal_rewards_give_exactly_zero(kind: Any, dtype: torch.dtype) -> None:
    """16 rewards of 0.1: their rounded mean differs from 0.1, verl 0.9.1 gives them -0.0074."""
    for size in range(2, 40):
        assert (advantages(torch.full((3, size), 0.1, dtype=dtype), kind=kind) == 0).all()
    other = torch.tensor([[0.1] * 16, [0.7] + [0.3] * 15], dtype=dtype)
    result = advantages(other, kind=kind, epsilon=1e-9)
    assert (result[0] == 0).all()
    assert (result[1] != 0).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "raw"])
def test_equal_rewards_stay_zero_when_whitened(kind: Any) -> None:
    lengths = torch.randint(1, 50, (4, 16), generator=torch.Generator().manual_seed(0))
    objective = Objective(advantage=kind, whiten=True)
    result = rollout_advantages(torch.full((4, 16), 0.1), lengths, objective)
    assert (result == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_an_unscorable_rollout_takes_no_part(kind: Any) -> None:
    with_nan = advantages(tensor([[1.0, 0.0, NAN], [NAN, NAN, NAN], [NAN, 1.0, NAN]]), kind=kind)
    without = advantages(tensor([[1.0, 0.0], [0.0, 0.0]]), kind=kind)
    if kind != "batch":  # whose deviation is over the three rewards that are known
        torch.testing.assert_close(with_nan[0, :2], without[0])
    assert with_nan[0, 2] == 0
    assert (with_nan[1] == 0).all()
    assert with_nan[2].tolist() == [0, 1.0 if kind == "raw" else 0, 0]


def test_leave_one_out_has_mean_zero_given_random_rewards() -> None:
    """The reason why RLOO is a control: the baseline of a rollout excludes its own reward."""
    generator = torch.Generator().manual_seed(4)
    rewards = torch.rand(20_000, 4, generator=generator, dtype=torch.float64)
    result = advantages(rewards, kind="leave-one-out")
    # Cov(A, r) = Var(r) exactly: centering with the group's own mean gives Var(r) (1 - 1/4).
    covariance = float((result * (rewards - 0.5)).mean())
    assert covariance == pytest.approx(1 / 12, rel=0.03)


def test_whitening_by_hand() -> None:
    """Advantages 1 and -1 of 3 tokens and 1 token: mean 1/2, variance 3/4 over the four tokens."""
    result = whiten(tensor([1.0, -1.0]), torch.tensor([3, 1]))
    torch.testing.assert_close(result, tensor([0.5, -1.5]) / 0.75**0.5)


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.integers(0, 9), st.booleans()), min_size=1, max_size=12)
)
def test_whitening_agrees_with_a_list_of_tokens(rows: list[tuple[float, int, bool]]) -> None:
    """Every advantage written once per token, as the replay buffer of the published code holds it."""
    values, lengths, scored = (list(column) for column in zip(*rows, strict=True))
    result = whiten(tensor(values), torch.tensor(lengths), torch.tensor(scored)).numpy()
    tokens = [v for v, n, s in rows for _ in range(n) if s]
    if len(set(tokens)) < 2:
        assert (result == 0).all()
        return
    deviation = max(np.var(tokens), 1e-8) ** 0.5
    expected = [(v - np.mean(tokens)) / deviation if s else 0.0 for v, _, s in rows]
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


def test_whitening_couples_the_advantage_to_the_length() -> None:
    """Where the losers are longer, groups of equal rewards get a positive advantage."""
    rewards = tensor([[1.0, 0.0], [1.0, 1.0]])
    lengths = torch.tensor([[1, 9], [5, 5]])
    objective = Objective(advantage_epsilon=0.0, whiten=True)
    result = rollout_advantages(rewards, lengths, objective)
    assert result[1, 0] == result[1, 1] > 0
    tokens = torch.cat([result.flatten()[i].repeat(n) for i, n in enumerate([1, 9, 5, 5])])
    assert float(tokens.mean()) == pytest.approx(0, abs=1e-12)
    assert float(tokens.var(unbiased=False)) == pytest.approx(1)


def test_an_unscorable_rollout_is_not_whitened() -> None:
    objective = Objective(whiten=True)
    result = rollout_advantages(tensor([[1.0, 0.0, NAN]]), torch.tensor([[1, 2, 50]]), objective)
    alone = rollout_advantages(tensor([[1.0, 0.0]]), torch.tensor([[1, 2]]), objective)
    assert result[0, 2] == 0
    torch.testing.assert_close(result[:, :2], alone)
