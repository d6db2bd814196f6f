"""The vote of k against the enumeration of every choice of k samples and every way out of a tie."""

from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.statistics.pass_at_k import LARGEST_VOTE, majority_of_k, pass_at_k, powers_of_two


def enumerated(votes: list[int], right: list[float], silent: int, k: int) -> float:
    samples = [g for g, count in enumerate(votes) for _ in range(count)] + [None] * silent
    total, draws = Fraction(0), 0
    for drawn in combinations(samples, k):
        draws += 1
        counts = Counter(answer for answer in drawn if answer is not None)
        if counts:
            most = max(counts.values())
            tied = [answer for answer, count in counts.items() if count == most]
            total += sum(Fraction(right[answer]) for answer in tied) / len(tied)
    return float(total / draws)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from([0.0, 0.0, 1.0])), max_size=5),
    st.integers(0, 3),
)
def test_the_vote_is_the_mean_over_all_draws(groups: list[tuple[int, float]], silent: int) -> None:
    votes, right = [v for v, _ in groups], [r for _, r in groups]
    n = sum(votes) + silent
    if not 1 <= n <= 12:
        return
    ks = list(range(1, n + 1))
    expected = [enumerated(votes, right, silent, k) for k in ks]
    assert majority_of_k(votes, right, silent, ks) == pytest.approx(expected, abs=1e-12)


def test_ties_and_silence_by_hand() -> None:
    assert majority_of_k([2, 2, 1], [1, 0, 0], 0, [5]) == [0.5]
    assert majority_of_k([1, 1, 1], [1, 1, 0], 9, [12]) == [pytest.approx(2 / 3)]
    assert majority_of_k([], [], 4, [1, 4]) == [0.0, 0.0]
    # One vote and one silence: a draw of one hits the vote half the time, a draw of two always.
    assert majority_of_k([1], [1], 1, [1, 2]) == [0.5, 1.0]


def test_the_vote_of_one_is_the_share_of_right_samples() -> None:
    assert majority_of_k([30, 20, 10], [0, 1, 0], 4, [1])[0] == pytest.approx(20 / 64)


def test_many_samples_against_drawing_them() -> None:
    votes, right, silent, k = [20, 24, 5, 3], [1, 0, 0, 0], 12, 16
    samples = np.repeat([0, 1, 2, 3, 4], [*votes, silent])
    generator = np.random.default_rng(1)
    won = []
    for _ in range(20_000):
        counts = np.bincount(generator.permutation(samples)[:k], minlength=5)[:4]
        tied = np.flatnonzero(counts == counts.max())
        won.append(float(0 in tied) / len(tied))
    [got] = majority_of_k(votes, right, silent, [k])
    assert got == pytest.approx(np.mean(won), abs=4 * np.std(won) / np.sqrt(len(won)))


def test_a_thousand_samples_stay_in_range() -> None:
    half = LARGEST_VOTE // 2
    ks = powers_of_two(LARGEST_VOTE)
    assert majority_of_k([half, half], [1, 0], 0, ks) == pytest.approx([0.5] * len(ks))


@pytest.mark.parametrize(
    "votes, right, silent, ks",
    [([1], [1, 0], 0, [1]), ([0], [1], 1, [1]), ([1], [1], 0, [2]), ([1], [1], 0, [0]),
     ([LARGEST_VOTE + 1], [1], 0, [1])],
)  # fmt: skip
def test_votes_that_do_not_fit(
    votes: list[int], right: list[float], silent: int, ks: list[int]
) -> None:
    with pytest.raises(ValueError):
        majority_of_k(votes, right, silent, ks)


def test_the_k_that_are_reported() -> None:
    assert [powers_of_two(n) for n in (1, 2, 3, 8, 12)] == [
        [1], [1, 2], [1, 2, 3], [1, 2, 4, 8], [1, 2, 4, 8, 12]
    ]  # fmt: skip


def test_pass_at_one_is_the_share_of_right_samples() -> None:
    table = np.random.default_rng(0).integers(0, 2, (7, 5))
    assert pass_at_k(table, 1) == pytest.approx(table.mean(axis=1))
