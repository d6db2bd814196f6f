"""Rates and means over completions whose independent units are problems.

A problem has several completions, and not every one counts in every number (accuracy with code is
taken over the completions that have code), so both are ratios of sums over problems.
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import Z, score_interval, student_t

RESAMPLES = 2000
_KEY = 0x6265686176  # any fixed number: what matters is that it never changes

Array = npt.NDArray[np.float64]


def rate(successes: npt.ArrayLike, trials: npt.ArrayLike, *, continuous: bool = False) -> Estimate:
    """A share of completions, `sum(successes) / sum(trials)`, with its 95% interval.

    Wilson's interval for as many trials as the spread between problems allows: the variance of the
    ratio by linearization (Cochran 1977, "Sampling techniques", equation 6.13), widened to Student's
    t, gives the effective number (Franco et al. 2019, as in `statistics.intervals`), kept between
    Kish's (sum m)^2 / sum m^2 (all completions of a problem alike) and sum m (all independent). For
    one completion a problem it is Wilson's interval itself.

    Args:
        successes: per problem, how many of its completions have the property.
        trials: per problem, how many count (completions, tokens, letters); problems with none are
            left out.
        continuous: a trial is no yes or no but a number between 0 and 1, `successes` their sum. They
            may spread less than independent trials would, so the effective number may be larger.

    Raises:
        ValueError: unless 0 <= successes <= trials.
    """
    x, m = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if x.shape != m.shape or not ((x >= 0) & (x <= m)).all():
        raise ValueError("per problem, between 0 and all of its trials are wanted")
    x, m = x[m > 0], m[m > 0]
    n, total = len(m), float(m.sum())
    method = "wilson, clustered by problem"
    if not n:
        return Estimate(nan, 0.0, 1.0, 0, method)
    p = float(x.sum()) / total
    kish = total * total / float((m * m).sum())
    effective = kish
    spread = p * (1 - p)
    if n > 1 and spread > 0:
        residual = float(((x - p * m) ** 2).sum())
        variance = n / (n - 1) * residual / total**2 * (student_t(n - 1) / Z) ** 2
        most = np.inf if continuous else total
        if variance > 0:
            effective = min(most, max(kish, spread / variance))
        else:
            effective = kish if continuous else total
    low, high = score_interval(p, effective)
    return Estimate(p, low, high, n, method)


def mean(sums: npt.ArrayLike, weights: npt.ArrayLike) -> Estimate:
    """A mean over completions or tokens, `sum(sums) / sum(weights)`, with its 95% interval.

    Percentiles of 2,000 resamples of the problems, counter-based: the same numbers give the same
    interval. Resampling problems that are all alike, or a single one, would claim certainty: then
    nothing is known of the spread, and the interval is unbounded.

    Args:
        sums: per problem, the sum of what is averaged.
        weights: per problem, over how many; problems with none are left out.
    """
    x, m = np.asarray(sums, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    x, m = x[m > 0], m[m > 0]
    n = len(m)
    method = "bootstrap over problems"
    if not n:
        return Estimate(nan, -np.inf, np.inf, 0, method)
    value = float(x.sum() / m.sum())
    if np.allclose(x, value * m, rtol=1e-12, atol=1e-12):
        return Estimate(value, -np.inf, np.inf, n, method)
    counts = draws(n)
    low, high = np.percentile((counts @ x) / (counts @ m), [2.5, 97.5])
    return Estimate(value, min(float(low), value), max(float(high), value), n, method)


def stated(estimate: Estimate) -> dict[str, Any]:
    """An estimate as JSON, with null for what is not known: a value or a bound that is not finite."""
    record = estimate.as_json()
    for key in ("value", "low", "high"):
        if record[key] is not None and not isfinite(record[key]):
            record[key] = None
    return record


@lru_cache(maxsize=8)
def draws(n: int) -> Array:
    """How often each of n problems is drawn in each resample, (resamples, n); read-only."""
    generator = np.random.Generator(np.random.Philox(key=_KEY))
    counts = generator.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float64)
    counts.setflags(write=False)
    return counts
