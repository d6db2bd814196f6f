"""Means whose independent units are clusters of items, such as the templates of a matched set."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from math import nan

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.bootstrap import Array, percentile_interval, resample_counts
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import score_interval

METHOD = "bootstrap over clusters"


def cluster_mean(values: npt.ArrayLike, clusters: Sequence[Hashable], unit: str) -> Estimate:
    """The mean of items in [0, 1], with the percentile interval of resampled clusters.

    `n` counts the clusters. Where all clusters have the same mean the resamples show no variance, and
    the interval is the score interval of so many units.

    Args:
        values: one per item.
        clusters: the cluster of each item.
        unit: the name of the clusters, such as "template".

    Raises:
        ValueError: if the lengths differ.
    """
    sums, sizes = cluster_sums(values, clusters)
    n = len(sums)
    if not n:
        return Estimate(nan, 0.0, 1.0, 0, METHOD)
    value = float(sums.sum() / sizes.sum())
    if np.ptp(sums / sizes) < 1e-12:
        return Estimate(value, *score_interval(value, n), n, METHOD)
    estimate = percentile_interval(value, resampled_means(sums, sizes, unit), n, METHOD)
    return replace(estimate, low=max(0.0, estimate.low), high=min(1.0, estimate.high))


def cluster_standard_error(values: npt.ArrayLike, clusters: Sequence[Hashable]) -> float:
    """The standard error of the mean of items, robust to any correlation within a cluster.

    The sandwich estimate of `intervals.standard_error` for clusters of different sizes: the square root
    of G / (G - 1) times the sum over G clusters of (sum of value - mean)^2, over the number of items.

    Returns:
        nan for fewer than two clusters (variance undefined).
    """
    sums, sizes = cluster_sums(values, clusters)
    if len(sums) < 2:
        return nan
    residuals = sums - sizes * (sums.sum() / sizes.sum())
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (residuals**2).sum()) / sizes.sum())


def cluster_difference(
    values: npt.ArrayLike, others: npt.ArrayLike, clusters: Sequence[Hashable], unit: str
) -> Estimate:
    """The mean of independent items minus the mean of other items in clusters.

    Items and clusters are resampled independently. `n` counts both.

    Args:
        values: one per independent item.
        others: one per item of the clusters.
    """
    first = np.asarray(values, dtype=np.float64)
    sums, sizes = cluster_sums(others, clusters)
    if not (len(first) and len(sums)):
        return Estimate(nan, -1.0, 1.0, 0, METHOD)
    value = float(first.mean() - sums.sum() / sizes.sum())
    counts = resample_counts(len(first), "items")
    resampled = counts @ first / len(first) - resampled_means(sums, sizes, unit)
    estimate = percentile_interval(value, resampled, len(first) + len(sums), METHOD)
    # A side whose units are all alike shows no variance: it adds its score interval.
    low, high = estimate.low, estimate.high
    for means, sign in ((first, 1), (sums / sizes, -1)):
        if np.ptp(means) < 1e-12:
            below, above = score_interval(float(means[0]), len(means))
            ends = sorted((sign * (below - means[0]), sign * (above - means[0])))
            low, high = low + float(ends[0]), high + float(ends[1])
    return replace(estimate, low=max(-1.0, low), high=min(1.0, high))


def cluster_sums(values: npt.ArrayLike, clusters: Sequence[Hashable]) -> tuple[Array, Array]:
    """Sum and number of the items of each cluster, in the order of their first items."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (len(clusters),):
        raise ValueError(f"expected one cluster per value, got {array.shape} and {len(clusters)}")
    places = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
    of_item = np.array([places[cluster] for cluster in clusters], dtype=np.intp)
    sums: Array = np.bincount(of_item, weights=array, minlength=len(places)).astype(np.float64)
    return sums, np.bincount(of_item, minlength=len(places)).astype(np.float64)


def resampled_means(sums: Array, sizes: Array, unit: str) -> Array:
    """The means of the items of resampled clusters, one per resample."""
    counts = resample_counts(len(sums), unit)
    means: Array = counts @ sums / (counts @ sizes)
    return means
