"""Group-normalized advantages (DeepSeekMath, 2402.03300, section 4.1.2; Dr. GRPO, 2503.20783)."""

from __future__ import annotations

import torch


def group_advantages(
    rewards: torch.Tensor, *, scale: bool = True, epsilon: float = 1e-6
) -> torch.Tensor:
    """The advantage of each rollout within its group.

    A = (r - mean) / (std + epsilon), with the unbiased standard deviation of the group; without
    `scale`, A = r - mean. A NaN reward is excluded from the statistics and has advantage 0. All
    advantages of a group are 0 if its rewards have zero variance or fewer than two are not NaN.

    Args:
        rewards: (groups, rollouts), NaN for a rollout without a reward.

    Returns:
        (groups, rollouts), no NaN.
    """
    scored = ~rewards.isnan()
    count = scored.sum(dim=1, keepdim=True)
    filled = rewards.nan_to_num(0.0)
    mean = filled.sum(dim=1, keepdim=True) / count.clamp(min=1)
    centered = torch.where(scored, filled - mean, torch.zeros_like(filled))
    # Compare rewards, not centered ones: the mean of equal rewards is rounded, and dividing the
    # difference by the standard deviation would give advantages of order 1.
    low = torch.where(scored, filled, torch.full_like(filled, torch.inf)).amin(1, keepdim=True)
    high = torch.where(scored, filled, torch.full_like(filled, -torch.inf)).amax(1, keepdim=True)
    varied = (count > 1) & (high > low)
    if scale:
        variance = centered.square().sum(dim=1, keepdim=True) / (count - 1).clamp(min=1)
        centered = centered / (variance.sqrt() + epsilon)
    return torch.where(varied, centered, torch.zeros_like(centered))
