r"""How far apart two checkpoints are on the same text.

With p the checkpoint that wrote the text, q the other one, and log-probabilities of every token under
both, the log-ratio of a token is log p - log q. Where the text was sampled from p at temperature 1,
both of these are unbiased for the mean over tokens of KL(p || q) given what comes before:

    k1 = log p - log q
    k3 = q / p - 1 - log(q / p)      never negative, and of less variance where q is near p

(Schulman 2020, "Approximating KL divergence"). Greedy text is not a sample of p: there k1 is a mean
log-ratio and no divergence, and k3 means nothing. Text sampled at another temperature has recorded
log-probabilities of the distribution at that temperature, which q's do not compare with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Ratios:
    """Sums over the tokens of one completion."""

    tokens: int
    k1: float
    k3: float


def ratios(own: npt.ArrayLike, other: npt.ArrayLike) -> Ratios:
    """The sums of k1 and k3 over the tokens of one completion.

    Args:
        own: natural log-probabilities under the checkpoint that wrote the text, one a token.
        other: the same under the other one. It may be shorter where the text outgrew its context;
            the tokens that both have are compared.

    Raises:
        ValueError: if `other` is the longer one, or a number is not finite.
    """
    p, q = np.asarray(own, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if p.ndim != 1 or q.ndim != 1 or len(q) > len(p):
        raise ValueError(f"{p.shape} and {q.shape} log-probabilities of one text")
    p = p[: len(q)]
    if not (np.isfinite(p).all() and np.isfinite(q).all()):
        raise ValueError("a log-probability is not finite")
    difference = p - q
    return Ratios(
        len(q), float(difference.sum()), float((np.expm1(-difference) + difference).sum())
    )
