"""Loss and gradients of this project on recorded rollouts: packed rows, chunked head, global weights."""

from __future__ import annotations

from pathlib import Path

import torch
from recorded import Recorded, move

from clean_bench.checkpoints import resolve_checkpoint
from trainers.advantages import rollout_advantages
from trainers.batching import Document, gather, pack, spread, token_weights
from trainers.config import TrainConfig
from trainers.loss import LossBatch, policy_loss
from trainers.mismatch import mismatch_weights
from trainers.objectives import Objective
from trainers.policy import Policy

BUDGET = 80
"""Tokens of a packed row: the rollouts are in several rows of several documents."""
CHUNK = 7


def our_gradient(
    checkpoint: Path, recorded: Recorded, config: TrainConfig, *, budget: int = BUDGET
) -> tuple[float, dict[str, torch.Tensor], dict[str, float]]:
    """Loss and gradients of one mini-batch on moved weights, and means over tokens.

    Old and reference log-probabilities are those before the move.
    """
    policy = Policy.load(resolve_checkpoint(str(checkpoint)), device="cpu")
    objective = Objective.of(config)
    documents = [
        Document(prompt, completion)
        for prompt, completion in zip(recorded.prompts, recorded.completions, strict=True)
    ]
    rows = pack(documents, budget, share_prompts=True)
    assert len(rows) > 1 or budget != BUDGET
    lengths = torch.tensor(recorded.lengths).reshape(recorded.rewards.shape)
    advantages = rollout_advantages(recorded.rewards, lengths, objective).flatten().tolist()
    counted = [
        0 if config.mask_truncated and truncated else length
        for length, truncated in zip(recorded.lengths, recorded.truncated, strict=True)
    ]
    weights = token_weights(counted, config.aggregate, objective.constant_length)
    settings = {"temperature": config.temperature, "chunk": CHUNK}
    with torch.no_grad():
        before = [policy.logprobs(row, **settings)[0] for row in rows]
    move(policy.model)
    loss, sums = 0.0, dict[str, float]()
    for row, old in zip(rows, before, strict=True):
        logp, entropy = policy.logprobs(row, **settings)
        batch = LossBatch(
            old=old,
            advantage=spread(row, advantages),
            weight=spread(row, weights),
            document=row.document,
            documents=len(row.places),
            reference=old,
            mismatch=mismatch_weights(
                old, old + gather(row, recorded.noise), row.document, len(row.places), objective
            ),
        )
        parts = policy_loss(logp, entropy, batch, objective)
        parts.loss.backward()
        loss += float(parts.loss.detach())
        for name, value in parts.statistics.items():
            sums[name] = sums.get(name, 0.0) + float(value)
    gradients = {name: p.grad for name, p in policy.trainable() if p.grad is not None}
    return loss, gradients, {name: value / sums["tokens"] for name, value in sums.items()}


def difference(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> float:
    """Norm of the difference of two gradients, divided by the norm of the second."""
    assert ours.keys() == theirs.keys()
    apart = sum(float((ours[n] - theirs[n]).double().square().sum()) for n in theirs)
    size = sum(float(gradient.double().square().sum()) for gradient in theirs.values())
    return float((apart / size) ** 0.5)
