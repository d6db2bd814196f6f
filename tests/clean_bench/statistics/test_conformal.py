"""Conformal p values against counting, exact enumeration, and the false discoveries they lead to."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.statistics.conformal import conformal_p_values, leave_one_out_p_values
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.intervals import mean_interval
from clean_bench.statistics.multiple_testing import benjamini_hochberg

SCORES = st.lists(st.one_of(st.integers(-3, 3).map(float), st.floats(allow_nan=False)), max_size=20)


@given(SCORES, SCORES)
def test_it_counts(scores: list[float], null: list[float]) -> None:
    expected = [(1 + sum(other >= s for other in null)) / (len(null) + 1) for s in scores]
    assert conformal_p_values(scores, null).tolist() == expected


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.sampled_from("abc")), max_size=15),
    st.lists(st.tuples(st.integers(-3, 3), st.sampled_from("abd")), max_size=15),
    st.integers(0, 6),
)
def test_it_counts_within_strata(
    items: list[tuple[int, str]], null: list[tuple[int, str]], smallest: int
) -> None:
    expected = []
    for score, stratum in items:
        own = [other for other, label in null if label == stratum]
        # A stratum without null scores has the pooled null only where the smallest size is above 0.
        if len(own) < smallest:
            own = [other for other, _ in null]
        expected.append((1 + sum(other >= score for other in own)) / (len(own) + 1))
    p = conformal_p_values(
        [score for score, _ in items],
        [score for score, _ in null],
        strata=[label for _, label in items],
        null_strata=[label for _, label in null],
        smallest_stratum=smallest,
    )
    assert p.tolist() == expected


def test_by_hand() -> None:
    assert conformal_p_values([5, 2, 0], [1, 2, 3]).tolist() == [0.25, 0.75, 1.0]
    assert conformal_p_values([7.0], []).tolist() == [1.0]
    assert leave_one_out_p_values([1, 2, 2, 3]).tolist() == [1.0, 0.75, 0.75, 0.25]
    assert leave_one_out_p_values([]).tolist() == []


def last_p_values(scores: list[int]) -> list[float]:
    """The p value of the last score among the others, over all orders."""
    return [float(conformal_p_values(order[-1:], order[:-1])[0]) for order in permutations(scores)]


def test_exchangeable_scores_have_exactly_uniform_p_values() -> None:
    assert Counter(last_p_values([1, 2, 3, 4, 5])) == {k / 5: 24 for k in range(1, 6)}


@pytest.mark.parametrize(
    "scores", [[0, 0, 1, 1, 1], [0, 0, 0, 0, 0], [0, 1, 2, 2, 2], [0, 0, 0, 1, 2]]
)
def test_equal_scores_make_no_p_value_smaller(scores: list[int]) -> None:
    p = np.array(last_p_values(scores))
    assert all((p <= level).mean() <= level + 1e-12 for level in np.linspace(0.02, 1, 50))
    assert p.mean() > 0.6  # of distinct scores


@given(SCORES)
def test_leaving_each_out(scores: list[float]) -> None:
    expected = [
        float(conformal_p_values([s], scores[:i] + scores[i + 1 :])[0])
        for i, s in enumerate(scores)
    ]
    assert leave_one_out_p_values(scores).tolist() == pytest.approx(expected)


def false_discoveries(
    rng: np.random.Generator, planted: int, clean: int, nulls: int, decimals: int, *, exact: bool
) -> tuple[Estimate, float]:
    """The mean false discovery proportion of BH at 5% over one shared null sample, and the power."""
    proportions, power = [], []
    for _ in range(500):
        scores = rng.normal(np.repeat([4.0, 0.0], [planted, clean])).round(decimals)
        null = rng.normal(size=nulls).round(decimals)
        p = conformal_p_values(scores, null)
        if exact:
            p = np.maximum(p - 1 / (nulls + 1), 0)  # the rank without the item itself
        flagged = benjamini_hochberg(p) <= 0.05
        proportions.append(flagged[planted:].sum() / max(1, flagged.sum()))
        power.append(flagged[:planted].mean() if planted else 0.0)
    return mean_interval(proportions), float(np.mean(power))


@pytest.mark.parametrize(
    "planted, clean, nulls, decimals",
    [(60, 240, 1000, 9), (60, 240, 1000, 0), (0, 300, 1000, 9), (20, 280, 300, 9)],
)
def test_the_false_discovery_proportion_with_one_shared_null_sample(
    planted: int, clean: int, nulls: int, decimals: int
) -> None:
    rng = np.random.default_rng(5)
    proportion, power = false_discoveries(rng, planted, clean, nulls, decimals, exact=False)
    assert proportion.low <= 0.05
    if nulls == 1000 and planted:
        assert power > 0.8


def test_ranks_that_leave_out_the_item_itself_are_not_p_values() -> None:
    """The simulation notices it: without the 1, BH at 5% is above 5%."""
    rng = np.random.default_rng(5)
    proportion, _ = false_discoveries(rng, 0, 300, 300, 9, exact=True)
    assert proportion.low > 0.2


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="scores without nan, got nan at position 1"):
        conformal_p_values([0, np.nan], [1])
    with pytest.raises(ValueError, match="null scores without nan"):
        leave_one_out_p_values([np.nan])
    with pytest.raises(ValueError, match="or of neither"):
        conformal_p_values([0], [1], strata=["a"])
    with pytest.raises(ValueError, match="2 strata of 1 items"):
        conformal_p_values([0], [1], strata=["a", "b"], null_strata=["a"])
    with pytest.raises(ValueError, match="shape"):
        conformal_p_values([[0]], [1])
