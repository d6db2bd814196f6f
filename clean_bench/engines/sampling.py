"""Choose the next token: pure functions of logits and uniform numbers.

The order is that of transformers and vLLM: temperature, then top-k, then top-p on what top-k kept.

Inverse transform sampling: each request and position has its own uniform number, so the samples of a
request do not depend on the other rows of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch


class Restriction(NamedTuple):
    """Top-k and top-p of each row.

    Shapes: both (rows,). `top_k` is the vocabulary's size or more for a row without a limit, `top_p`
    1 likewise.
    """

    top_k: torch.Tensor
    top_p: torch.Tensor

    def of(self, rows: torch.Tensor) -> Restriction:
        """The restriction of some of the rows."""
        return Restriction(self.top_k[rows], self.top_p[rows])


def uniforms(seeds: Sequence[int], length: int) -> torch.Tensor:
    """Uniform numbers in [0, 1), shape (len(seeds), length): row i depends on seed i alone."""
    rows = [np.random.Generator(np.random.Philox(key=seed)).random(length) for seed in seeds]
    return torch.from_numpy(np.stack(rows))


def choose_tokens(
    logits: torch.Tensor,
    temperatures: torch.Tensor,
    uniform: torch.Tensor,
    restriction: Restriction | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The next token of each row and its log-probability under the sampling distribution.

    Args:
        logits: (rows, vocabulary).
        temperatures: (rows,); 0 takes the most likely token (the lowest id among ties) and reports
            its log-probability at temperature 1.
        uniform: (rows,) numbers in [0, 1), used if the temperature is above 0.
        restriction: top-k and top-p of each row, used if the temperature is above 0; None to sample
            from all tokens.

    Returns:
        token ids and natural log-probabilities, both (rows,).
    """
    greedy = temperatures == 0
    scale = torch.where(greedy, torch.ones_like(temperatures), temperatures)
    logits = logits.float()
    # The argmax of the logits: log_softmax rounds, and would turn close logits into ties.
    token = logits.argmax(dim=-1)
    logp = torch.log_softmax(logits / scale[:, None], dim=-1)
    sampled = ~greedy
    if sampled.any():
        if restriction is not None:
            logp[sampled] = restrict(logp[sampled], restriction.of(sampled))
        cumulative = logp[sampled].double().exp().cumsum(dim=-1)
        # The last sum is 1 up to rounding. A target just below it cannot select a token of
        # probability 0, however the product rounds.
        total = cumulative[:, -1:]
        target = uniform[sampled].double().to(cumulative.device)[:, None] * total
        target = torch.minimum(target, torch.nextafter(total, torch.zeros_like(total)))
        found = torch.searchsorted(cumulative, target, right=True).squeeze(-1)
        # Without probabilities (NaN) there is no token: any id, whose log-probability is NaN.
        token[sampled] = found.clamp(max=logp.shape[-1] - 1)
    return token, logp.gather(-1, token[:, None]).squeeze(-1)


def restrict(logp: torch.Tensor, restriction: Restriction) -> torch.Tensor:
    """Log-probabilities renormalized over the tokens that top-k and top-p keep; -inf for the others.

    Top-k keeps the k most likely tokens. Of these, top-p keeps the fewest most likely ones whose
    probabilities, renormalized over the k, sum to at least p (nucleus sampling, Holtzman et al. 2020).
    One token always stays. Among tokens of equal probability the lower ids come first.

    Args:
        logp: (rows, vocabulary) natural log-probabilities.
    """
    ordered, ids = logp.sort(dim=-1, descending=True, stable=True)
    mass = ordered.double().exp()
    rank = torch.arange(logp.shape[-1], device=logp.device)
    mass = mass.masked_fill(rank >= restriction.top_k[:, None], 0.0)
    total = mass.cumsum(dim=-1)
    # A token stays while those before it have not reached p.
    target = restriction.top_p.double()[:, None] * total[:, -1:]
    kept = (total - mass < target) & (mass > 0)
    kept[:, 0] = True
    unrestricted = (restriction.top_k >= logp.shape[-1]) & (restriction.top_p >= 1)
    kept |= unrestricted[:, None]  # such a row stays as it is, to the bit
    logp = logp.masked_fill(~torch.zeros_like(kept).scatter(-1, ids, kept), float("-inf"))
    normalized = logp - logp.logsumexp(dim=-1, keepdim=True)
    return torch.where(unrestricted[:, None], logp, normalized)
