r"""KL divergence of two checkpoints on the same text.

p is the checkpoint that wrote the text, q the other one; both give log-probabilities of every token.
For text sampled from p at temperature 1, both of these are unbiased for the mean over tokens of
KL(p || q) given the tokens before:

    k1 = log p - log q
    k3 = q / p - 1 - log(q / p)      never negative, and of lower variance where q is near p

(Schulman 2020, "Approximating KL divergence"). Greedy text is not a sample of p: there k1 is a mean
log-ratio and k3 has no meaning. For text sampled at another temperature the recorded log-probabilities
are those at that temperature, and those of q are not comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class KLSums:
    """Sums over the tokens of one completion."""

    tokens: int
    k1: float
    k3: float


def kl_sums(own: npt.ArrayLike, other: npt.ArrayLike) -> KLSums:
    """The sums of k1 and k3 over the tokens of one completion.

    Args:
        own: natural log-probabilities under the checkpoint that wrote the text, one per token.
        other: the same under the other checkpoint. It may be shorter, where the text exceeds the
            context of that checkpoint; the common tokens are compared.

    Raises:
        ValueError: if `other` is longer, or a number is not finite.
    """
    p, q = np.asarray(own, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if p.ndim != 1 or q.ndim != 1 or len(q) > len(p):
        raise ValueError(
            f"expected at most {p.shape} log-probabilities of the other, got {q.shape}"
        )
    p = p[: len(q)]
    if not (np.isfinite(p).all() and np.isfinite(q).all()):
        raise ValueError("expected finite log-probabilities, got nan or infinity")
    difference = p - q
    k3 = np.expm1(-difference) + difference
    return KLSums(len(q), float(difference.sum()), float(k3.sum()))
