"""Recorded rollouts for the comparisons with TRL and verl, and the change of weights between
sampling and update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

MAX_TOKENS = 20
GROUP = 4
END = 1


@dataclass(frozen=True)
class Recorded:
    """Rollouts, group after group, with rewards and the sampler's log-probabilities.

    `rewards`: (groups, GROUP), NaN where a rollout could not be scored. `noise`: per rollout, what the
    sampler's log-probabilities differ by from the learner's.
    """

    prompts: list[list[int]]
    completions: list[list[int]]
    rewards: torch.Tensor
    noise: list[list[float]]

    @property
    def lengths(self) -> list[int]:
        return [len(completion) for completion in self.completions]

    @property
    def truncated(self) -> list[bool]:
        return [completion[-1] != END for completion in self.completions]


def record(seed: int = 0, groups: int = 4, vocabulary: int = 400) -> Recorded:
    """Ragged prompts and completions: some reach MAX_TOKENS, one has a single token."""
    generator = torch.Generator().manual_seed(seed)

    def draw(low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=generator))

    prompts: list[list[int]] = []
    completions: list[list[int]] = []
    for _ in range(groups):
        prompt = [draw(4, vocabulary) for _ in range(draw(2, 9))]
        prompts += [prompt] * GROUP
        for _ in range(GROUP):
            body = [draw(4, vocabulary) for _ in range(draw(0, MAX_TOKENS + 3))]
            completions.append([*body, END][:MAX_TOKENS])
    completions[0] = [END]
    rewards = torch.rand(groups, GROUP, generator=generator, dtype=torch.float64).round(decimals=2)
    noise = [
        (0.4 * torch.randn(len(completion), generator=generator)).tolist()
        for completion in completions
    ]
    return Recorded(prompts, completions, rewards, noise)


@torch.no_grad()
def move(model: Any, seed: int = 1, scale: float = 0.025) -> None:
    """Change the weights as earlier optimizer steps would, so that ratios leave the clip range."""
    for name, parameter in sorted(model.named_parameters()):
        generator = torch.Generator().manual_seed(seed + sum(map(ord, name)))
        parameter.add_(scale * torch.randn(parameter.shape, generator=generator))
