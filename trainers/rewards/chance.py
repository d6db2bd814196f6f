"""Rewards that no text decides."""

from __future__ import annotations

from trainers.rewards.group import Group, Rewards


def random(group: Group, p: float) -> Rewards:
    """1 with probability p for each rollout, independent of everything (2506.10947, section 2)."""
    return [float(event) for event in group.chances("random reward", p)]


def constant(group: Group, value: float) -> Rewards:
    """The same number for every rollout: no advantage, so no gradient from the reward."""
    return [value] * len(group.samples)
