"""ROC, AUC and true-positive rates against counting over pairs, scipy, and repetition."""

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from clean_bench.statistics.intervals import wilson
from clean_bench.statistics.roc import auc, roc_points, true_positive_rate_at

SIDE = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.floats(-5, 5), st.sampled_from([inf, -inf])),
    min_size=1,
    max_size=15,
)
FINITE = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=15)


@given(SIDE, SIDE)
def test_the_area_is_the_mean_over_pairs(positive: list[float], negative: list[float]) -> None:
    pairs = [(x > y) + 0.5 * (x == y) for x in positive for y in negative]
    got = auc(positive, negative)
    assert got.value == pytest.approx(np.mean(pairs), abs=1e-12)
    assert 0 <= got.low <= got.value <= got.high <= 1 and got.low < got.high
    assert got.n == len(positive) + len(negative)
    curve = roc_points(positive, negative)
    assert integrate.trapezoid(
        curve.true_positive_rates, curve.false_positive_rates
    ) == pytest.approx(got.value, abs=1e-12)


@given(FINITE, FINITE)
def test_scipys_mann_whitney(positive: list[float], negative: list[float]) -> None:
    statistic = stats.mannwhitneyu(positive, negative).statistic
    assert auc(positive, negative).value * len(positive) * len(negative) == pytest.approx(statistic)


@given(FINITE, FINITE)
def test_delongs_variance_from_pairs(positive: list[float], negative: list[float]) -> None:
    got = auc(positive, negative)
    if got.method != "delong, logit":
        return
    kernel = np.array([[(x > y) + 0.5 * (x == y) for y in negative] for x in positive])
    variance = stats.sem(kernel.mean(axis=1)) ** 2 + stats.sem(kernel.mean(axis=0)) ** 2
    value = kernel.mean()
    error = np.sqrt(variance) / (value * (1 - value))
    low, high = stats.norm.interval(0.95, np.log(value / (1 - value)), error)
    assert (got.low, got.high) == pytest.approx((1 / (1 + np.exp(-low)), 1 / (1 + np.exp(-high))))


def hanley_mcneil(t: float, n: int) -> float:
    """Their variance, equation 1, for n items on each side."""
    q1, q2 = t / (2 - t), 2 * t * t / (1 + t)
    return (t * (1 - t) + (n - 1) * (q1 - t * t) + (n - 1) * (q2 - t * t)) / n**2


@pytest.mark.parametrize("n", [1, 3, 25, 400])
def test_perfect_separation_has_newcombes_interval(n: int) -> None:
    z = stats.norm.ppf(0.975)
    bound = optimize.brentq(lambda t: (1 - t) - z * np.sqrt(hanley_mcneil(t, n)), 1e-9, 1 - 1e-9)
    apart = auc(np.arange(n) + 1000.0, np.arange(n))
    assert (apart.value, apart.low, apart.high) == (1, pytest.approx(bound), 1)
    turned = auc(np.arange(n), np.arange(n) + 1000.0)
    assert (turned.value, turned.low, turned.high) == (0, 0, pytest.approx(1 - bound))
    same = auc(np.zeros(n), np.zeros(n))
    assert same.value == 0.5 and same.low == pytest.approx(1 - same.high)
    assert 0.5 - same.low == pytest.approx(z * np.sqrt(hanley_mcneil(same.low, n)))


@pytest.mark.parametrize(
    "m, n, shift, least",
    [(60, 60, 1.0, 0.935), (150, 500, 0.0, 0.935), (12, 15, 1.5, 0.935), (12, 15, 2.5, 0.935),
     (25, 200, 2.0, 0.90)],
)  # fmt: skip
def test_the_interval_covers(m: int, n: int, shift: float, least: float) -> None:
    """The known weakness of the variance, few positive items above 0.9, has a lower bound of its own."""
    rng, truth, runs = np.random.default_rng(7), stats.norm.cdf(shift / np.sqrt(2)), 800
    held = 0
    for _ in range(runs):
        got = auc(rng.normal(shift, 1, m), rng.normal(0, 1, n))
        held += got.low <= truth <= got.high
    assert least <= held / runs <= 0.99


@given(SIDE, SIDE, st.sampled_from([0.01, 0.05, 0.1, 0.29, 0.5]))
def test_the_true_positive_rate_by_trying_thresholds(
    positive: list[float], negative: list[float], rate: float
) -> None:
    """A threshold is admitted if a new negative exceeds it with at most the rate, ranked among all."""
    n = len(negative)
    admitted = [t for t in positive if 1 + sum(y >= t for y in negative) <= rate * (n + 1) + 1e-12]
    got = true_positive_rate_at(positive, negative, rate)
    if n < 1 / rate - 1 - 1e-9:
        assert isnan(got.value) and (got.low, got.high) == (0, 1) and "too few" in got.method
        return
    hits = sum(x >= min(admitted) for x in positive) if admitted else 0
    expected = wilson(hits, len(positive))
    assert (got.value, got.low, got.high) == (expected.value, expected.low, expected.high)


def test_true_positives_by_hand() -> None:
    negative = np.arange(99.0)
    assert true_positive_rate_at([98, 98.5, 99, 0], negative, 0.01).value == 0.5
    assert true_positive_rate_at([94, 94.5, 95, 0], negative, 0.05).value == 0.5
    assert isnan(true_positive_rate_at([1.0], negative[:98], 0.01).value)


def test_new_negatives_are_flagged_at_most_at_the_rate() -> None:
    rng, shares = np.random.default_rng(8), []
    for _ in range(400):
        new, old = rng.normal(size=500), rng.normal(size=219)
        shares.append(true_positive_rate_at(new, old, 0.05).value)
    error = stats.sem(shares)
    assert abs(np.mean(shares) - 11 / 220) < 3 * error


def test_the_curve_by_hand() -> None:
    curve = roc_points([3, 2], [2, 1])
    assert curve.thresholds.tolist() == [inf, 3, 2, 1]
    assert curve.true_positive_rates.tolist() == [0, 0.5, 1, 1]
    assert curve.false_positive_rates.tolist() == [0, 0, 0.5, 1]


def test_nothing_and_bad_input() -> None:
    nothing = auc([], [1.0])
    assert isnan(nothing.value) and (nothing.low, nothing.high, nothing.n) == (0, 1, 0)
    none = true_positive_rate_at([], np.arange(100.0), 0.05)
    assert isnan(none.value) and (none.low, none.high, none.n) == (0, 1, 0)
    with pytest.raises(ValueError, match="positive and negative items, got 1 positive and 0 neg"):
        roc_points([1.0], [])
    with pytest.raises(ValueError, match="negative scores without nan"):
        auc([1.0], [np.nan])
    with pytest.raises(ValueError, match="between 0 and 1"):
        true_positive_rate_at([1.0], [0.0], 1.0)
