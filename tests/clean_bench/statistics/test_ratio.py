"""Clustered rates and means against formulas for special cases and against simulation."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.statistics.intervals import mean_interval, wilson
from clean_bench.statistics.ratio import mean, rate


@given(st.integers(0, 60), st.integers(1, 60))
def test_one_completion_a_problem_is_wilsons_interval(successes: int, n: int) -> None:
    successes = min(successes, n)
    own = rate([1] * successes + [0] * (n - successes), [1] * n)
    known = wilson(successes, n)
    assert (own.value, own.low, own.high) == pytest.approx((known.value, known.low, known.high))


@given(
    st.integers(2, 5).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 1), min_size=k, max_size=k), min_size=2)
    )
)
def test_equal_numbers_of_samples_are_the_interval_of_scores(table: list[list[int]]) -> None:
    array = np.array(table)
    own, known = rate(array.sum(axis=1), [array.shape[1]] * len(array)), mean_interval(array)
    assert (own.value, own.low, own.high) == pytest.approx((known.value, known.low, known.high))


def test_rates_cover_the_truth() -> None:
    """Unequal numbers of trials, completions of a problem alike: about 95 of 100."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        trials = rng.integers(0, 9, size=60)
        chance = rng.beta(1, 1.5, size=60)
        found = rate(rng.binomial(trials, chance), trials)
        hits += found.low <= 0.4 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


@pytest.mark.parametrize("one_each", [True, False])
def test_rates_of_numbers_between_0_and_1_cover_the_truth(one_each: bool) -> None:
    rng = np.random.default_rng(0)
    hits, width = 0, 0.0
    for _ in range(400):
        trials = np.ones(50, int) if one_each else rng.integers(1, 9, size=50)
        chance = rng.beta(9, 1, size=50)
        found = rate(chance * trials, trials, continuous=True)
        hits += found.low <= 0.9 <= found.high
        width += (found.high - found.low) / 400
    assert 0.92 <= hits / 400 <= 0.985
    # Yes or no in nine of ten would be as wide as 0.17.
    assert width < 0.08
    still = rate([0.5, 0.5], [1, 1], continuous=True)
    assert still.low < 0.2 and still.high > 0.8


def test_means_cover_the_truth() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        weights = rng.integers(1, 9, size=80)
        level = rng.exponential(2.0, size=80)
        found = mean(level * weights, weights)
        hits += found.low <= 2 <= found.high
    assert 0.90 <= hits / 300 <= 0.98


def test_nothing_and_little_is_known() -> None:
    empty = mean([], [])
    assert isnan(empty.value) and (empty.low, empty.high, empty.n) == (-inf, inf, 0)
    for unbounded, value in ((mean([6], [2]), 3), (mean([6, 4, 8], [3, 2, 4]), 2)):
        assert (unbounded.value, unbounded.low, unbounded.high) == (value, -inf, inf)
    none = rate([0, 0], [0, 0])
    assert isnan(none.value) and (none.low, none.high, none.n) == (0, 1, 0)
    with pytest.raises(ValueError, match="between 0 and all"):
        rate([2], [1])
