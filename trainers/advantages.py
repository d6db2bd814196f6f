"""Advantages of the rollouts of one batch, from their rewards.

A = rollout_advantages(rewards, lengths, Objective.of(config))
"""

from __future__ import annotations

import torch

from trainers.objective_settings import AdvantageKind
from trainers.objectives import Objective


def rollout_advantages(
    rewards: torch.Tensor, lengths: torch.Tensor, objective: Objective
) -> torch.Tensor:
    """The advantages that train: normalized, then whitened where the objective asks for it.

    Args:
        rewards: (groups, rollouts), NaN for a rollout without a reward.
        lengths: (groups, rollouts) tokens of each completion.

    Returns:
        (groups, rollouts), 0 for a rollout without a reward.
    """
    result = advantages(rewards, kind=objective.advantage, epsilon=objective.advantage_epsilon)
    if not objective.whiten:
        return result
    scored = ~rewards.isnan().flatten()
    return whiten(result.flatten(), lengths.flatten(), scored).reshape(rewards.shape)


def advantages(
    rewards: torch.Tensor, *, kind: AdvantageKind = "group", epsilon: float = 1e-6
) -> torch.Tensor:
    """The advantage of each rollout within its group.

    - group: (r - mean) / (std + epsilon), mean and std of the group (DeepSeekMath, 2402.03300, section
      4.1.2);
    - batch: (r - mean) / (std + epsilon), mean of the group and std of all rewards of the batch (Lite
      PPO, 2508.08221; TRL's `scale_rewards="batch"`);
    - none: r - mean (Dr. GRPO, 2503.20783);
    - leave-one-out: r - mean of the other rollouts of the group (RLOO, 2402.14740);
    - raw: r, without a baseline.

    Standard deviations are unbiased. A NaN reward is excluded from the statistics and has advantage 0.
    All advantages of a group are exactly 0, except for `raw`, if its rewards are equal or fewer than
    two are not NaN.

    Args:
        rewards: (groups, rollouts), NaN for a rollout without a reward.

    Returns:
        (groups, rollouts), no NaN.
    """
    scored = ~rewards.isnan()
    filled = rewards.nan_to_num(0.0)
    if kind == "raw":
        return filled
    count = scored.sum(dim=1, keepdim=True)
    mean = filled.sum(dim=1, keepdim=True) / count.clamp(min=1)
    centered = torch.where(scored, filled - mean, 0.0)
    if kind == "group":
        variance = centered.square().sum(dim=1, keepdim=True) / (count - 1).clamp(min=1)
        result = centered / (variance.sqrt() + epsilon)
    elif kind == "batch":
        result = centered / (_deviation(rewards[scored]) + epsilon)
    elif kind == "leave-one-out":
        # r - (sum - r) / (n - 1) = (r - mean) n / (n - 1)
        result = centered * count / (count - 1).clamp(min=1)
    else:
        result = centered
    # Compare rewards, not centered ones: the mean of equal rewards is rounded, and dividing the
    # difference by the standard deviation would give advantages of order 1.
    low = torch.where(scored, filled, torch.inf).amin(dim=1, keepdim=True)
    high = torch.where(scored, filled, -torch.inf).amax(dim=1, keepdim=True)
    return torch.where((count > 1) & (high > low), result, 0.0)


def whiten(
    advantages: torch.Tensor, lengths: torch.Tensor, scored: torch.Tensor | None = None
) -> torch.Tensor:
    """Advantages with mean 0 and variance 1 over the tokens of a rollout batch.

    Each rollout counts once per token of its completion. The replay buffer of the code of Spurious
    Rewards (2506.10947) does so after the normalization within groups, with the biased variance and at
    least 1e-8. Groups of equal rewards then have an advantage other than 0, the same for all of them,
    and the mean advantage of a rollout depends on its length.

    Args:
        advantages: (rollouts,).
        lengths: (rollouts,) tokens.
        scored: (rollouts,) False for rollouts that take no part and get advantage 0.
    """
    weights = lengths.to(advantages.dtype)
    if scored is not None:
        weights = weights * scored
    part = weights > 0
    # Equal advantages: their rounded mean would be divided by the root of the least variance.
    if not part.any() or advantages[part].min() == advantages[part].max():
        return torch.zeros_like(advantages)
    total = weights.sum()
    mean = (weights * advantages).sum() / total
    variance = (weights * (advantages - mean).square()).sum() / total
    whitened = (advantages - mean) * variance.clamp(min=1e-8).rsqrt()
    return whitened if scored is None else torch.where(scored, whitened, 0.0)


def _deviation(values: torch.Tensor) -> torch.Tensor:
    """The unbiased standard deviation, 0 for fewer than two values."""
    if len(values) < 2:
        return values.new_zeros(())
    return values.std()
