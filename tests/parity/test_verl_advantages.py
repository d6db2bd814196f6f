"""Advantages equal verl's (`make test-parity`)."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parity
core_algos = pytest.importorskip(
    "verl.trainer.ppo.core_algos",
    reason="verl cannot be imported: `make test-parity` makes an environment with it",
    exc_type=ImportError,
)

import numpy as np  # noqa: E402
import torch  # noqa: E402

from trainers.advantages import advantages  # noqa: E402


def theirs(function: Any, rewards: torch.Tensor, **settings: Any) -> torch.Tensor:
    """(groups, rollouts); verl takes one reward at the last token and returns one value per token."""
    groups, size = rewards.shape
    index = np.repeat(np.arange(groups), size)
    values, _ = function(
        rewards.flatten()[:, None].clone(), torch.ones(groups * size, 1), index, **settings
    )
    return values.reshape(groups, size)


def rewards(seed: int, binary: bool) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(6, 5, generator=generator, dtype=torch.float64)
    return values.round() if binary else values


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("kind", "function", "settings"),
    [
        ("group", "compute_grpo_outcome_advantage", {"norm_adv_by_std_in_grpo": True}),
        ("none", "compute_grpo_outcome_advantage", {"norm_adv_by_std_in_grpo": False}),
        ("leave-one-out", "compute_rloo_outcome_advantage", {}),
    ],
)  # fmt: skip
def test_advantages(
    kind: Any, function: str, settings: dict[str, Any], seed: int, binary: bool
) -> None:
    values = rewards(seed, binary)
    expected = theirs(getattr(core_algos, function), values, **settings)
    torch.testing.assert_close(
        advantages(values, kind=kind, epsilon=1e-6), expected, rtol=1e-10, atol=1e-10
    )


def test_equal_rewards_are_zero_here_and_rounding_there() -> None:
    """A documented difference: in float32 the mean of 16 rewards of 0.1 is not 0.1."""
    values = torch.full((1, 16), 0.1)
    expected = theirs(core_algos.compute_grpo_outcome_advantage, values)
    assert float(expected.abs().max()) > 1e-3
    assert torch.equal(advantages(values, kind="group"), torch.zeros_like(values))
