"""Similarity by hand and by a longest common subsequence written another way."""

from __future__ import annotations

from itertools import combinations
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.behaviors.similarity import completion_similarity
from clean_bench.behaviors.summary import similarity_results
from clean_bench.results import Result, Results

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=8).map(" ".join)


def f_measure(a: str, b: str) -> float:
    x, y = a.split(), b.split()
    table = [[0] * (len(y) + 1) for _ in range(len(x) + 1)]
    for i, u in enumerate(x):
        for j, v in enumerate(y):
            table[i + 1][j + 1] = (
                table[i][j] + 1 if u == v else max(table[i][j + 1], table[i + 1][j])
            )
    common = table[-1][-1]
    precision, recall = common / len(x), common / len(y)
    return 2 * precision * recall / (precision + recall) if common else 0.0


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, min_size=1, max_size=4))
def test_all_pairs(before: list[str], after: list[str]) -> None:
    similarities = completion_similarity(before, after)
    cross = [f_measure(a, b) for a in before for b in after]
    assert similarities["across"] == pytest.approx(sum(cross) / len(cross))
    same = [a == b for a in before for b in after]
    assert similarities["same"] == sum(same) / len(same)
    for name, texts in (("within_before", before), ("within_after", after)):
        within = [f_measure(a, b) for a, b in combinations(texts, 2)]
        if within:
            assert similarities[name] == pytest.approx(sum(within) / len(within))
        else:
            assert isnan(similarities[name])


def test_samples_of_one_seed_are_no_pair() -> None:
    """They share their random numbers, which no two samples of one checkpoint do."""
    old, new = ["a b", "c d"], ["a b", "c e"]
    seeds: tuple[list[int], list[int]] = ([1, 2], [1, 2])
    assert completion_similarity(old, new)["across"] == pytest.approx((1 + 0 + 0 + 0.5) / 4)
    assert completion_similarity(old, new, seeds) == pytest.approx(
        {"across": 0, "same": 0, "within_before": 0, "within_after": 0}
    )
    # The same completions twice are as alike as they are among themselves, and no more.
    twice = completion_similarity(
        ["a b", "a c", "a d e"], ["a b", "a c", "a d e"], ([1, 2, 3], [1, 2, 3])
    )
    assert twice["across"] == pytest.approx(twice["within_before"])
    # Other seeds are other draws; and where there is nothing else, equal seeds count.
    assert completion_similarity(old, new, ([1, 2], [3, 4])) == completion_similarity(old, new)
    assert completion_similarity(["a"], ["a"], ([7], [7]))["across"] == 1


def test_only_the_first_words_are_compared() -> None:
    same, other = "x " * 4096, "y " * 5000
    assert completion_similarity([same + "y " * 5000], [same + "z"])["across"] == 1
    assert completion_similarity([same], [other])["across"] == 0
    assert completion_similarity([""], ["word"])["across"] == 0


def test_by_hand() -> None:
    # "x = 5 ." is the longest common subsequence of 4 tokens, of 6 and of 5.
    similarities = completion_similarity(["so x = 5 now ."], ["Then $x=5$."])
    assert similarities["across"] == pytest.approx(2 * 4 / (6 + 5))
    assert completion_similarity([""], [""]) == pytest.approx(
        {"across": 1, "same": 1, "within_before": float("nan"), "within_after": float("nan")},
        nan_ok=True,
    )


def test_what_is_beyond_two_samples_of_one_checkpoint() -> None:
    rows = [
        {"across": 0.5, "same": 0.0, "within_before": 0.9, "within_after": 0.7},
        {"across": 0.4, "same": 0.5, "within_before": 0.4, "within_after": 0.4},
    ]
    old, new = Result(checkpoint="before"), Result(checkpoint="after")
    results = Results(similarity_results(rows, old, new))
    assert [(row.checkpoint, row.measure, row.versus) for row in results] == [
        ("after", "similarity", "checkpoint=before"),
        ("after", "identical", "checkpoint=before"),
        ("before", "similarity_within", None),
        ("after", "similarity_within", None),
        ("after", "similarity_excess", "checkpoint=before"),
    ]
    values = [(0.5 + 0.4) / 2, (0 + 0.5) / 2, (0.9 + 0.4) / 2, (0.7 + 0.4) / 2, (0.5 - 0.8 + 0) / 2]
    assert [row.value for row in results] == pytest.approx(values)
    single = [{"across": 0.5, "same": 0.0, "within_before": None, "within_after": None}]
    alone = Results(similarity_results(single, old, new))
    excess = alone.where(measure="similarity_excess").one()
    assert (excess.value, excess.low, excess.n) == (None, None, 0)
