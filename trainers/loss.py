"""The policy loss of GRPO and its variants, a pure function of tensors.

The clip range and the aggregation are separate settings. The clip range of the importance ratio may
be symmetric (PPO, 1707.06347, equation 7), asymmetric (DAPO's clip-higher, 2503.14476, equation
10), on one side only, or absent. The loss of the tokens is averaged over the batch (DAPO), within
each sequence first (GRPO, 2402.03300, equation 3), or divided by a constant (Dr. GRPO, 2503.20783).
"""

from __future__ import annotations

from typing import Literal

import torch

Aggregate = Literal["token", "sequence", "constant"]


def policy_loss(
    logp: torch.Tensor,
    old_logp: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    *,
    clip_low: float | None = 0.2,
    clip_high: float | None = 0.2,
    dual: float | None = None,
    aggregate: Aggregate = "sequence",
    denominator: float | None = None,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The clipped surrogate loss.

    Per token, with the importance ratio = exp(logp - old_logp): -min(ratio A, clip(ratio, 1 -
    clip_low, 1 + clip_high) A). None leaves a side unclipped. With `dual` c > 1, the surrogate of a
    negative advantage is at least c A (dual-clip PPO, 1912.09729, equation 5).

    Args:
        logp: (sequences, tokens) log-probabilities under the current policy.
        old_logp: (sequences, tokens) log-probabilities under the policy that sampled; it differs from
            the current one after the first mini-batch (off-policy).
        advantages: (sequences,) or (sequences, tokens).
        mask: (sequences, tokens), 1 on completion tokens.
        aggregate: "token" divides the sum over tokens by the number of tokens, "sequence" averages
            the means of the sequences, "constant" divides the sum by `denominator` per sequence.
        denominator: replaces the divisor of the sum. For micro-batches, pass the count of the whole
            batch (tokens for "token", sequences for "sequence", sequences times the constant for
            "constant") and add the losses.

    Returns:
        the scalar loss to minimize, and detached statistics: `ratio` (mean), `clip_fraction_low` and
        `clip_fraction_high` (shares of tokens without gradient because of the clip: A < 0 and ratio <
        1 - clip_low, A > 0 and ratio > 1 + clip_high), `kl` (k3 estimate of KL(old || new)),
        `dual_fraction`.

    Raises:
        ValueError: for "constant" without a denominator.
    """
    if advantages.dim() == 1:
        advantages = advantages[:, None]
    keep = mask.to(logp.dtype)
    # A masked position may hold an infinity, and 0 * inf would be NaN.
    log_ratio = torch.where(mask.bool(), logp - old_logp, torch.zeros_like(logp))
    ratio = log_ratio.exp()
    low = -torch.inf if clip_low is None else 1.0 - clip_low
    high = torch.inf if clip_high is None else 1.0 + clip_high
    plain, clipped = ratio * advantages, ratio.clamp(low, high) * advantages
    surrogate = torch.minimum(plain, clipped)
    negative, positive = advantages < 0, advantages > 0
    bound = torch.zeros_like(surrogate, dtype=torch.bool)
    if dual is not None:
        bound = negative & (surrogate < dual * advantages)
        surrogate = torch.where(bound, dual * advantages.expand_as(surrogate), surrogate)
    loss = -_aggregate(surrogate, keep, aggregate, denominator)
    with torch.no_grad():
        share = keep / keep.sum().clamp(min=1)
        stats = {
            "ratio": (ratio * share).sum(),
            "clip_fraction_low": ((negative & (ratio < low)) * share).sum(),
            "clip_fraction_high": ((positive & (ratio > high)) * share).sum(),
            "dual_fraction": (bound * share).sum(),
            "kl": ((ratio - 1 - log_ratio) * share).sum(),
        }
    return loss, stats


def _aggregate(
    surrogate: torch.Tensor, keep: torch.Tensor, aggregate: Aggregate, denominator: float | None
) -> torch.Tensor:
    """The surrogate of all tokens as one number; see `policy_loss`."""
    if aggregate == "token":
        count = keep.sum().clamp(min=1) if denominator is None else denominator
        return (surrogate * keep).sum() / count
    if aggregate == "sequence":
        means = (surrogate * keep).sum(dim=1) / keep.sum(dim=1).clamp(min=1)
        return means.sum() / (means.shape[0] if denominator is None else denominator)
    if denominator is None:
        raise ValueError("aggregate 'constant' needs a denominator")
    return (surrogate * keep).sum() / denominator
