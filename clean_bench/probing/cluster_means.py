"""Estimates over problems that count near-duplicates once.

The value of a cluster of near-duplicates is the mean of its problems, the estimate is the mean over
clusters, and `n` is the number of clusters. Without near-duplicates the problems are the units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval, wilson

ONCE = "wilson, near-duplicates counted once"

Valued = tuple[int, float]
"""The cluster of a problem, and its value."""


def cluster_means(values: Iterable[Valued]) -> list[float]:
    """The mean of each cluster, in the order of their first problems."""
    clusters: dict[int, list[float]] = {}
    for cluster, value in values:
        clusters.setdefault(cluster, []).append(float(value))
    return [sum(members) / len(members) for members in clusters.values()]


def rate_of(values: Sequence[Valued]) -> Estimate:
    """A rate of successes (1) among failures (0)."""
    means = cluster_means(values)
    if len(means) == len(values):
        return wilson(round(sum(means)), len(means))
    return replace(mean_interval(means), method=ONCE)


def share_of(values: Sequence[Valued]) -> Estimate:
    """The mean of values in [0, 1]."""
    means = cluster_means(values)
    estimate = mean_interval(means)
    return estimate if len(means) == len(values) else replace(estimate, method=ONCE)


def average_of(values: Sequence[Valued]) -> Estimate:
    """The mean of numbers without bounds; it has no interval."""
    means = cluster_means(values)
    return Estimate(sum(means) / len(means), -inf, inf, len(means))
