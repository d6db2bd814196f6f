"""Rates and means over completions, clustered by problem.

A problem has several completions, and a number may count only some of them (the accuracy with code
counts completions with code). So both are ratios of sums over problems.
"""

from __future__ import annotations

from math import nan

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.bootstrap import percentile_interval, problem_counts
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import Z, score_interval, student_t


def rate(successes: npt.ArrayLike, trials: npt.ArrayLike, *, continuous: bool = False) -> Estimate:
    """A share of completions, `sum(successes) / sum(trials)`, with its 95% interval.

    Wilson's interval with an effective number of trials (Franco et al. 2019, as in
    `statistics.intervals`). That number follows from the variance of the ratio by linearization
    (Cochran 1977, "Sampling techniques", equation 6.13), widened to Student's t. It is kept between
    Kish's (sum m)^2 / sum m^2 (the completions of a problem are equal) and sum m (they are
    independent). With one completion per problem it is Wilson's interval itself.

    Args:
        successes: per problem, the number of completions with the property.
        trials: per problem, the number that counts (completions, tokens, letters); problems with none
            are left out.
        continuous: a trial is a number in [0, 1] and `successes` is their sum. Its variance may be
            smaller than that of a 0/1 trial, so the effective number may exceed sum m.

    Raises:
        ValueError: unless 0 <= successes <= trials.
    """
    x, m = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if x.shape != m.shape or not ((x >= 0) & (x <= m)).all():
        raise ValueError("expected successes between 0 and all trials of each problem")
    x, m = x[m > 0], m[m > 0]
    n, total = len(m), float(m.sum())
    method = "wilson, clustered by problem"
    if not n:
        return Estimate(nan, 0.0, 1.0, 0, method)
    p = float(x.sum()) / total
    kish = total * total / float((m * m).sum())
    effective, most = kish, np.inf if continuous else total
    spread = p * (1 - p)
    if n > 1 and spread > 0:
        residual = float(((x - p * m) ** 2).sum())
        variance = n / (n - 1) * residual / total**2 * (student_t(n - 1) / Z) ** 2
        if variance > 0:
            effective = min(most, max(kish, spread / variance))
        elif not continuous:
            effective = total
    low, high = score_interval(p, effective)
    return Estimate(p, low, high, n, method)


def mean(sums: npt.ArrayLike, weights: npt.ArrayLike) -> Estimate:
    """A mean over completions or tokens, `sum(sums) / sum(weights)`, with its 95% interval.

    The percentile interval of 2,000 bootstrap resamples of the problems. For a single problem, or
    problems with equal means, the spread is unknown and the interval is unbounded.

    Args:
        sums: per problem, the sum of the values.
        weights: per problem, their number; problems with none are left out.
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
    counts = problem_counts(n)
    return percentile_interval(value, (counts @ x) / (counts @ m), n, method)
