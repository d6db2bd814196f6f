"""The best of k samples: the ceiling that picking among a model's own samples can reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval


def best_of_k(correct: npt.ArrayLike, k: int) -> Estimate:
    """pass@k: the probability that at least one of k samples is correct, mean over items.

    Per item with c correct of n samples the unbiased estimate is 1 - C(n-c, k) / C(n, k) (Chen et
    al. 2021, "Evaluating large language models trained on code", equation 1), computed as a
    product so that no binomial overflows. The interval is that of `mean_interval`, the items as
    units.

    Args:
        correct: items x samples, 0 or 1.
        k: at least 1, at most the number of samples.

    Raises:
        ValueError: if an entry is neither 0 nor 1, or k is out of range.
    """
    array = np.asarray(correct, dtype=np.float64)
    if array.ndim != 2 or not np.isin(array, (0.0, 1.0)).all():
        raise ValueError("items x samples of 0 and 1 are wanted")
    n = array.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} is not between 1 and the {n} samples")
    wrong = n - array.sum(axis=1)
    draws = np.arange(k)
    missed = np.clip(wrong[:, None] - draws, 0, None) / (n - draws)
    estimate = mean_interval(1 - missed.prod(axis=1))
    return Estimate(estimate.value, estimate.low, estimate.high, estimate.n, f"pass@{k}, by item")
