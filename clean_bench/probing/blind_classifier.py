"""The blind classifier: can two sets of problems be told apart by their texts alone, without a model?

A matched set is a null of memorization only if its texts are like those of the benchmark. Where a
classifier that reads no model output separates them, a difference of log-probabilities may be one of
style (arXiv 2406.16201: blind classifiers beat most membership inference on its usual data sets).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, nan, sqrt, tanh
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.logistic import decision_values, fit_logistic
from clean_bench.probing.text_features import (
    bags,
    shape_features,
    vocabulary,
    word_features,
)
from clean_bench.seeds import digest
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import Z
from clean_bench.statistics.roc import auc

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 5


def blind_auc(
    first: Sequence[str],
    second: Sequence[str],
    clusters: Sequence[int] | None = None,
    folds: int = FOLDS,
    seed: str = "",
) -> Estimate:
    """The cross-validated AUC of a classifier of texts by their words and their shape.

    The classifier is a logistic regression (`logistic.fit_logistic`) of the tokens that a text has
    (`text_features`; the vocabulary is that of the training folds) and of its length, mathematics,
    digits and LaTeX commands. Near-duplicates are in one fold. Only texts of the same fold are
    compared: under exchangeable sets the expected AUC is then 0.5, while scores pooled over folds
    are biased downwards.

    The interval is normal on the logit scale. Its variance is DeLong's (DeLong, DeLong and
    Clarke-Pearson 1988) in the cross-validated form of LeDell, Petersen and van der Laan 2015
    ("Computationally efficient confidence intervals for cross-validated AUC estimates"), with
    clusters as units (Obuchowski 1997, "Nonparametric analysis of clustered ROC curve data"), times
    1 + folds / (folds - 1): the classifiers of the folds share most of their training texts (Nadeau
    and Bengio 2003, "Inference for the generalization error"). Without this factor, the intervals of two
    random halves of a set hold 0.5 in 85% of cases. For sets that differ the interval is wider than
    needed. Where the variance is zero it is Newcombe's interval (see `roc.auc`).

    Args:
        first, second: texts of the two sets.
        clusters: cluster of each text, those of `first` and then those of `second`; None computes them
            (`clusters.cluster_ids`).
        folds: number of folds; fewer where a set has fewer clusters.
        seed: of the assignment of clusters to folds.

    Returns:
        `n` counts clusters. A value above 0.5 means that texts of `first` get larger scores. With fewer
        than two clusters in a set the value is nan and the interval [0, 1].

    Raises:
        ValueError: if the number of clusters is not that of texts, or `folds` is below 2.
    """
    texts = [*first, *second]
    of_texts, shape = bags(texts), shape_features(texts)

    def features(train: Ints) -> Any:
        from scipy import sparse  # loading it takes longer than most commands

        columns = vocabulary([of_texts[index] for index in train])
        words = word_features(of_texts, columns)
        return sparse.hstack([words, sparse.csr_matrix(_standardized(shape, train))]).tocsr()

    return _cross_validated(first, second, clusters, folds, seed, features)


def blind_auc_by_shape(
    first: Sequence[str],
    second: Sequence[str],
    clusters: Sequence[int] | None = None,
    folds: int = FOLDS,
    seed: str = "",
) -> Estimate:
    """`blind_auc` of a classifier that reads the shape of a text (`text_features.SHAPE`) and no
    words."""
    shape = shape_features([*first, *second])
    return _cross_validated(
        first, second, clusters, folds, seed, lambda train: _standardized(shape, train)
    )


def _cross_validated(
    first: Sequence[str],
    second: Sequence[str],
    clusters: Sequence[int] | None,
    folds: int,
    seed: str,
    features: Callable[[Ints], Any],
) -> Estimate:
    texts = [*first, *second]
    ids = cluster_ids(texts) if clusters is None else list(clusters)
    if len(ids) != len(texts):
        raise ValueError(f"expected {len(texts)} clusters, one per text, got {len(ids)}")
    if folds < 2:
        raise ValueError(f"expected at least 2 folds, got {folds}")
    labels = np.repeat([1, 0], [len(first), len(second)])
    fewest = min(len(set(ids[: len(first)])), len(set(ids[len(first) :])))
    if fewest < 2:
        return Estimate(nan, 0.0, 1.0, 0, "undefined: fewer than two clusters in a set")
    fold_of = _folds(ids, labels, min(folds, fewest), seed)
    scores = np.zeros(len(texts))
    for fold in range(min(folds, fewest)):
        train, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        if 0 < labels[train].sum() < len(train):
            of_all = features(train)
            weights = fit_logistic(of_all[train], labels[train])
            scores[test] = decision_values(of_all[test], weights)
    return auc_within_folds(scores, labels, fold_of, ids)


def _standardized(values: Array, train: Ints) -> Array:
    """Columns with mean 0 and standard deviation 1 on the training rows; constant ones are 0 there."""
    deviations = values[train].std(axis=0)
    result: Array = (values - values[train].mean(axis=0)) / np.where(deviations > 0, deviations, 1)
    return result


def _folds(clusters: Sequence[int], labels: Ints, folds: int, seed: str) -> Ints:
    """The fold of each text: clusters stay together, and each fold gets its share of both labels.

    The largest clusters are assigned first, the others in the order of a seeded hash, each to the
    fold with the smallest share of the labels that the cluster has.
    """
    members: dict[int, list[int]] = {}
    for index, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(index)
    order = sorted(
        members.values(), key=lambda texts: (-len(texts), digest("blind folds", seed, texts[0]))
    )
    totals = np.bincount(labels, minlength=2)
    loads = np.zeros((folds, 2))
    result = np.zeros(len(clusters), np.int64)
    for texts in order:
        counts = np.bincount(labels[texts], minlength=2) / totals
        fold = int(np.argmin(loads @ counts))
        loads[fold] += counts
        result[texts] = fold
    return result


def auc_within_folds(scores: Array, labels: Ints, folds: Ints, clusters: Sequence[int]) -> Estimate:
    """The AUC over pairs of one fold, with the interval of `blind_auc`.

    Args:
        scores: out-of-fold score of each text.
        labels: 1 for the first set, 0 for the second.
        folds: fold of each text; with one fold the variance has no correction.
        clusters: cluster of each text.
    """
    wins, pairs, influence = 0.0, 0, np.zeros(len(scores))
    areas = []
    for fold in np.unique(folds):
        x, y = (np.flatnonzero((folds == fold) & (labels == label)) for label in (1, 0))
        if not (len(x) and len(y)):
            continue
        above, below = _placements(scores[x], scores[y]), 1 - _placements(scores[y], scores[x])
        areas.append(float(above.mean()))
        influence[x] = (above - areas[-1]) * len(y)
        influence[y] = (below - areas[-1]) * len(x)
        wins += areas[-1] * len(x) * len(y)
        pairs += len(x) * len(y)
    units, numbers = np.unique(np.asarray(clusters), return_inverse=True)
    if not pairs:
        return Estimate(nan, 0.0, 1.0, len(units), "undefined: no fold has texts of both sets")
    value = wins / pairs
    of_units = np.bincount(numbers, influence) / pairs
    used = len(np.unique(folds))
    shared = 1 + used / (used - 1) if used > 1 else 1.0
    variance = shared * len(units) / max(1, len(units) - 1) * float(of_units @ of_units)
    if variance <= 0 or not 0 < value < 1:
        return _without_variance(value, areas, labels, numbers)
    centre, half = log(value / (1 - value)), Z * sqrt(variance) / (value * (1 - value))
    low, high = (0.5 + tanh(bound / 2) / 2 for bound in (centre - half, centre + half))
    method = f"delong, logit; clusters as units, corrected for {used}-fold cross-validation"
    return Estimate(value, low, high, len(units), method)


def _without_variance(
    value: float, areas: Sequence[float], labels: Ints, clusters: Ints
) -> Estimate:
    """The interval where the pairs of each fold all agree or are all equal.

    It holds Newcombe's interval of each such outcome that occurs, with clusters as sample sizes.
    """
    first, second = (len(np.unique(clusters[labels == label])) for label in (1, 0))
    outcomes = sorted({(area > 0.5) - (area < 0.5) for area in areas})
    parts = [auc([float(outcome)] * first, [0.0] * second) for outcome in outcomes]
    low, high = min(part.low for part in parts), max(part.high for part in parts)
    count = len(np.unique(clusters))
    return Estimate(value, min(low, value), max(high, value), count, parts[0].method)


def _placements(scores: Array, others: Array) -> Array:
    """For each score the share of the others below it, where equal ones count one half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, scores, side="left")
    result: Array = (below + np.searchsorted(ordered, scores, side="right")) / (2 * len(others))
    return result
