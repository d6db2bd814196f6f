"""Divide the rollouts of a step into mini-batches, each with packed rows and fixed token weights.

The weight of each token follows from the whole mini-batch before its first forward pass. So the gradient
does not depend on the packing, and documents without a gradient can be left out: their tokens stay in
the denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from trainers.batching import Document, PackedRow, pack, token_weights
from trainers.config import TrainConfig
from trainers.objectives import Objective
from trainers.rollouts import Rollouts


@dataclass(frozen=True)
class MiniBatch:
    """The documents of one optimizer step that have a gradient.

    `rollouts` are their places in the rollout batch, `advantages` and `weights` (of each of a document's
    completion tokens) are per document, `sampler` holds the log-probabilities that were recorded.
    `rows` are the documents in packed form; `PackedRow.places` refers to the lists here. `skipped` is
    the number of the other documents, whose gradient is zero.
    """

    rollouts: tuple[int, ...]
    advantages: tuple[float, ...]
    weights: tuple[float, ...]
    sampler: tuple[Sequence[float], ...]
    documents: tuple[Document, ...]
    rows: tuple[PackedRow, ...]
    skipped: int


def divide(
    rollouts: Rollouts, config: TrainConfig, objective: Objective, device: torch.device
) -> list[MiniBatch]:
    """The mini-batches of a rollout batch, consecutive rollouts in sampling order."""
    share = len(rollouts.samples) // config.minibatches
    advantages: list[float] = rollouts.advantages.flatten().tolist()
    minibatches = []
    for begin in range(0, len(rollouts.samples), share):
        places = range(begin, begin + share)
        lengths = [
            0 if config.mask_truncated and sample.finish == "length" else len(sample.token_ids)
            for sample in rollouts.samples[begin : begin + share]
        ]
        weights = token_weights(lengths, config.aggregate, config.length_constant)
        kept = [
            (place, weight)
            for place, weight, length in zip(places, weights, lengths, strict=True)
            if length and (advantages[place] or not objective.skips_zero_advantage)
        ]
        samples = [rollouts.samples[place] for place, _ in kept]
        documents = [Document(sample.prompt_ids, sample.token_ids) for sample in samples]
        minibatches.append(
            MiniBatch(
                rollouts=tuple(place for place, _ in kept),
                advantages=tuple(advantages[place] for place, _ in kept),
                weights=tuple(weight for _, weight in kept),
                sampler=tuple(sample.logprobs for sample in samples),
                documents=tuple(documents),
                rows=tuple(pack(documents, config.token_budget, device, share_prompts=True)),
                skipped=share - len(kept),
            )
        )
    return minibatches
