"""Exact tests of one benchmark: counts of flags, paired differences, and how much a p value can say.

All tests are one-sided: the alternative is more flags, a positive mean, more items gained than lost.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import e, inf, log

import numpy as np
import numpy.typing as npt

EXACT_CLUSTERS = 15
"""Up to this number of clusters all 2^n sign patterns are enumerated."""
DRAWS = 9999
"""Random sign patterns for more clusters: the smallest p value is then 0.0001."""
BLOCK = 1 << 22
"""Signs held in memory at once."""


def flag_count_p_value(flags: int, n: int, rate: float, null_count: int | None = None) -> float:
    """The probability of at least `flags` flags among n items that are each flagged at the null's rate.

    Without `null_count` it is the exact binomial test of independent flags. Flags of conformal p values
    at most `rate` are not independent when they share a null sample: all of them use one random
    threshold. Its exceedance probability is Beta(k, N + 1 - k) for N null scores without equal ones
    and k = floor(rate (N + 1)), so the count is beta-binomial (Gumbel and von Schelling 1950, "The
    distribution of the number of exceedances"); equal scores make the test conservative.
    For N = 1000, n = 500 and rate = 0.05 the variance of the count is 1.5 times the binomial one.

    Args:
        flags: number of flagged items.
        n: number of items, exchangeable with the null under the hypothesis.
        rate: the rate of flags under the null, between 0 and 1.
        null_count: N, where the flags are conformal p values <= rate from one null sample.

    Raises:
        ValueError: unless 0 <= flags <= n, 0 < rate < 1 and the null count is at least 0; or if an item
            is flagged although no null of this size has p values <= rate.
    """
    if not (0 <= flags <= n and 0 < rate < 1):
        raise ValueError(
            f"expected flags between 0 and {n} and a rate between 0 and 1, got {flags} and {rate}"
        )
    from scipy import stats  # loading it takes longer than most commands that grade

    if null_count is None:
        return float(stats.binomtest(flags, n, rate, alternative="greater").pvalue) if n else 1.0
    if null_count < 0:
        raise ValueError(f"expected a number of null scores, got {null_count}")
    rank = int(np.floor(rate * (null_count + 1) + 1e-9))  # 0.29 * 100 is below 29 in floats
    if not rank:
        if flags:
            raise ValueError(
                f"expected no flag: {null_count} null scores give no p value <= {rate:g}, "
                f"got {flags} flags"
            )
        return 1.0
    return float(stats.betabinom.sf(flags - 1, n, rank, null_count + 1 - rank))


def sign_flip_p_value(
    differences: npt.ArrayLike,
    clusters: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
) -> float:
    """The paired sign-flip permutation test of a positive mean; whole clusters change their sign.

    Under the null the two members of a pair are exchangeable, so the joint distribution of the
    differences does not change when a cluster's signs are flipped (Fisher 1935, "The design of
    experiments", section 21). The p value is the share of sign patterns whose mean is at least the
    observed one. Up to 15 clusters with a nonzero sum all patterns are enumerated; for more, 9,999
    random patterns and the observed one are counted, (1 + b) / (1 + 9999), which is exact too (Phipson
    and Smyth 2010, "Permutation p-values should never be zero").

    Args:
        differences: one per pair, after minus before.
        clusters: one label per pair (a group of near-duplicates, a planting); by default every pair is
            its own cluster.
        seed: of the random patterns.

    Returns:
        1 without any nonzero cluster sum.

    Raises:
        ValueError: if a difference is nan or infinite, or the lengths do not fit.
    """
    array = np.asarray(differences, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"expected one finite difference per pair, got shape {array.shape}")
    labels = range(len(array)) if clusters is None else clusters
    if len(labels) != len(array):
        raise ValueError(f"expected {len(array)} cluster labels, got {len(labels)}")
    position = {label: index for index, label in enumerate(dict.fromkeys(labels))}
    sums = np.bincount(
        [position[label] for label in labels], weights=array, minlength=len(position)
    )
    # Sums of the same numbers in another order differ by rounding; they count as equal.
    tolerance = 1e-12 * float(np.abs(array).sum())
    sums = sums[np.abs(sums) > tolerance]
    n = len(sums)
    if not n:
        return 1.0
    # With F the sum of the flipped clusters, the total is sum - 2 F: at least the observed sum if F
    # <= 0.
    if n <= EXACT_CLUSTERS:
        flipped = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
        return float((flipped @ sums <= tolerance).mean())
    generator = np.random.Generator(np.random.Philox(seed))
    rows, reached = max(1, BLOCK // n), 1
    for begin in range(0, DRAWS, rows):
        flips = generator.integers(0, 2, size=(min(rows, DRAWS - begin), n), dtype=np.int8)
        reached += int((flips @ sums <= tolerance).sum())
    return reached / (DRAWS + 1)


def mcnemar_p_value(gained: int, lost: int) -> float:
    """The exact McNemar test: P(at least `gained` of the changed pairs are gains) at one half each.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions".

    Args:
        gained: pairs with the property after and not before.
        lost: pairs with the property before and not after.

    Raises:
        ValueError: if a count is negative.
    """
    if min(gained, lost) < 0:
        raise ValueError(f"expected counts of at least 0, got {gained} gained and {lost} lost")
    return flag_count_p_value(gained, gained + lost, 0.5)


def bayes_factor_bound(p: float) -> float:
    """The largest Bayes factor against the null that a p value supports: 1 / (-e p ln p) for p < 1/e.

    Sellke, Bayarri and Berger 2001, "Calibration of p values for testing precise null hypotheses",
    section 3. From 1/e on it is 1; at p = 0 it is infinite.

    Raises:
        ValueError: unless 0 <= p <= 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"expected a p value in [0, 1], got {p}")
    if p == 0:
        return inf
    return 1 / (-e * p * log(p)) if p < 1 / e else 1.0


def confidence_bound(p: float) -> float:
    """The largest posterior probability of the alternative at even prior odds, BF / (1 + BF).

    BF is `bayes_factor_bound`: p = 0.05 gives at most 0.71, p = 0.01 at most 0.89.

    Raises:
        ValueError: unless 0 <= p <= 1.
    """
    return 1 / (1 + 1 / bayes_factor_bound(p))
