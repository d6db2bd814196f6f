"""Unbiased estimates per problem from n samples: pass@k and the majority vote of k samples.

Both are exact averages over all choices of k among the n samples, and so unbiased for k new samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import comb

import numpy as np
import numpy.typing as npt

LARGEST_VOTE = 1000
"""Largest n for a vote of k < n samples: larger binomial coefficients overflow a float."""


def powers_of_two(samples: int) -> list[int]:
    """1, 2, 4, ... up to the number of samples, and that number: the reported values of k."""
    return sorted({*(1 << e for e in range(samples.bit_length())), samples})


def pass_at_k(correct: npt.ArrayLike, k: int) -> npt.NDArray[np.float64]:
    """Per item the probability that at least one of k samples is correct.

    With c correct of n decided samples the unbiased estimate is 1 - C(n-c, k) / C(n, k) (Chen et al.
    2021, "Evaluating large language models trained on code", equation 1), computed as a product so
    that no binomial coefficient overflows.

    Args:
        correct: items x samples, 0 or 1, or nan where a sample was not decided. An item with fewer
            than k decided samples has no estimate and is left out.
        k: at least 1, at most the number of samples.

    Raises:
        ValueError: if an entry is none of these, or k is out of range.
    """
    array = np.asarray(correct, dtype=np.float64)
    if array.ndim != 2 or not (np.isnan(array) | np.isin(array, (0.0, 1.0))).all():
        raise ValueError("expected items x samples of 0, 1 or nan")
    if not 1 <= k <= array.shape[1]:
        raise ValueError(f"expected k between 1 and the {array.shape[1]} samples, got {k}")
    decided = (~np.isnan(array)).sum(axis=1)
    array, decided = array[decided >= k], decided[decided >= k]
    wrong = decided - np.nansum(array, axis=1)
    missed = np.ones(len(array))
    for draw in range(k):
        missed *= np.clip(wrong - draw, 0, None) / (decided - draw)
    result: npt.NDArray[np.float64] = 1 - missed
    return result


def majority_of_k(
    votes: Sequence[int], right: Sequence[float], silent: int, ks: Sequence[int]
) -> list[float]:
    """The probability that the answer with the most votes among k samples is right, for each k.

    k of the n samples are drawn without replacement. The answer with the most votes wins; a tie of t
    answers is broken at random, with probability 1 / t each. Without a vote the result is wrong.

    The average over all draws is exact. For an answer g with c_g votes to win with j of them, the
    others h contribute polynomials in z (samples drawn) and u (ties),

        sum_{i<j} C(c_h, i) z^i + u C(c_h, j) z^j,

    and the coefficients of their product with (1 + z)^silent at z^(k-j) u^t, times
    C(c_g, j) / (t + 1), summed and divided by C(n, k), are the probability.

    Args:
        votes: samples of each answer.
        right: the probability that the answer is right (0 or 1, where its samples agree).
        silent: samples that gave no answer.
        ks: each between 1 and n; with more than `LARGEST_VOTE` samples only n itself.

    Raises:
        ValueError: if the lengths differ or a k is out of range.
    """
    n = sum(votes) + silent
    if len(votes) != len(right) or min(votes, default=1) < 1:
        raise ValueError("expected one probability per answer, and at least one vote for each")
    if not all(1 <= k <= n and (k == n or n <= LARGEST_VOTE) for k in ks):
        raise ValueError(f"expected ks for {n} samples, got {list(ks)}")
    most = max(votes, default=0)
    winners = [r for count, r in zip(votes, right, strict=True) if count == most]
    whole = sum(winners) / len(winners) if winners else 0.0
    fewer = tuple(k for k in ks if k < n)
    totals = dict.fromkeys(fewer, 0.0) | {n: whole}
    if fewer:
        for index, chance in enumerate(right):
            if chance:
                others = tuple(sorted([*votes[:index], *votes[index + 1 :]]))
                for k, won in zip(fewer, _wins(votes[index], others, silent, fewer), strict=True):
                    totals[k] += chance * won
    return [min(1.0, totals[k]) for k in ks]


@lru_cache(maxsize=1 << 14)  # most problems of a set have one of a few vote patterns
def _wins(votes: int, others: tuple[int, ...], silent: int, ks: tuple[int, ...]) -> list[float]:
    """For each k the probability that an answer with `votes` votes wins the vote of k."""
    n = votes + sum(others) + silent
    length = max(ks) + 1
    chances = np.zeros(len(ks))
    start = np.array([comb(silent, i) for i in range(length)], dtype=np.float64)
    for j in range(1, min(votes, max(ks)) + 1):
        rivals = sum(count >= j for count in others)
        product = np.zeros((rivals + 1, length))
        product[0] = start
        for count in others:
            fresh = np.zeros_like(product)
            for i in range(min(count, j - 1, length - 1) + 1):
                fresh[:, i:] += float(comb(count, i)) * product[:, : length - i]
            if count >= j and j < length:
                fresh[1:, j:] += float(comb(count, j)) * product[:-1, : length - j]
            product = fresh
        shares = (product / np.arange(1, rivals + 2)[:, None]).sum(axis=0)
        for place, k in enumerate(ks):
            if k >= j:
                chances[place] += comb(votes, j) * shares[k - j] / comb(n, k)
    return [float(value) for value in chances]
