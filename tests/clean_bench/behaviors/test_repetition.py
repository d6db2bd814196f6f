"""The detector against a regular expression that says the same, and its work on hostile text."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.behaviors import repetition
from clean_bench.behaviors.repetition import repeated_ngrams, repeats

_SAYS_THE_SAME = re.compile(r"(.{10,256}?)\1{9}", re.DOTALL)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("abcdefghij" * 10, True),
        ("abcdefghij" * 10 + "k", True),
        ("x" * 37 + "abcdefghij" * 10, True),
        ("abcdefghij" * 9 + "abcdefghi", False),
        ("a" * 100, True),
        ("a" * 99, False),
        ("".join(chr(200 + i) for i in range(256)) * 10, True),
        ("".join(chr(200 + i) for i in range(257)) * 10, False),
        ("abcdefghi" * 20, True),  # 18 letters, ten times
        ("abcdefghi" * 19, False),
        ("\ud800bcdefghij" * 10, True),
        ("", False),
    ],
)
def test_by_hand(text: str, expected: bool) -> None:
    assert repeats(text) is expected
    assert (_SAYS_THE_SAME.search(text) is not None) is expected


@settings(max_examples=300, deadline=None)
@given(
    st.text("ab", max_size=30),
    st.text("abc", min_size=1, max_size=40),
    st.integers(6, 24),
    st.integers(0, 20),
    st.text("ab", max_size=30),
)
def test_the_regular_expression_agrees(
    before: str, unit: str, times: int, cut: int, after: str
) -> None:
    text = before + (unit * times)[: len(unit) * times - cut] + after
    assert repeats(text) is (_SAYS_THE_SAME.search(text) is not None)


@pytest.mark.parametrize(
    "text, expected",
    [
        (("a" * 98 + "b") * 1010, True),
        ("".join(random.Random(0).choices("ab", k=100_000)), False),
        (("".join(random.Random(1).choices("ab", k=257)) * 400)[:100_000], False),
        ("".join(chr(0x4E00 + i % 300) for i in range(100_000)), False),
        (("a" * 95 + "b" + "a" * 60 + "c" + "a" * 99 + "d") * 390, False),
    ],
)
def test_hostile_text_is_compared_once_a_distance(
    text: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is bounded: a hundred thousand characters are gone through 247 times at most."""
    tried: list[int] = []

    def counted(codes: Any, distance: int) -> int:
        tried.append(distance)
        return longest(codes, distance)

    longest = repetition._longest_run
    monkeypatch.setattr(repetition, "_longest_run", counted)
    assert repeats(text) is expected
    assert len(tried) == len(set(tried)) <= 247


def test_repeated_ngrams_by_hand() -> None:
    # abcd bcda cdab dabc abcd: four distinct ones of five
    assert repeated_ngrams(list("abcdabcd"), 4) == pytest.approx(1 / 5)
    assert repeated_ngrams(list("abcd"), 4) == 0
    assert repeated_ngrams(list("abc"), 4) == 0
    assert repeated_ngrams(["a"] * 11, 2) == pytest.approx(0.9)
