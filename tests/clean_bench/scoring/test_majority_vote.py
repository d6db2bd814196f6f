"""Who votes with whom."""

import pytest

from clean_bench.scoring.majority_vote import ballot, vote


@pytest.mark.parametrize(
    "one, other, alike",
    [
        ("0.5", r"\frac{1}{2}", True),
        ("1,000", "1000", True),
        (r"\dfrac{a}{b}", r"\frac{a}{b}", True),
        ("0.333", r"\frac{1}{3}", False),
        ("x", "X", False),
        ("7", "8", False),
        ("9" * 3000, "9" * 3000 + " ", False),
    ],
)
def test_ballots(one: str, other: str, alike: bool) -> None:
    assert (ballot(one) == ballot(other)) is alike


def test_the_vote_is_of_answers_and_not_of_strings() -> None:
    answers = ["0.5", r"\frac{1}{2}", "3", "3.0", "1/2", "4", None]
    right = [True, True, False, False, True, False, False]
    assert vote(answers, right, [7]) == [1.0]
    assert vote(answers[1:], right[1:], [6]) == [0.5]
    assert vote(answers, right, [1]) == [pytest.approx(3 / 7)]


def test_right_answers_are_not_merged_by_their_verdicts() -> None:
    # Only algebra tells that these two are one number; three wrong votes beat one and one.
    answers = [r"\sqrt{8}", r"2\sqrt{2}", "3", "3", "3"]
    assert vote(answers, [True, True, False, False, False], [5]) == [0.0]
    assert vote(answers[:3], [True, True, False], [3]) == [pytest.approx(2 / 3)]


def test_a_ballot_that_graded_both_ways_counts_by_its_share() -> None:
    assert vote(["1", "1.0", "1", "1"], [True, False, True, True], [4]) == [0.75]


def test_nobody_votes() -> None:
    assert vote([None, None], [False, False], [1, 2]) == [0.0, 0.0]
