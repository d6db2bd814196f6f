"""The optimizer steps on one rollout batch."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import torch

from clean_bench.errors import UserError
from trainers.config import TrainConfig
from trainers.loss import LossBatch, policy_loss
from trainers.objectives import Objective
from trainers.policy import Batch, collate, completion_logprobs
from trainers.rollouts import Rollouts


def update(
    model: Any,
    optimizer: torch.optim.Optimizer,
    rollouts: Rollouts,
    config: TrainConfig,
    pad: int,
    begun: Callable[[int], None] = lambda number: None,
) -> dict[str, float]:
    """`config.minibatches` optimizer steps, each on its share of the rollouts, in sampling order.

    The log-probabilities that the engine recorded while sampling are the old ones; from the second
    mini-batch on the update is off-policy.

    Args:
        begun: called with the number, from 1, of each mini-batch that begins.

    Returns:
        statistics averaged over the mini-batches: those of `policy_loss`, `loss`, `entropy` (mean
        over completion tokens, nats), `grad_norm` (before clipping), and `sampling_logp_diff_max`,
        the largest |log-probability here - log-probability at sampling| before the first update,
        which is rounding unless engine and trainer disagree.

    Raises:
        UserError: if the loss or the gradient is not finite.
    """
    device = next(model.parameters()).device
    share = len(rollouts.samples) // config.minibatches
    advantages = rollouts.advantages.flatten()
    objective = Objective.of(config)
    sums: dict[str, float] = {}
    difference = 0.0
    for number in range(config.minibatches):
        begun(number + 1)
        part = slice(number * share, (number + 1) * share)
        samples = rollouts.samples[part]
        batch = collate(
            [sample.prompt_ids for sample in samples],
            [sample.token_ids for sample in samples],
            [sample.logprobs for sample in samples],
            advantages[part],
            pad=pad,
            device=device,
        )
        logp, entropy = completion_logprobs(model, batch, temperature=config.temperature)
        if number == 0:
            difference = float(((logp.detach() - batch.old_logp) * batch.mask).abs().max())
        keep = batch.mask.bool()
        flat = _flat(batch, objective)
        parts = policy_loss(logp[keep], entropy[keep], flat, objective)
        loss = parts.loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        _require_finite(number + 1, loss=float(loss.detach()), gradient=float(norm))
        optimizer.step()
        means = {name: value / len(flat.old) for name, value in parts.statistics.items()}
        stats = {
            "loss": loss.detach(),
            "ratio": means["ratio"],
            "clip_fraction_low": means["clip_low"],
            "clip_fraction_high": means["clip_high"],
            "dual_fraction": means["dual"],
            "kl": means["kl_k3"],
            "entropy": means["entropy"],
            "grad_norm": norm,
        }
        for name, value in stats.items():
            sums[name] = sums.get(name, 0.0) + float(value)
    averages = {name: total / config.minibatches for name, total in sums.items()}
    return {**averages, "sampling_logp_diff_max": difference}


def _flat(batch: Batch, objective: Objective) -> LossBatch:
    """The completion tokens of a padded mini-batch, one after another, with their weights."""
    keep = batch.mask.bool()
    lengths = batch.mask.sum(dim=1)
    sequences = len(lengths)
    weights = {
        "token": torch.ones_like(lengths) / lengths.sum(),
        "sequence": 1 / (sequences * lengths.clamp(min=1)),
        "constant": torch.ones_like(lengths) / (sequences * (objective.constant_length or 1)),
    }[objective.aggregate]
    document = torch.arange(sequences, device=keep.device)[:, None].expand_as(keep)[keep]
    return LossBatch(
        old=batch.old_logp[keep],
        advantage=batch.advantages[document],
        weight=weights[document],
        document=document,
        documents=sequences,
    )


def _require_finite(number: int, **values: float) -> None:
    """Raise `UserError` for a loss or a norm of the gradient that is NaN or infinite."""
    for name, value in values.items():
        if not isfinite(value):
            raise UserError(
                f"mini-batch {number}: expected a finite {name}, got {value}: training diverged; train "
                "with a smaller learning_rate into another folder"
            )
