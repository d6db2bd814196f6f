"""Choosing the next token: pure functions of logits and of uniform numbers.

A sampled token is the inverse of the cumulative distribution at a uniform number that belongs to the
request and the position, so what one request samples does not depend on its neighbours in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch


def uniforms(seeds: Sequence[int], length: int) -> torch.Tensor:
    """Uniform numbers in [0, 1), shape (len(seeds), length): row i depends on seed i alone."""
    rows = [np.random.Generator(np.random.Philox(key=seed)).random(length) for seed in seeds]
    return torch.from_numpy(np.stack(rows))


def choose(
    logits: torch.Tensor, temperatures: torch.Tensor, uniform: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The next token of each row and its log-probability under the distribution it came from.

    Args:
        logits: (rows, vocabulary).
        temperatures: (rows,); 0 takes the most likely token, the lowest id among equals, and
            reports its probability at temperature 1.
        uniform: (rows,) numbers in [0, 1), one a row, used where the temperature is above 0.

    Returns:
        token ids and natural log-probabilities, both (rows,).
    """
    greedy = temperatures == 0
    scale = torch.where(greedy, torch.ones_like(temperatures), temperatures)
    logits = logits.float()
    # Logits that differ by less than the rounding of their logarithms are no equals yet.
    token = logits.argmax(dim=-1)
    logp = torch.log_softmax(logits / scale[:, None], dim=-1)
    sampled = ~greedy
    if sampled.any():
        cumulative = logp[sampled].double().exp().cumsum(dim=-1)
        # The last sum is 1 up to rounding. Staying just below it keeps the choice on a token that
        # has a probability, whatever the rounding of the product.
        total = cumulative[:, -1:]
        target = uniform[sampled].double().to(cumulative.device)[:, None] * total
        target = torch.minimum(target, torch.nextafter(total, torch.zeros_like(total)))
        token[sampled] = torch.searchsorted(cumulative, target, right=True).squeeze(-1)
    return token, logp.gather(-1, token[:, None]).squeeze(-1)
