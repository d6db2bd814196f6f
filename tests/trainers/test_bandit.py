"""The two-armed bandit under random rewards: which objectives drift towards the likely arm.

The policy draws the likely arm with probability sigmoid(z), at first 0.7. Rewards are 0 or 1 by a fair
coin, so that the advantages 2r - 1 carry no information and an objective without bias leaves the mean
of z in place. Each rollout batch has 8 updates of 16 draws: disjoint mini-batches, or the same draws
8 times. Drift is the mean change of the log-odds z over seeds, the statistic whose expectation is
exactly zero; the probability itself moves by mere diffusion.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch

from trainers.loss import LossBatch, policy_loss
from trainers.objectives import Objective

SEEDS, UPDATES, DRAWS = 1000, 8, 16
START = float(np.log(0.7 / 0.3))
RATE = 0.2
NO_CLIP: Mapping[str, Any] = {"clip_low": None, "clip_high": None}


class Drift(NamedTuple):
    """The final z of every seed, and the share of draws whose gradient the clip removed."""

    z: torch.Tensor
    clipped: float

    @property
    def interval(self) -> tuple[float, float]:
        """99% interval of the mean change of z over seeds."""
        change = self.z - START
        error = 2.576 * float(change.std()) / len(change) ** 0.5
        return float(change.mean()) - error, float(change.mean()) + error


@cache
def train(batches: int, reuse: bool, settings: tuple[tuple[str, Any], ...]) -> Drift:
    """All seeds at once: their draws are the tokens of one row, each with a weight of its own.

    A seed has four kinds of draws, (arm, reward); the weight of a kind is its share of the 16.
    """
    objective = Objective(**dict(settings))
    random = np.random.default_rng(0)
    z = torch.full((SEEDS,), START, dtype=torch.float64, requires_grad=True)
    side = torch.tensor([1.0, 1.0, -1.0, -1.0], dtype=torch.float64)
    advantage = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64).repeat(SEEDS)
    document = torch.arange(4 * SEEDS)

    def logp() -> torch.Tensor:
        return torch.nn.functional.logsigmoid(z[:, None] * side).flatten()

    clipped = 0.0
    for _ in range(batches):
        old = logp().detach()
        likely = z.detach().sigmoid().numpy()
        for update in range(UPDATES):
            if update == 0 or not reuse:
                first = random.binomial(DRAWS, likely)
                wins = random.binomial(np.stack([first, DRAWS - first]), 0.5)
                counts = np.stack([wins[0], first - wins[0], wins[1], DRAWS - first - wins[1]], 1)
                weight = torch.from_numpy(counts / DRAWS).flatten()
            row = LossBatch(old, advantage, weight, document, 4 * SEEDS)
            current = logp()
            parts = policy_loss(current, torch.zeros_like(current), row, objective)
            (slope,) = torch.autograd.grad(parts.loss, z)
            ratio = (current.detach() - old).exp()
            cut = (advantage > 0) & (ratio > objective.highest_ratio)
            cut |= (advantage < 0) & (ratio < objective.lowest_ratio)
            clipped += float((cut * weight).sum()) / (SEEDS * batches * UPDATES)
            z = (z.detach() - RATE * slope).requires_grad_()
    return Drift(z.detach(), clipped)


def drift(batches: int = 125, reuse: bool = False, **settings: Any) -> Drift:
    return train(batches, reuse, tuple(sorted(settings.items())))


def test_disjoint_mini_batches_without_clip_do_not_drift() -> None:
    """The exact zero control: every update is unbiased, though seven of eight are off-policy."""
    result = drift(**NO_CLIP)
    low, high = result.interval
    assert low < 0 < high
    assert high - low < 0.15
    assert result.clipped == 0


def test_a_narrow_clip_drifts_to_the_likely_arm() -> None:
    """Clip 0.05 acts on about 1% of the draws, and that suffices."""
    result = drift(clip_low=0.05, clip_high=0.05)
    low, high = result.interval
    assert 0.03 < low < high < 0.2
    assert 0.003 < result.clipped < 0.03
    assert float((result.z > START).double().mean()) > 0.55


def test_reused_samples_without_clip_drift_the_other_way() -> None:
    """Epochs have a bias of their own: clip against no clip is then a difference of two biases."""
    low, high = drift(reuse=True, **NO_CLIP).interval
    assert -0.6 < low < high < -0.1


def test_one_side_of_the_clip_drifts_more_than_both() -> None:
    """From above only: to the likely arm, entropy falls. From below only: the other way."""
    low, high = drift(30, clip_low=None, clip_high=0.05).interval
    assert 0.05 < low < high < 0.4
    low, high = drift(30, clip_low=0.05, clip_high=None).interval
    assert -0.4 < low < high < -0.05


def test_a_clip_that_never_acts_equals_no_clip() -> None:
    """Ratios stay within 1 +- 0.5: such an arm tests nothing about clipping."""
    clip, free = drift(30, clip_low=0.5, clip_high=0.5), drift(30, **NO_CLIP)
    assert clip.clipped == 0
    torch.testing.assert_close(clip.z, free.z, rtol=0, atol=1e-12)


def test_reinforce_does_not_drift() -> None:
    low, high = drift(60, surrogate="reinforce", **NO_CLIP).interval
    assert low < 0 < high
    assert high - low < 0.15
