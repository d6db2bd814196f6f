"""pass@k against the enumeration of every choice of k samples."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.statistics.gains import best_of_k


@given(
    st.lists(st.lists(st.integers(0, 1), min_size=6, max_size=6), min_size=1, max_size=5),
    st.integers(1, 6),
)
def test_best_of_k_is_the_mean_over_all_choices(correct: list[list[int]], k: int) -> None:
    expected = np.mean([[max(chosen) for chosen in combinations(row, k)] for row in correct])
    assert best_of_k(correct, k).value == pytest.approx(expected)


def test_many_samples_do_not_overflow() -> None:
    one = np.zeros((3, 4000))
    one[:, 0] = 1
    assert best_of_k(one, 1000).value == pytest.approx(0.25)


def test_items_with_too_few_decided_samples_are_left_out() -> None:
    nan = float("nan")
    got = best_of_k([[1, 0, nan], [nan, nan, 1], [0, 0, 0]], 2)
    assert (got.value, got.n) == (0.5, 2)


@pytest.mark.parametrize("correct, k", [([[1, 0]], 0), ([[1, 0]], 3), ([[0.5, 1]], 1), ([1, 0], 1)])
def test_bad_input_is_refused(correct: list[list[float]], k: int) -> None:
    with pytest.raises(ValueError):
        best_of_k(correct, k)
