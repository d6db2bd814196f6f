"""Correction and statistics of the difference between sampler and learner.

A sampler with another arithmetic, a stale cache or other weights gives tokens another probability
than the learner. With d = logp_old - logp_sampler per token, where logp_old is the learner's before
the first update, the importance weight is

    token      exp(d)
    sequence   exp(sum of d over the document)
    geometric  exp(mean of d over the document)

and `mismatch_action` bounds it: `truncate` clamps it, `mask` sets it to 0 where the statistic is out
of bounds, `reject` replaces it by 1 inside of the bounds and 0 outside. The statistic is the weight
itself or the estimator k1 = -d, k2 = d^2 / 2, k3 = exp(d) - 1 - d, added over the document at the
level of the sequence and averaged at the geometric level. At the level `any`, which only rejects, a
document is dropped if the statistic of any of its tokens is out of bounds. k1 is the negative log
ratio: a bound on k1 from above bounds the ratio from below.

Weights multiply the policy term of the loss only; the denominators of the loss do not change with
them. Log ratios are clamped to +-20 before they are exponentiated. A token whose log-probability the
sampler did not record (NaN) has d = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import torch

from trainers.documents import document_means, document_sums
from trainers.objective_settings import MismatchLevel, MismatchStatistic
from trainers.objectives import Objective

DIFFERENCE_STATISTICS: Mapping[str, tuple[float, float]] = {
    "mean": (-inf, inf),
    **dict.fromkeys(("abs_mean", "abs_p95", "abs_p99.9", "abs_max", "k3"), (0.0, inf)),
    "effective_sample_size": (0.0, 1.0),
    **dict.fromkeys(("chi2_token", "chi2_sequence"), (-1.0, inf)),
    "token_mult_prob_error": (1.0, inf),
    "perplexity_ratio": (0.0, inf),
}
"""The least and the greatest value of each of `mismatch_statistics`."""
LARGEST_LOG_RATIO = 20.0
"""Bound on a log ratio before it is exponentiated: exp(20) is 5e8."""


@torch.no_grad()
def mismatch_weights(
    old: torch.Tensor,
    sampler: torch.Tensor,
    document: torch.Tensor,
    documents: int,
    objective: Objective,
) -> torch.Tensor:
    """The weight of each token, detached; see the module.

    Args:
        old: (N,) the learner's log-probabilities before the first update on these rollouts.
        sampler: (N,) the sampler's, NaN where it recorded none.
        document: (N,) the document of each token, from 0 to `documents` - 1.
    """
    difference = _log_ratio(old, sampler)
    level = objective.mismatch_level
    if level == "none":
        return torch.ones_like(difference)
    inside = _inside(difference, document, documents, objective)
    if objective.mismatch_action == "reject":
        return inside.to(difference.dtype)
    weights = _exp(_at_level(difference, document, documents, level))
    if objective.mismatch_action == "truncate":
        return weights.clamp(objective.mismatch_low, objective.mismatch_high)
    return torch.where(inside, weights, 0.0)


@torch.no_grad()
def delta_weights(
    logp: torch.Tensor,
    sampler: torch.Tensor,
    document: torch.Tensor,
    documents: int,
    advantage: torch.Tensor,
    delta: float,
) -> torch.Tensor:
    """1 for a token that is kept and 0 for one that is masked (DeepSeek-V3.2, equation 9).

    A document is masked where its advantage is negative and mean(logp_sampler - logp) exceeds
    `delta`; logp is that of the current policy, so that drift by updates counts as well.
    """
    divergence = document_means(-_log_ratio(logp, sampler), document, documents)[document]
    return ((advantage >= 0) | (divergence <= delta)).to(logp.dtype)


@torch.no_grad()
def mismatch_statistics(difference: torch.Tensor, document: torch.Tensor) -> dict[str, float]:
    """The difference between sampler and learner before any correction.

    Args:
        difference: (N,) d = logp_old - logp_sampler per token; NaN where the sampler recorded none.
        document: (N,) the document of each token, numbered from 0.

    Returns:
        `mean` (of d), `abs_mean`, `abs_p95`, `abs_p99.9` and `abs_max` (of |d|), `k3` (estimate of
        KL(sampler || learner)), `effective_sample_size` (1 / mean((w / mean w)^2) with w = exp(d), a
        share), `chi2_token` (mean(w^2) - 1), `chi2_sequence` (the same with w = exp(sum of d over a
        document)), `token_mult_prob_error` (mean exp(|d|)), `perplexity_ratio` (learner over
        sampler, exp(-mean d) of each document, averaged over documents). Empty without tokens.
    """
    known = ~difference.isnan()
    difference, document = difference[known].double(), document[known]
    if not len(difference):
        return {}
    # Documents without a known token would count as documents without a difference.
    document = torch.unique(document, return_inverse=True)[1]
    documents = int(document.max()) + 1
    size = difference.abs()
    clamped = difference.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    weights = clamped.exp()
    products = _exp(document_sums(difference, document, documents))
    means = document_means(difference, document, documents)
    # `torch.quantile` refuses more than 16 million values.
    ordered = size.sort().values
    values = {
        "mean": difference.mean(),
        "abs_mean": size.mean(),
        "abs_p95": _quantile(ordered, 0.95),
        "abs_p99.9": _quantile(ordered, 0.999),
        "abs_max": ordered[-1],
        "k3": (torch.expm1(clamped) - clamped).mean(),
        "effective_sample_size": weights.mean().square() / weights.square().mean(),
        "chi2_token": weights.square().mean() - 1,
        "chi2_sequence": products.square().mean() - 1,
        "token_mult_prob_error": _exp(size).mean(),
        "perplexity_ratio": _exp(-means).mean(),
    }
    return {name: float(value) for name, value in values.items()}


def _log_ratio(logp: torch.Tensor, sampler: torch.Tensor) -> torch.Tensor:
    """logp - sampler per token, 0 where the sampler recorded nothing."""
    difference = logp.detach() - sampler.detach()
    return torch.where(sampler.isnan(), torch.zeros_like(difference), difference)


def _exp(log_ratio: torch.Tensor) -> torch.Tensor:
    return log_ratio.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO).exp()


def _at_level(
    values: torch.Tensor, document: torch.Tensor, documents: int, level: MismatchLevel
) -> torch.Tensor:
    """The value of each token at a level: its own, or the sum or the mean of its document."""
    if level == "sequence":
        return document_sums(values, document, documents)[document]
    if level == "geometric":
        return document_means(values, document, documents)[document]
    return values


def _inside(
    difference: torch.Tensor, document: torch.Tensor, documents: int, objective: Objective
) -> torch.Tensor:
    """Whether the statistic of each token is within the bounds at its level."""
    level, name = objective.mismatch_level, objective.mismatch_statistic
    if name == "ratio":
        statistic = _exp(_at_level(difference, document, documents, level))
    else:
        statistic = _at_level(_estimate(difference, name), document, documents, level)
    low = -torch.inf if objective.mismatch_low is None else objective.mismatch_low
    high = torch.inf if objective.mismatch_high is None else objective.mismatch_high
    inside = (statistic >= low) & (statistic <= high)
    if level != "any":
        return inside
    outside = document_sums((~inside).to(difference.dtype), document, documents)
    return (outside == 0)[document]


def _estimate(difference: torch.Tensor, name: MismatchStatistic) -> torch.Tensor:
    """k1, k2 or k3 of the log ratio of each token."""
    log_ratio = difference.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    if name == "k1":
        return -log_ratio
    if name == "k2":
        return log_ratio.square() / 2
    return torch.expm1(log_ratio) - log_ratio


def _quantile(ordered: torch.Tensor, share: float) -> torch.Tensor:
    """The quantile of sorted values, interpolated linearly as `numpy.quantile` does."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
