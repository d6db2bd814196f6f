"""Exact tests against hand calculations, enumeration and their size under the null."""

from fractions import Fraction
from itertools import combinations, product
from math import comb, e, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clean_bench.statistics.binomial_tests import (
    bayes_factor_bound,
    confidence_bound,
    flag_count_p_value,
    mcnemar_p_value,
    sign_flip_p_value,
)
from clean_bench.statistics.conformal import conformal_p_values
from clean_bench.statistics.intervals import wilson


def test_counts_of_flags_by_hand() -> None:
    assert flag_count_p_value(3, 3, 0.05) == pytest.approx(0.05**3)
    assert flag_count_p_value(1, 20, 0.05) == pytest.approx(1 - 0.95**20)
    assert flag_count_p_value(0, 20, 0.05) == flag_count_p_value(0, 0, 0.05) == 1
    tail = sum(comb(10, k) * 0.1**k * 0.9 ** (10 - k) for k in (4, 5, 6, 7, 8, 9, 10))
    assert flag_count_p_value(4, 10, 0.1) == pytest.approx(tail)


def test_a_shared_null_by_enumeration() -> None:
    """5 null scores and 4 items in every order: the ranks of the items among 9 are a random subset."""
    counts = []
    for chosen in combinations(range(9), 4):
        null = [rank for rank in range(9) if rank not in chosen]
        counts.append(int((conformal_p_values(chosen, null) <= 0.34).sum()))
    for flags in range(5):
        expected = np.mean([count >= flags for count in counts])
        assert flag_count_p_value(flags, 4, 0.34, null_count=5) == pytest.approx(expected)


def test_flags_that_share_a_null_reject_too_often_as_if_independent() -> None:
    rng, runs = np.random.default_rng(2), 1500
    independent = shared = 0
    for _ in range(runs):
        p = conformal_p_values(rng.random(500), rng.random(399))
        flags = int((p <= 0.05).sum())
        independent += flag_count_p_value(flags, 500, 0.05) <= 0.05
        shared += flag_count_p_value(flags, 500, 0.05, null_count=399) <= 0.05
    assert wilson(independent, runs).low > 0.08
    assert wilson(shared, runs).low <= 0.05 and shared / runs > 0.035


def test_too_small_a_null_flags_nothing() -> None:
    assert flag_count_p_value(0, 10, 0.05, null_count=18) == 1
    with pytest.raises(ValueError, match="expected no flag"):
        flag_count_p_value(1, 10, 0.05, null_count=18)


@pytest.mark.parametrize("flags, n, rate", [(-1, 3, 0.1), (4, 3, 0.1), (1, 3, 0.0), (1, 3, 1.0)])
def test_impossible_counts(flags: int, n: int, rate: float) -> None:
    with pytest.raises(ValueError, match="expected flags"):
        flag_count_p_value(flags, n, rate)


def test_sign_flips_by_hand() -> None:
    # Of 8 patterns of 1, 2, 3 only +++ reaches 6; of 1, -2, 3 with sum 2: +++ 6, -++ 4, ++- 0, +-+ 2.
    assert sign_flip_p_value([1, 2, 3]) == 1 / 8
    assert sign_flip_p_value([1, -2, 3]) == 3 / 8
    assert sign_flip_p_value([-1, -2, -3]) == 1
    assert sign_flip_p_value([]) == sign_flip_p_value([0, 0]) == 1
    assert sign_flip_p_value([1, 2, 3], ["a", "a", "b"]) == 1 / 4  # sums 3 and 3


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 5)), max_size=12),
)
def test_sign_flips_by_enumeration(pairs: list[tuple[int, int]]) -> None:
    differences, clusters = [d for d, _ in pairs], [c for _, c in pairs]
    labels = sorted(set(clusters))
    observed, reached, total = sum(differences), 0, 0
    for signs in product((1, -1), repeat=len(labels)):
        sign = dict(zip(labels, signs, strict=True))
        reached += sum(sign[c] * d for d, c in pairs) >= observed
        total += 1
    got = sign_flip_p_value([d / 10 for d in differences], clusters)
    assert got == pytest.approx(float(Fraction(reached, total)))


def test_random_patterns_are_close_to_all_patterns() -> None:
    """Integers, so that the distribution of the flipped sum is a convolution."""
    differences = np.random.default_rng(0).integers(-9, 12, 40)
    width = int(np.abs(differences).sum())
    chances = np.zeros(2 * width + 1)
    chances[width] = 1.0
    for d in differences:
        chances = (np.roll(chances, d) + np.roll(chances, -d)) / 2
    exact = chances[width + differences.sum() :].sum()
    got = sign_flip_p_value(differences)
    assert got == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9999))
    assert got == sign_flip_p_value(differences) != sign_flip_p_value(differences, seed=1)


def test_the_size_of_sign_flips_with_clusters() -> None:
    """Equal differences within a cluster: flipped one by one, they reject too often."""
    rng = np.random.default_rng(4)
    labels = np.repeat(np.arange(10), 3).tolist()
    clustered, alone = [], []
    for run in range(2000):
        differences = np.repeat(rng.normal(size=10), 3)
        clustered.append(sign_flip_p_value(differences, labels) <= 0.05)
        if run < 200:
            alone.append(sign_flip_p_value(differences) <= 0.05)
    size = wilson(sum(clustered), len(clustered))
    assert size.low <= 0.05 <= size.high
    assert wilson(sum(alone), len(alone)).low > 0.08


def test_bad_differences() -> None:
    with pytest.raises(ValueError, match="finite"):
        sign_flip_p_value([1, np.nan])
    with pytest.raises(ValueError, match="2 cluster labels, got 1"):
        sign_flip_p_value([1, 2], ["a"])


@pytest.mark.parametrize("gained, lost", [(0, 0), (5, 0), (0, 5), (9, 3), (40, 31)])
def test_mcnemar_is_half_a_binomial(gained: int, lost: int) -> None:
    n = gained + lost
    tail = Fraction(sum(comb(n, k) for k in range(gained, n + 1)), 2**n)
    assert mcnemar_p_value(gained, lost) == pytest.approx(float(tail))


def test_negative_counts() -> None:
    with pytest.raises(ValueError, match="-1 lost"):
        mcnemar_p_value(3, -1)


def test_the_bound_in_the_papers_table() -> None:
    """Sellke, Bayarri and Berger 2001, table 1: the conditional error of p values, 1 / (1 + BF)."""
    table = {0.2: 0.465, 0.1: 0.385, 0.05: 0.289, 0.01: 0.111, 0.005: 0.067, 0.001: 0.0184}
    for p, error in table.items():
        assert 1 - confidence_bound(p) == pytest.approx(error, abs=2e-3)
    assert bayes_factor_bound(0.05) == pytest.approx(1 / (-e * 0.05 * log(0.05)))
    assert bayes_factor_bound(0) == inf and confidence_bound(0) == 1
    for p in (1 / e, 0.5, 1.0):
        assert bayes_factor_bound(p) == 1 and confidence_bound(p) == 0.5
    with pytest.raises(ValueError, match="p value"):
        bayes_factor_bound(-0.1)


@pytest.mark.parametrize("p", [0.3, 0.05, 0.001])
def test_the_bound_is_the_supremum_over_beta_alternatives(p: float) -> None:
    """Of the densities x p^(x - 1) with 0 < x <= 1, evaluated on a grid."""
    shapes = np.linspace(1e-4, 1, 200_001)
    assert bayes_factor_bound(p) == pytest.approx(stats.beta.pdf(p, shapes, 1).max(), rel=1e-6)
