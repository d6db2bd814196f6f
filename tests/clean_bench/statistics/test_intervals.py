"""Intervals against scipy and by simulation of their coverage."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clean_bench.statistics.intervals import mean_interval, standard_deviation, wilson


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(counts: tuple[int, int]) -> None:
    successes, n = counts
    expected = stats.binomtest(successes, n).proportion_ci(method="wilson")
    got = wilson(successes, n)
    assert (got.value, got.n) == (successes / n, n)
    assert got.low == pytest.approx(expected.low, abs=1e-12)
    assert got.high == pytest.approx(expected.high, abs=1e-12)


def test_zero_is_not_zero() -> None:
    assert wilson(0, 100).high == pytest.approx(0.037, abs=5e-4)
    assert wilson(0, 100).low == 0.0
    assert wilson(100, 100).high == 1.0


def test_nothing_seen_is_nothing_known() -> None:
    for nothing in (wilson(0, 0), mean_interval([]), mean_interval(np.zeros((0, 4)))):
        assert isnan(nothing.value)
        assert (nothing.low, nothing.high, nothing.n) == (0.0, 1.0, 0)


@pytest.mark.parametrize("counts", [(1, 0), (-1, 3), (4, 3)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError):
        wilson(*counts)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=60))
def test_one_binary_score_per_item_gives_wilson(scores: list[int]) -> None:
    expected, got = wilson(sum(scores), len(scores)), mean_interval(scores)
    assert got.low == pytest.approx(expected.low, abs=1e-12)
    assert got.high == pytest.approx(expected.high, abs=1e-12)


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.lists(
            st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=n, max_size=n
        )
    )
)
def test_a_mean_lies_within_its_interval_and_the_interval_within_bounds(
    scores: list[list[float]],
) -> None:
    got = mean_interval(scores)
    assert 0 <= got.low <= got.value <= got.high <= 1
    assert got.value == pytest.approx(np.mean(scores))
    assert got.n == len(scores)


def test_items_are_the_units() -> None:
    items = np.tile([[0.0], [1.0]], (20, 1))
    once, often = mean_interval(items), mean_interval(np.repeat(items, 16, axis=1))
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


@pytest.mark.parametrize("scores", [[0.5, 1.2], [-0.1], [float("nan")], [[[0.5]]]])
def test_what_is_no_score_is_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError):
        mean_interval(scores)


@pytest.mark.parametrize("items, samples, shape", [(30, 1, 1.0), (60, 8, 0.5), (400, 16, 3.0)])
def test_coverage_of_means(items: int, samples: int, shape: float) -> None:
    """Items of Beta-distributed difficulty: the interval must hold the true mean about 95 times."""
    rng, held, widths = np.random.default_rng(5), 0, []
    for _ in range(400):
        difficulty = rng.beta(shape, 2 * shape, items)
        got = mean_interval(rng.random((items, samples)) < difficulty[:, None])
        held += got.low <= 1 / 3 <= got.high
        widths.append(got.high - got.low)
    assert 0.92 <= held / 400 <= 0.985
    assert np.mean(widths) <= wilson(items // 3, items).high - wilson(items // 3, items).low + 1e-9


def test_the_interval_of_a_standard_deviation_covers_it_in_95_percent_of_simulations() -> None:
    numbers = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        estimate = standard_deviation(numbers.normal(5, 2, size=4).tolist())
        hits += estimate.low <= 2 <= estimate.high
    assert abs(hits / 2000 - 0.95) < 0.02


def test_a_standard_deviation_by_hand() -> None:
    """s^2 of 1, 2, 3 is 1; chi-square quantiles with 2 degrees of freedom are -2 ln(1 - p)."""
    estimate = standard_deviation([1.0, 2.0, 3.0])
    assert (estimate.value, estimate.n) == (1.0, 3)
    assert estimate.low == pytest.approx((2 / (-2 * np.log(0.025))) ** 0.5)
    assert estimate.high == pytest.approx((2 / (-2 * np.log(0.975))) ** 0.5)
    equal = standard_deviation([0.5, 0.5])
    assert equal.value == 0 and isnan(equal.low) and isnan(equal.high)
    with pytest.raises(ValueError, match="at least two"):
        standard_deviation([1.0])
