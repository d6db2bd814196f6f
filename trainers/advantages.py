"""Group-normalized advantages (DeepSeekMath, 2402.03300, section 4.1.2; Dr. GRPO, 2503.20783)."""

from __future__ import annotations

import torch


def group_advantages(
    rewards: torch.Tensor, *, scale: bool = True, epsilon: float = 1e-6
) -> torch.Tensor:
    """The advantage of each rollout within its group.

    A = (r - mean) / (std + epsilon), with the unbiased standard deviation of the group, or r - mean
    where `scale` is off. A reward of NaN is unscorable: it takes no part in its group's statistics
    and gets advantage 0. A group of equal rewards has advantage 0 everywhere, and so has a group
    with fewer than two scorable rollouts.

    Args:
        rewards: (groups, rollouts), NaN where unscorable.

    Returns:
        (groups, rollouts), no NaN.
    """
    scorable = ~rewards.isnan()
    count = scorable.sum(dim=1, keepdim=True)
    filled = rewards.nan_to_num(0.0)
    mean = filled.sum(dim=1, keepdim=True) / count.clamp(min=1)
    centered = torch.where(scorable, filled - mean, torch.zeros_like(filled))
    # Rounding of the mean must not turn equal rewards into an advantage of its own size.
    low = torch.where(scorable, filled, torch.full_like(filled, torch.inf)).amin(1, keepdim=True)
    high = torch.where(scorable, filled, torch.full_like(filled, -torch.inf)).amax(1, keepdim=True)
    varied = (count > 1) & (high > low)
    if scale:
        variance = centered.square().sum(dim=1, keepdim=True) / (count - 1).clamp(min=1)
        centered = centered / (variance.sqrt() + epsilon)
    return torch.where(varied, centered, torch.zeros_like(centered))
