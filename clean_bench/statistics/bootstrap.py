"""Bootstrap over independent units: resampling counts and percentile intervals.

The resamples come from a counter-based generator (Philox) under fixed keys, so the same data give the
same interval. Two units of the same name and number are resampled together.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.estimate import Estimate

RESAMPLES = 4000
PROBLEM_RESAMPLES = 2000
"""Of `problem_counts`; another number would change published intervals."""

Array = npt.NDArray[np.float64]


@lru_cache(maxsize=8)  # drawing takes longer than using the counts
def resample_counts(n: int, unit: str, stream: str = "clean", resamples: int = RESAMPLES) -> Array:
    """How often each of n units is drawn in each resample, of shape resamples x n; read-only.

    Args:
        n: number of units.
        unit: their name; units of different names are resampled independently.
        stream: the first half of the generator's key, `unit` the second (up to 8 bytes each).
        resamples: number of resamples.
    """
    key = [int.from_bytes(text.encode()[:8], "big") for text in (stream, unit)]
    generator = np.random.Generator(np.random.Philox(key=np.array(key, dtype=np.uint64)))
    counts = generator.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)
    counts.setflags(write=False)
    return counts


def problem_counts(n: int) -> Array:
    """`resample_counts` of n problems, for rates and means over their completions."""
    return resample_counts(n, "", "behav", PROBLEM_RESAMPLES)


def percentile_interval(value: float, resampled: Array, n: int, method: str) -> Estimate:
    """A value with the 2.5% and 97.5% percentiles of its resamples, nan left out."""
    low, high = (float(bound) for bound in np.nanpercentile(resampled, [2.5, 97.5]))
    return Estimate(value, min(low, value), max(high, value), n, method)
