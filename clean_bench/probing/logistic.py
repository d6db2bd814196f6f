"""Logistic regression with an L2 penalty."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_TOLERANCE = 1e-6
_ITERATIONS = 500


def fit_logistic(features: Any, labels: npt.ArrayLike, penalty: float = 1.0) -> Array:
    """The weights of a logistic regression, the intercept last.

    Minimizes sum_i log(1 + exp(-s_i (x_i w + b))) + penalty / 2 * |w|^2 by L-BFGS, from zero, where
    s_i is 1 for the label 1 and -1 for 0. The intercept b is not penalized.

    Args:
        features: rows x columns, dense or a sparse matrix.
        labels: 0 or 1 per row; both occur.
    """
    from scipy.optimize import minimize  # loading them takes longer than most commands
    from scipy.special import expit

    targets = np.asarray(labels, np.float64)

    def loss(weights: Array) -> tuple[float, Array]:
        scores = features @ weights[:-1] + weights[-1]
        errors = expit(scores) - targets
        gradient = np.append(features.T @ errors + penalty * weights[:-1], errors.sum())
        value = np.logaddexp(0, scores).sum() - targets @ scores
        return float(value + penalty / 2 * weights[:-1] @ weights[:-1]), gradient

    start = np.zeros(features.shape[1] + 1)
    options = {"maxiter": _ITERATIONS, "gtol": _TOLERANCE * len(targets), "ftol": 0.0}
    weights: Array = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    return weights


def decision_values(features: Any, weights: Array) -> Array:
    """The log-odds of the label 1 for each row."""
    values: Array = features @ weights[:-1] + weights[-1]
    return values
