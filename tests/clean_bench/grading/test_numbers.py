"""The values of answers that are numbers, and equality of two extracted answers."""

from __future__ import annotations

import math
import time

import pytest

from clean_bench.grading import same_answers
from clean_bench.grading.numbers import number_of


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("3", 3.0), ("-0.5", -0.5), ("1,234.5", 1234.5), (r"\frac{1}{3}", 1 / 3), ("-7/2", -3.5),
        (r"2\sqrt{3}", 2 * 3**0.5), (r"\pi", math.pi), ("x = 4", 4.0), (r"1.2 \times 10^{-6}", 1.2e-6),
        ("$12$", 12.0), (r"\sqrt[3]{2048}", 2048 ** (1 / 3)),
    ],
)  # fmt: skip
def test_the_value_of_a_number(answer: str, value: float) -> None:
    assert number_of(answer) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "answer",
    ["", "five apples", "5 apples", "50\\%", "x + 1", "[1, 2]", "1, 2", "1/0", "i", "10^{400}", "1e999",
     "A", "(2, 3)", "x^2 = 4", "3 < x", "9" * 3000, "(" * 1500, r"10^{10^{10^{10}}}"],
)  # fmt: skip
def test_what_is_no_single_real_number(answer: str) -> None:
    begin = time.perf_counter()
    assert number_of(answer) is None
    assert time.perf_counter() - begin < 10


def test_two_answers_are_compared_as_answers_and_not_as_gold_texts() -> None:
    pairs = [("0.5", r"\frac12"), ("[1, 2]", "1"), ("2", "3"), ("[1, 2]", "[1,2]"), ("x+1", "1+x")]
    assert same_answers(pairs) == [True, False, False, True, True]
    assert same_answers([]) == []
