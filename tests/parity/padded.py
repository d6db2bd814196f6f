"""Random tokens both ways: padded (rows, tokens) for verl, flat for this project; float64."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from trainers.batching import token_weights
from trainers.loss import LossBatch
from trainers.objectives import Objective


@dataclass(frozen=True)
class Padded:
    """`old`, `new`, `sampler`, `entropy`: (rows, tokens); `mask` 1 on tokens; `advantage`: (rows,)."""

    old: torch.Tensor
    new: torch.Tensor
    sampler: torch.Tensor
    entropy: torch.Tensor
    mask: torch.Tensor
    advantage: torch.Tensor

    @property
    def keep(self) -> torch.Tensor:
        return self.mask.bool()

    @property
    def document(self) -> torch.Tensor:
        """(N,) the row of each token."""
        return torch.arange(len(self.mask))[:, None].expand_as(self.mask)[self.keep]

    def flat(self, values: torch.Tensor) -> torch.Tensor:
        return values[self.keep]

    def batch(self, objective: Objective, mismatch: torch.Tensor | None = None) -> LossBatch:
        lengths = [int(n) for n in self.mask.sum(dim=1).tolist()]
        weights = token_weights(lengths, objective.aggregate, objective.constant_length)
        return LossBatch(
            old=self.flat(self.old),
            advantage=self.advantage[self.document],
            weight=torch.tensor(weights, dtype=torch.float64)[self.document],
            document=self.document,
            documents=len(self.mask),
            reference=self.flat(self.sampler),
            mismatch=mismatch,
        )


def draw(seed: int, rows: int = 9, tokens: int = 14, spread: float = 0.4) -> Padded:
    """Ragged rows, the first of one token; garbage where the mask is 0."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    lengths = torch.randint(1, tokens + 1, (rows,), generator=generator)
    lengths[0] = 1
    mask = (torch.arange(tokens) < lengths[:, None]).double()
    old = -normal(rows, tokens).abs() - 0.1
    return Padded(
        old=old,
        new=old + spread * normal(rows, tokens),
        sampler=old + spread * normal(rows, tokens),
        entropy=normal(rows, tokens).abs(),
        mask=mask,
        advantage=normal(rows),
    )
