"""The Wilson score interval of a rate. This module loads no numpy: `grade` starts as fast as it can."""

from __future__ import annotations

from math import nan, sqrt

from clean_bench.statistics.estimate import Estimate

Z = 1.959963984540054
"""The normal quantile of a 95% interval."""


def wilson(successes: int, n: int) -> Estimate:
    """The rate `successes / n` with its 95% Wilson score interval (Wilson 1927).

    For `n` = 0 the value is nan and the interval [0, 1].

    Raises:
        ValueError: unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"expected between 0 and {n} successes, got {successes}")
    if n == 0:
        return Estimate(nan, 0.0, 1.0, 0, "wilson")
    low, high = score_interval(successes / n, n)
    return Estimate(successes / n, low, high, n, "wilson")


def score_interval(p: float, n: float) -> tuple[float, float]:
    """Wilson's 95% interval for a rate `p` in `n` trials; `n` need not be an integer."""
    shrink = 1 + Z * Z / n
    centre = (p + Z * Z / (2 * n)) / shrink
    half = Z / shrink * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low = 0.0 if p <= 0 else max(0.0, min(p, centre - half))
    high = 1.0 if p >= 1 else min(1.0, max(p, centre + half))
    return low, high
