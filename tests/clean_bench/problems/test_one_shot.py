"""The training examples of One-Shot RLVR: their labels, checked by calculation."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

import pytest

from clean_bench.errors import UserError
from clean_bench.grading import grade
from clean_bench.grading.numbers import number_of
from clean_bench.problems import Problem, load_problems
from clean_bench.problems.one_shot import examples, one_shot_rows


def only(name: str) -> Problem:
    [problem] = load_problems(name)
    return problem


def right(problem: Problem, answer: str) -> bool:
    [graded] = grade([(problem.answer or "", rf"\boxed{{{answer}}}")])
    return graded.correct


def test_pi_1_has_a_rounded_published_label_and_an_exact_one() -> None:
    published, exact = only("one-shot/pi_1"), only("one-shot/pi_1-exact")
    assert published.answer == "12.8" and published.problem == exact.problem
    # P = k A V^3 with P(2, 8) = 4: k = 1/256; 32 = 4 V^3 / 256.
    cube = Fraction(32) * 256 / 4
    assert cube == 2048
    value = number_of(exact.answer or "")
    assert value is not None and value**3 == pytest.approx(2048)
    assert Fraction("12.8") ** 3 != cube


def test_the_exact_label_of_pi_2_is_the_number_of_common_divisors() -> None:
    common = gcd(9240, 13860)
    divisors = sum(common % number == 0 for number in range(1, common + 1))
    assert only("one-shot/pi_2-exact").answer == str(divisors)
    assert only("one-shot/pi_2").answer == "24"


def test_the_exact_label_of_pi_13_is_the_slope_of_the_chord() -> None:
    m = Fraction(4, 3)
    for x, y in ((0, -4), (2, 0), (3, -1)):
        assert (x - 1) ** 2 + (y + 2) ** 2 == 5
    # The squared distance of the line m x + y - 1 = 0 from (1, -2) is 5 - (4/2)^2.
    assert (m * 1 - 2 - 1) ** 2 / (m * m + 1) == 5 - 4
    assert right(only("one-shot/pi_13-exact"), r"\frac{4}{3}")


def test_the_exact_label_of_pi_1209_is_the_zero_of_the_tangent() -> None:
    # The nth derivative of x e^x is (x + n) e^x: value n and slope n + 1 at 0.
    zero = Fraction(-2023, 2023 + 1)
    assert right(only("one-shot/pi_1209-exact"), f"{zero.numerator}/{zero.denominator}")


def test_every_example_is_listed_with_its_source() -> None:
    assert [row["name"] for row in one_shot_rows()] == [f"one-shot/{name}" for name in examples()]
    for name in examples():
        for suffix in ("", "-exact"):
            problems = load_problems(f"one-shot/{name}{suffix}")
            [problem] = problems
            assert problems.role == "train" and problem.source
            assert problem.problem.endswith("output the final answer within \\boxed{}.")
            problems.require_answers()
            # A set under its name can be verified against what ships.
            assert (
                load_problems(f"one-shot/{name}{suffix}").content_sha256 == problems.content_sha256
            )


def test_an_unknown_example_lists_the_known_ones() -> None:
    with pytest.raises(
        UserError, match="one-shot/pi_3: expected one of one-shot/pi_1, one-shot/pi_2"
    ):
        load_problems("one-shot/pi_3")
