"""Wilson score intervals for rates and for means of scores in [0, 1], and clustered standard errors.

The intervals are bounded, and at 0 and 1 their width is positive (0 of 100 has an upper bound of
3.7%), where the normal approximation and the bootstrap have width zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, sqrt

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.wilson import Z, score_interval, wilson

__all__ = [
    "Z",
    "interval_of_means",
    "item_means",
    "mean_interval",
    "score_interval",
    "standard_error",
    "student_t",
    "wilson",
]


def mean_interval(scores: npt.ArrayLike) -> Estimate:
    """The mean over items of scores in [0, 1], clustered by item (avg@k for several samples).

    Samples of one item are not independent, so the items are the units. The interval is Wilson's
    with n / d in place of n, where d = s^2 / (p (1 - p)) is the design effect of the item means
    (Franco et al. 2019, "Comparative study of confidence intervals for proportions in complex
    sample surveys"), widened to Student's t and kept between 1 / samples (independent samples of
    equal items) and 1 (no score in [0, 1] varies more than a single success or failure). For one
    0/1 score per item it is Wilson's interval itself.

    Args:
        scores: one row per item, or items x samples.

    Raises:
        ValueError: if a score lies outside [0, 1] or is nan, or the array has another shape.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim not in (1, 2):
        raise ValueError(f"expected items, or items x samples, got shape {array.shape}")
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError("expected scores in [0, 1]")
    if array.size == 0:
        return interval_of_means(np.zeros(0), 1)
    return interval_of_means(item_means(array), array.shape[1] if array.ndim == 2 else 1)


def interval_of_means(means: npt.NDArray[np.float64], samples: float) -> Estimate:
    """`mean_interval` from the mean of each item over its scores, which may differ in number.

    Args:
        means: one value in [0, 1] per item.
        samples: the harmonic mean of the numbers of scores.
    """
    n = len(means)
    if n == 0:
        return Estimate(nan, 0.0, 1.0, 0, "wilson, clustered by item")
    value = float(means.mean())
    low, high = score_interval(value, n / _design_effect(means, value, samples))
    return Estimate(value, low, high, n, "wilson, clustered by item")


def standard_error(scores: npt.ArrayLike) -> float:
    """The standard error of the mean of all scores, robust to any correlation within an item.

    Samples of one item are correlated: a standard error that ignores this is too small by the factor
    sqrt(1 + (k - 1) r), where r is the correlation of two of its k samples (Kish 1965, "Survey
    sampling", section 5.4). This is the sandwich estimate for a regression on a constant, with the
    correction G / (G - 1) for G clusters (Liang and Zeger 1986, "Longitudinal data analysis using
    generalized linear models"; Miller 2024, "Adding error bars to evals", section 2.2, without the
    correction). With equally many scores per item it is the standard error of the item means.

    Args:
        scores: one value per item, or items x samples; the items are the clusters. Without nan.

    Returns:
        nan for fewer than two clusters (variance undefined).
    """
    means = item_means(np.asarray(scores, dtype=np.float64))
    return float(means.std(ddof=1)) / sqrt(len(means)) if len(means) > 1 else nan


def standard_deviation(values: Sequence[float]) -> Estimate:
    """The standard deviation (n - 1), with the 95% interval of values that are normally distributed.

    The interval is that of the chi-square distribution of (n - 1) s^2 / sigma^2; equal values have none.
    `n` counts the values.

    Raises:
        ValueError: for fewer than two values.
    """
    degrees = len(values) - 1
    if degrees < 1:
        raise ValueError(f"expected at least two values, got {len(values)}")
    deviation = float(np.std(values, ddof=1))
    if not deviation:
        return Estimate(deviation, nan, nan, degrees + 1, "chi-square")
    from scipy import special  # loading it takes longer than most commands that grade

    # The quantiles of chi-square: `chdtri` inverts the probability of exceeding a value.
    high, low = (sqrt(degrees / special.chdtri(degrees, p)) for p in (0.975, 0.025))
    return Estimate(deviation, low * deviation, high * deviation, degrees + 1, "chi-square")


def item_means(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The mean of each item over its samples, of items or items x samples."""
    return scores.mean(axis=1) if scores.ndim == 2 else scores


def student_t(degrees: int) -> float:
    """Student's t quantile of a 95% interval; `Z` is the normal one."""
    from scipy import special  # loading it takes longer than most commands that grade

    return float(special.stdtrit(degrees, 0.975))


def _design_effect(means: npt.NDArray[np.float64], value: float, samples: float) -> float:
    n = len(means)
    spread = value * (1 - value)
    if n < 2 or spread <= 0:
        return 1.0
    if samples == 1 and np.isin(means, (0.0, 1.0)).all():
        return 1.0  # n / (n - 1) or more: Wilson's interval itself
    effect = float(means.var(ddof=1)) / spread * (student_t(n - 1) / Z) ** 2
    # For one continuous score per item the lower bound only avoids a division by zero.
    lowest = 1 / samples if samples > 1 else 1e-6
    return min(1.0, max(lowest, effect))
