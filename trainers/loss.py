"""The policy loss of GRPO and its variants, a pure function of tensors.

Tokens are flat: those of all documents of a packed row, one after another. Each token has a weight
that was fixed from the whole mini-batch (`trainers.batching.token_weights`), so that the losses and
the gradients of the rows of a mini-batch add up to those of the mini-batch, however it was packed.

Per token, with A the advantage, r the importance ratio and w the weight, the loss is

    w (m surrogate + kl_coefficient KL(policy, reference) - entropy_coefficient entropy)

    surrogate  clip:       -min(r A, clip(r) A)           PPO, 1707.06347, equation 7
               cispo:      -constant(clip(r)) A log p     MiniMax-M1, 2506.13585, equation 4
               reinforce:  -A log p                       REINFORCE, Williams 1992
    r          token:      p / p_old
               sequence:   its geometric mean over the document (GSPO, 2507.18071, equation 7)
    m          weight of the mismatch between sampler and learner (`trainers.mismatch`)

The clip range is symmetric, asymmetric (DAPO's clip-higher, 2503.14476, equation 10), on one side
only, or absent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from trainers.documents import document_means
from trainers.mismatch import delta_weights
from trainers.objective_settings import KlEstimator
from trainers.objectives import Objective


@dataclass(frozen=True, slots=True)
class LossBatch:
    """What the loss needs of a packed row beside the policy's log-probabilities.

    All tensors are flat over the N completion tokens of the row and carry no gradient.
    """

    old: torch.Tensor
    """(N,) log-probabilities under the policy before the first update on these rollouts."""
    advantage: torch.Tensor
    """(N,) advantage of the rollout that the token belongs to."""
    weight: torch.Tensor
    """(N,) weight of the token in the loss of the mini-batch."""
    document: torch.Tensor
    """(N,) number of the token's document in the row, from 0."""
    documents: int
    """Documents in the row."""
    reference: torch.Tensor | None = None
    """(N,) log-probabilities under the reference model; needed for a KL term."""
    mismatch: torch.Tensor | None = None
    """(N,) weights of `trainers.mismatch.mismatch_weights`."""
    sampler: torch.Tensor | None = None
    """(N,) log-probabilities that the sampler recorded; needed for `mismatch_delta`."""


@dataclass(frozen=True, slots=True)
class LossParts:
    """The share of one packed row in the loss and the statistics of a mini-batch.

    `loss` is a sum with the weights inside: losses of rows add up. `statistics` are detached sums
    over tokens, see `token_statistics`; divide them by their `tokens`.
    """

    loss: torch.Tensor
    statistics: dict[str, torch.Tensor]


def policy_loss(
    logp: torch.Tensor, entropy: torch.Tensor, batch: LossBatch, objective: Objective
) -> LossParts:
    """The loss of one packed row.

    Args:
        logp: (N,) log-probabilities of the completion tokens under the current policy.
        entropy: (N,) entropy of the distribution of each token, nats.

    Raises:
        ValueError: if the objective needs log-probabilities of the reference model or of the sampler
            and the batch has none.
    """
    ratio = importance_ratio(logp, batch, objective)
    surrogate = _surrogate(logp, ratio, batch.advantage, objective)
    if batch.mismatch is not None:
        surrogate = surrogate * batch.mismatch
    if objective.mismatch_delta is not None:
        surrogate = surrogate * _delta(logp, batch, objective.mismatch_delta)
    loss = -surrogate
    if objective.needs_reference:
        if batch.reference is None:
            raise ValueError("expected log-probabilities of the reference model for the KL term")
        divergence = kl_estimate(logp, batch.reference, objective.kl_estimator)
        if objective.kl_ratio_weighted:
            divergence = divergence * ratio
        loss = loss + objective.kl_coefficient * divergence
    if objective.entropy_coefficient:
        loss = loss - objective.entropy_coefficient * entropy
    return LossParts((loss * batch.weight).sum(), token_statistics(logp, entropy, batch, objective))


def importance_ratio(logp: torch.Tensor, batch: LossBatch, objective: Objective) -> torch.Tensor:
    """The importance ratio of each token, (N,).

    At the level of the sequence it is exp(mean over the document of logp - old), the same for all
    tokens of a document; its gradient reaches every token of the document.
    """
    log_ratio = logp - batch.old
    if objective.ratio == "sequence":
        means = document_means(log_ratio, batch.document, batch.documents)
        log_ratio = means[batch.document]
    return log_ratio.exp()


def kl_estimate(
    logp: torch.Tensor, reference: torch.Tensor, estimator: KlEstimator
) -> torch.Tensor:
    """KL(policy || reference) from the log-probabilities of sampled tokens, one estimate per token.

    With d = logp - reference: k1 = d, abs = |d|, k2 = d^2 / 2, k3 = exp(-d) - 1 + d (Schulman 2020;
    DeepSeekMath, 2402.03300, equation 4).
    """
    difference = logp - reference
    if estimator == "k1":
        return difference
    if estimator == "abs":
        return difference.abs()
    if estimator == "k2":
        return difference.square() / 2
    return torch.expm1(-difference) + difference


@torch.no_grad()
def token_statistics(
    logp: torch.Tensor, entropy: torch.Tensor, batch: LossBatch, objective: Objective
) -> dict[str, torch.Tensor]:
    """Sums over the tokens of a row, 0-dimensional, detached.

    `tokens` is their number. `clip_low` and `clip_high` count tokens whose gradient the clip removes
    (A < 0 and ratio < 1 - clip_low; A > 0 and ratio > 1 + clip_high); `outside_low` and
    `outside_high` count ratios outside of the range whatever the advantage. For cispo no token loses
    its gradient: `outside_*` count its clamped weights. `dual` counts tokens at the bound of the dual
    clip. `ratio`, `probability` (exp(logp) of the sampled token), `entropy`, `kl_k3` (k3 estimate of
    KL(old || new)), `kl_reference` (the chosen estimator, without the ratio) and `mismatch` (weights)
    are sums of values.
    """
    ratio = importance_ratio(logp, batch, objective)
    below, above = ratio < objective.lowest_ratio, ratio > objective.highest_ratio
    negative, positive = batch.advantage < 0, batch.advantage > 0
    values = {
        "tokens": torch.ones_like(logp),
        "ratio": ratio,
        "clip_low": below & negative,
        "clip_high": above & positive,
        "outside_low": below,
        "outside_high": above,
        "dual": _dual_bound(ratio, batch.advantage, objective),
        "kl_k3": kl_estimate(batch.old, logp, "k3"),
        "probability": logp.exp(),
        "entropy": entropy,
    }
    if batch.reference is not None:
        values["kl_reference"] = kl_estimate(logp, batch.reference, objective.kl_estimator)
    if batch.mismatch is not None:
        values["mismatch"] = batch.mismatch
    if objective.mismatch_delta is not None:
        values["delta_masked"] = _delta(logp, batch, objective.mismatch_delta) == 0
    return {name: value.to(logp.dtype).sum() for name, value in values.items()}


def _surrogate(
    logp: torch.Tensor, ratio: torch.Tensor, advantage: torch.Tensor, objective: Objective
) -> torch.Tensor:
    """What is maximized per token, before weights."""
    if objective.surrogate == "reinforce":
        return advantage * logp
    clipped = _clamp(ratio, objective.clip_low, objective.clip_high)
    if objective.surrogate == "cispo":
        return clipped.detach() * advantage * logp
    surrogate = torch.minimum(ratio * advantage, clipped * advantage)
    bound = _dual_bound(ratio, advantage, objective)
    if objective.dual_clip is None:
        return surrogate
    return torch.where(bound, objective.dual_clip * advantage, surrogate)


def _clamp(ratio: torch.Tensor, low: float | None, high: float | None) -> torch.Tensor:
    """The ratio within the clip range, with one side or both left open."""
    if low is None and high is None:
        return ratio
    return ratio.clamp(None if low is None else 1.0 - low, None if high is None else 1.0 + high)


def _dual_bound(ratio: torch.Tensor, advantage: torch.Tensor, objective: Objective) -> torch.Tensor:
    """Tokens with A < 0 whose ratio is above the dual clip: their surrogate is the constant c A."""
    if objective.dual_clip is None or objective.surrogate != "clip":
        return torch.zeros_like(ratio, dtype=torch.bool)
    return (advantage < 0) & (ratio > objective.dual_clip)


def _delta(logp: torch.Tensor, batch: LossBatch, delta: float) -> torch.Tensor:
    """The weights of the delta rule, which compares the sampler with the current policy."""
    if batch.sampler is None:
        raise ValueError("expected log-probabilities of the sampler for mismatch_delta")
    return delta_weights(
        logp.detach(), batch.sampler, batch.document, batch.documents, batch.advantage, delta
    )
