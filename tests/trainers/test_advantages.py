"""Group-normalized advantages against the formula, computed one group at a time with numpy."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.advantages import group_advantages


def by_hand(rewards: list[float], scale: bool, epsilon: float) -> list[float]:
    known = [r for r in rewards if r == r]
    if len(known) < 2 or max(known) == min(known):
        return [0.0] * len(rewards)
    mean = np.mean(known)
    divisor = np.std(known, ddof=1) + epsilon if scale else 1.0
    return [0.0 if r != r else float((r - mean) / divisor) for r in rewards]


def test_hand_calculated_group() -> None:
    # Mean 1/4, deviations 3/4 and -1/4 three times; variance (9/16 + 3/16) / 3 = 1/4.
    result = group_advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]]), epsilon=0.0)
    torch.testing.assert_close(result, torch.tensor([[1.5, -0.5, -0.5, -0.5]]))


reward = st.sampled_from([0.0, 1.0, 0.3, float("nan")])


@given(
    st.lists(st.lists(reward, min_size=4, max_size=4), min_size=1, max_size=5),
    st.booleans(),
)
def test_agrees_with_the_formula(groups: list[list[float]], scale: bool) -> None:
    result = group_advantages(torch.tensor(groups, dtype=torch.float64), scale=scale)
    expected = [by_hand(group, scale, 1e-6) for group in groups]
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-12)


def test_equal_rewards_give_exactly_zero_even_where_their_mean_rounds() -> None:
    result = group_advantages(torch.full((3, 7), 0.1))
    assert (result == 0).all()


def test_an_unscorable_rollout_takes_no_part() -> None:
    with_nan = group_advantages(torch.tensor([[1.0, 0.0, float("nan")]]))
    without = group_advantages(torch.tensor([[1.0, 0.0]]))
    assert with_nan[0, 2] == 0
    torch.testing.assert_close(with_nan[:, :2], without)
