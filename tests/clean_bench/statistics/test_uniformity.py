"""Rejection rates over splits against counting and repetition."""

import numpy as np
import pytest

from clean_bench.statistics.conformal import conformal_p_values
from clean_bench.statistics.intervals import mean_interval
from clean_bench.statistics.uniformity import rejection_rates


def test_by_hand() -> None:
    got = rejection_rates([[0.01, 0.05, 0.5, 1.0], [0.2, 0.04]])
    assert [rate.value for rate in got] == [0.125, 0.5, 0.5]
    assert all(rate.n == 2 and rate.low < rate.value < rate.high for rate in got)


def test_equal_splits_have_the_interval_of_scores() -> None:
    p = np.random.default_rng(0).random((30, 12))
    for level, rate in zip((0.01, 0.05, 0.1), rejection_rates(p), strict=True):
        expected = mean_interval(p <= level)
        assert (rate.value, rate.low, rate.high) == (
            pytest.approx(expected.value), pytest.approx(expected.low), pytest.approx(expected.high)
        )  # fmt: skip


@pytest.mark.parametrize("nulls", [99, 999])
def test_the_intervals_hold_the_nominal_rates(nulls: int) -> None:
    """40 splits of 200 items with a null sample of its own for each, 200 times: about 95% coverage."""
    rng, runs, held = np.random.default_rng(1), 200, np.zeros(3)
    for _ in range(runs):
        p = [conformal_p_values(rng.random(200), rng.random(nulls)) for _ in range(40)]
        rates = rejection_rates(p)
        held += [
            r.low <= level <= r.high for r, level in zip(rates, (0.01, 0.05, 0.1), strict=True)
        ]
    assert ((held / runs >= 0.91) & (held / runs <= 0.99)).all()


def test_p_values_that_are_too_small_are_noticed() -> None:
    rng = np.random.default_rng(2)
    rates = rejection_rates(rng.random((40, 100)) ** 1.3)
    assert all(r.low > level for r, level in zip(rates, (0.01, 0.05, 0.1), strict=True))


def test_bad_and_empty_input() -> None:
    assert [(r.low, r.high, r.n) for r in rejection_rates([], [0.05])] == [(0, 1, 0)]
    with pytest.raises(ValueError, match="none in split 1"):
        rejection_rates([[0.1], []])
    with pytest.raises(ValueError, match="levels"):
        rejection_rates([[0.1]], [0.0])
    with pytest.raises(ValueError, match="nan"):
        rejection_rates([[np.nan]])
