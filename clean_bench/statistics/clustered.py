"""Standard errors of means of clustered observations, such as k samples of each problem.

Samples of one problem are correlated, so n problems with k samples each are not n k observations. A
standard error that ignores this is too small by the factor sqrt(1 + (k - 1) r), where r is the
correlation of two samples of one problem (Kish 1965, "Survey sampling", section 5.4).
"""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import numpy.typing as npt


def standard_error(scores: npt.ArrayLike) -> float:
    """The standard error of the mean of all scores, robust to any correlation within an item.

    The sandwich estimate for a regression on a constant, with the correction G / (G - 1) for G
    clusters (Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models";
    Miller 2024, "Adding error bars to evals", section 2.2, without the correction). With equally many
    scores per item it is the standard error of the item means.

    Args:
        scores: one value per item, or items x samples; the items are the clusters. Without nan.

    Returns:
        nan for fewer than two clusters (variance undefined).
    """
    array = np.asarray(scores, dtype=np.float64)
    means = array.mean(axis=1) if array.ndim == 2 else array
    if len(means) < 2:
        return nan
    return float(means.std(ddof=1)) / sqrt(len(means))
