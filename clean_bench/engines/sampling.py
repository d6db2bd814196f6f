"""Choose the next token: pure functions of logits and uniform numbers.

Inverse transform sampling: each request and position has its own uniform number, so the samples of a
request do not depend on the other rows of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch


def uniforms(seeds: Sequence[int], length: int) -> torch.Tensor:
    """Uniform numbers in [0, 1), shape (len(seeds), length): row i depends on seed i alone."""
    rows = [np.random.Generator(np.random.Philox(key=seed)).random(length) for seed in seeds]
    return torch.from_numpy(np.stack(rows))


def choose_tokens(
    logits: torch.Tensor, temperatures: torch.Tensor, uniform: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The next token of each row and its log-probability under the sampling distribution.

    Args:
        logits: (rows, vocabulary).
        temperatures: (rows,); 0 takes the most likely token (the lowest id among ties) and reports
            its log-probability at temperature 1.
        uniform: (rows,) numbers in [0, 1), used if the temperature is above 0.

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
        cumulative = logp[sampled].double().exp().cumsum(dim=-1)
        # The last sum is 1 up to rounding. A target just below it cannot select a token of
        # probability 0, however the product rounds.
        total = cumulative[:, -1:]
        target = uniform[sampled].double().to(cumulative.device)[:, None] * total
        target = torch.minimum(target, torch.nextafter(total, torch.zeros_like(total)))
        token[sampled] = torch.searchsorted(cumulative, target, right=True).squeeze(-1)
    return token, logp.gather(-1, token[:, None]).squeeze(-1)
