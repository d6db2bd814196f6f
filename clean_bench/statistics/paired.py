"""The difference of two checkpoints on the same items."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.estimate import UNKNOWN_GAIN, Estimate
from clean_bench.statistics.intervals import item_means, mean_interval


def paired_difference(before: npt.ArrayLike, after: npt.ArrayLike) -> Estimate:
    """Mean of `after` minus mean of `before`, scores in [0, 1] on the same items.

    The interval combines the two intervals of `mean_interval` with the correlation of the item
    means (Newcombe 1998, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", method 10; Zou and Donner 2008 for scores that are not 0/1).
    It stays within [-1, 1], and its width is positive even where no item changed. For one 0/1 score
    per item it is Newcombe's interval. Without any item the result is `UNKNOWN_GAIN`.

    Args:
        before: one row per item, or items x samples.
        after: the same items in the same order; the number of samples may differ.

    Raises:
        ValueError: if the numbers of items differ, or a score lies outside [0, 1].
    """
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if len(first) != len(second):
        raise ValueError(
            f"expected the same items, got {len(first)} before and {len(second)} after"
        )
    if not len(first):
        return UNKNOWN_GAIN
    old, new = mean_interval(first), mean_interval(second)
    samples = min(array.shape[1] if array.ndim == 2 else 1 for array in (first, second))
    r = _correlation(item_means(first), item_means(second), samples)
    value = new.value - old.value
    down, up = new.value - new.low, new.high - new.value
    low = value - _joined(down, old.high - old.value, r)
    high = value + _joined(up, old.value - old.low, r)
    return Estimate(value, low, high, len(first), "newcombe, paired by item")


def _correlation(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], samples: int) -> float:
    """Pearson's correlation with Newcombe's correction of a positive covariance.

    The correction subtracts half a sample of one item from the covariance, so that two equal columns
    do not give an interval of width zero.
    """
    spread = sqrt(float(x.var()) * float(y.var()))
    if spread == 0:
        return 0.0
    covariance = float(((x - x.mean()) * (y - y.mean())).mean())
    if covariance > 0:
        covariance = max(0.0, covariance - 1 / (2 * len(x) * samples))
    return max(-1.0, min(1.0, covariance / spread))


def _joined(a: float, b: float, r: float) -> float:
    return sqrt(max(0.0, a * a - 2 * r * a * b + b * b))
