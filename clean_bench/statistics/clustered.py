"""Standard errors of means whose observations come in clusters: k samples of one problem, say.

Samples of one problem are alike, so n problems with k samples each are not n k observations. An
error that takes them for such is too small by the square root of 1 + (k - 1) r, where r is the
correlation of two samples of one problem (Kish 1965, "Survey sampling", section 5.4).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import nan, sqrt

import numpy as np
import numpy.typing as npt


def clustered_standard_error(values: npt.ArrayLike, clusters: Sequence[Hashable]) -> float:
    """The standard error of the mean of all values, robust to any correlation within a cluster.

    It is the sandwich of a regression on a constant, with the correction G / (G - 1) for G clusters
    (Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models"; Miller 2024,
    "Adding error bars to evals", section 2.2, without the correction): the root of
    G / (G - 1) * sum_g (sum_i (x_gi - mean))^2 / N^2.

    Args:
        values: N numbers.
        clusters: the cluster of each.

    Returns:
        nan where there are fewer than two clusters: one says nothing of others.

    Raises:
        ValueError: if the lengths differ or a value is nan.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (len(clusters),) or np.isnan(array).any():
        raise ValueError(f"{array.shape} values and {len(clusters)} clusters: one each is wanted")
    labels: dict[Hashable, int] = {}
    index = [labels.setdefault(cluster, len(labels)) for cluster in clusters]
    if len(labels) < 2:
        return nan
    sums = np.bincount(index, weights=array - array.mean())
    return sqrt(len(labels) / (len(labels) - 1) * float((sums**2).sum())) / len(array)


def standard_error(scores: npt.ArrayLike) -> float:
    """`clustered_standard_error` where every item has the same number of scores.

    Args:
        scores: one value per item, or items x samples; the items are the clusters. Without nan.

    Returns:
        nan for fewer than two items.
    """
    array = np.asarray(scores, dtype=np.float64)
    means = array.mean(axis=1) if array.ndim == 2 else array
    if len(means) < 2:
        return nan
    return float(means.std(ddof=1)) / sqrt(len(means))
