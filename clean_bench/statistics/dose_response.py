"""The smallest dose that is detected: logistic regression of detection on the logarithm of the dose."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import inf, log, sqrt

import numpy as np
import numpy.typing as npt

from clean_bench.statistics.bootstrap import resample_counts
from clean_bench.statistics.intervals import Z, student_t

Array = npt.NDArray[np.float64]

RESAMPLES = 1000
RIDGE = 0.01
"""Penalty of both squared coefficients. It moves a dose estimated from hundreds of items by less than
0.1%, and keeps the coefficients finite where the doses separate the detected items from the others."""
STEPS = 100
HALVINGS = 30
TOLERANCE = 1e-8
"""Largest Newton step, in units of a coefficient, at which the fit ends."""


@dataclass(frozen=True, slots=True)
class DoseEstimate:
    """A dose with its 95% interval, in units of the doses.

    A dose at or below the smallest measured one is that dose, and one above the largest is inf: nothing
    is extrapolated. `n` counts the clusters.
    """

    dose: float
    low: float
    high: float
    n: int
    method: str
    smallest: float
    largest: float

    def __str__(self) -> str:
        """Such as "12.3 [8.1, > 256]"; "<= 1" and "> 256" are outside of the measured range."""
        return f"{self._text(self.dose)} [{self._text(self.low)}, {self._text(self.high)}]"

    def _text(self, dose: float) -> str:
        if dose <= self.smallest:
            return f"<= {self.smallest:g}"
        return f"> {self.largest:g}" if dose == inf else f"{dose:.3g}"


def smallest_dose(
    doses: npt.ArrayLike,
    detected: npt.ArrayLike,
    clusters: Sequence[Hashable],
    level: float = 0.5,
) -> DoseEstimate:
    """The dose at which the share of detected items reaches `level`.

    The share is logistic in log2(dose), fitted with a weak ridge. Where the fitted share reaches the
    level at the smallest dose already, the result is that dose. Where it does not reach the level at the
    largest dose, the result is inf.

    The interval takes the 2.5% and 97.5% percentiles of 1,000 resamples of whole clusters, each fitted
    again (Davison and Hinkley 1997, "Bootstrap methods and their application", section 3.8). Few
    clusters underestimate their own spread: the deviations of log2(dose) are widened from the normal
    quantile to Student's t with G - 1 degrees of freedom, and by sqrt(G / (G - 1)), as in
    `statistics.gains`. Clusters with equal results show no spread: the interval then ends at the
    measured doses next to the value. With one cluster it is the whole range. The resamples are the same
    for the same number of clusters.

    Args:
        doses: one per item, above 0 (controls of dose 0 measure false positives, not this curve).
        detected: one per item, 0 or 1.
        clusters: one label per item: the planting (control model, seed) that the item was measured in.
        level: the share, between 0 and 1.

    Raises:
        ValueError: if the lengths do not fit, there is no item, or a value is out of range.
    """
    dose, hit = np.asarray(doses, dtype=np.float64), np.asarray(detected, dtype=np.float64)
    if not (
        dose.ndim == 1 and len(dose) and dose.shape == hit.shape and len(clusters) == len(dose)
    ):
        raise ValueError(
            "expected one dose, one detection and one cluster per item, got shapes "
            f"{dose.shape} and {hit.shape} and {len(clusters)} clusters"
        )
    if not ((dose > 0) & (dose < inf)).all():
        raise ValueError("expected doses above 0; leave the items of dose 0 out")
    if not np.isin(hit, (0.0, 1.0)).all():
        raise ValueError("expected detections of 0 or 1")
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, got {level}")
    levels, column = np.unique(dose, return_inverse=True)
    labels = {label: index for index, label in enumerate(dict.fromkeys(clusters))}
    row = np.array([labels[label] for label in clusters])
    trials, hits = np.zeros((2, len(labels), len(levels)))
    np.add.at(trials, (row, column), 1.0)
    np.add.at(hits, (row, column), hit)

    n = len(labels)
    counts = np.vstack([np.ones((1, n)), resample_counts(n, "plantings", "dose", RESAMPLES)])
    log_dose = np.log2(levels)
    fitted = logistic_fit(log_dose, counts @ trials, counts @ hits)
    crossings = _crossings(log_dose, fitted, log(level / (1 - level)))
    value, drawn = float(crossings[0]), crossings[1:]

    def estimate(low: float, high: float, method: str) -> DoseEstimate:
        return DoseEstimate(
            dose=_within(value, levels),
            low=_within(min(low, value), levels),
            high=_within(max(high, value), levels),
            n=n,
            method=method,
            smallest=float(levels[0]),
            largest=float(levels[-1]),
        )

    if n == 1:
        return estimate(-inf, inf, "logistic in log2 dose; widest interval: one cluster")
    if np.allclose(drawn, value, rtol=0, atol=1e-6):
        low, high = log_dose[log_dose < value - 1e-6], log_dose[log_dose > value + 1e-6]
        return estimate(
            low.max(initial=-inf),
            high.min(initial=inf),
            "logistic in log2 dose; neighboring doses: clusters are equal",
        )
    if np.isfinite(value):
        drawn = value + student_t(n - 1) / Z * sqrt(n / (n - 1)) * (drawn - value)
    # A percentile between two resamples is the outer one: one of them may be infinite.
    return estimate(
        float(np.percentile(drawn, 2.5, method="lower")),
        float(np.percentile(drawn, 97.5, method="higher")),
        "logistic in log2 dose, bootstrap over clusters",
    )


def logistic_fit(x: Array, trials: Array, hits: Array) -> Array:
    """Coefficients (a, b) of P(hit) = 1 / (1 + exp(-a - b (x - mean(x)))), one pair per row of counts.

    They minimize the negative log-likelihood plus RIDGE / 2 (a^2 + b^2), by Newton's method with step
    halving on all rows together. The minimum is unique and finite for any counts.

    Args:
        x: predictor values (v).
        trials: rows x v, number of trials at each value.
        hits: rows x v, of these the successes.

    Returns:
        rows x 2.
    """
    ones, centred = np.ones_like(x), x - x.mean()
    design = np.stack([ones, centred], axis=1)

    def objective(coefficients: Array) -> Array:
        linear = coefficients @ design.T
        loss = trials * np.logaddexp(0, linear) - hits * linear
        result: Array = loss.sum(axis=1) + RIDGE / 2 * (coefficients**2).sum(axis=1)
        return result

    coefficients = np.zeros((len(trials), 2))
    current = objective(coefficients)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(coefficients @ design.T, -700, 700)))
        gradient = (trials * chance - hits) @ design + RIDGE * coefficients
        # The Hessian [[h00, h01], [h01, h11]]; the ridge keeps its determinant above 0.
        weight = trials * chance * (1 - chance)
        h00, h01, h11 = (weight @ np.stack([ones, centred, centred**2], axis=1)).T
        h00, h11 = h00 + RIDGE, h11 + RIDGE
        g0, g1 = gradient.T
        step = np.stack([h11 * g0 - h01 * g1, h00 * g1 - h01 * g0], axis=1)
        step /= (h00 * h11 - h01**2)[:, None]
        if np.abs(step).max() < TOLERANCE:
            break
        # Rows whose objective is already at its minimum up to rounding take their step.
        bound = current + 1e-12 * np.abs(current)
        for _ in range(HALVINGS):
            proposed = objective(coefficients - step)
            worse = proposed > bound
            if not worse.any():
                break
            step[worse] /= 2
        step[worse] = 0
        coefficients, current = coefficients - step, np.where(worse, current, proposed)
    return coefficients


def _crossings(x: Array, coefficients: Array, target: float) -> Array:
    """Where each fitted line reaches the target; of lines that do not rise, -inf or inf.

    Args:
        x: log2 of the doses, ascending.
        coefficients: of `logistic_fit`.
        target: logit of the level.
    """
    a, b = coefficients.T
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        crossing = x.mean() + (target - a) / b
    reached = a + b * (x[0] - x.mean()) >= target
    result: Array = np.where(b > 0, crossing, np.where(reached, -inf, inf))
    return result


def _within(log_dose: float, levels: Array) -> float:
    """The dose, or the smallest one for any below it, or inf above the largest."""
    if log_dose <= np.log2(levels[0]):
        return float(levels[0])
    return float(2**log_dose) if log_dose <= np.log2(levels[-1]) else inf
