"""Are p values uniform where the null is true: rejection rates over many splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import interval_of_means
from clean_bench.statistics.multiple_testing import checked_p_values

LEVELS = (0.01, 0.05, 0.1)


def rejection_rates(
    p: Sequence[npt.ArrayLike] | npt.NDArray[np.float64], levels: Sequence[float] = LEVELS
) -> list[Estimate]:
    """For each level, the mean over splits of the share of p values at most the level.

    The splits are the units: the p values of one split share its null sample. The interval is that of
    `mean_interval` (Wilson's with the effective number of splits, from the variance between them); it
    assumes that the splits are independent. Repeated random halves of one pool are not: their mean is
    closer to the rate of that pool than the interval says, whatever the rate of other pools is.

    Conformal p values are multiples of 1 / (n_null + 1). Their rate under the null is
    floor(level (n_null + 1)) / (n_null + 1), which is the level only where that is an integer.

    Args:
        p: for each split its p values, all of true nulls; their number may differ between splits.
        levels: the nominal rates, each between 0 and 1.

    Returns:
        One estimate per level; `n` counts the splits.

    Raises:
        ValueError: if a split has no p value, or a p value or level is out of range.
    """
    if not all(0 < level < 1 for level in levels):
        raise ValueError(f"expected levels between 0 and 1, got {list(levels)}")
    splits = [checked_p_values(split) for split in p]
    sizes = np.array([len(split) for split in splits], dtype=np.float64)
    if not sizes.all():
        empty = int(np.flatnonzero(sizes == 0)[0])
        raise ValueError(f"expected p values in every split, got none in split {empty}")
    harmonic = len(sizes) / float((1 / sizes).sum()) if len(sizes) else 1.0
    return [
        replace(
            interval_of_means(
                np.array([(split <= level).mean() for split in splits], dtype=np.float64), harmonic
            ),
            method="wilson, clustered by split",
        )
        for level in levels
    ]
