"""Equality within a relative tolerance, against Python's own floating-point comparison."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clean_bench.errors import UserError
from clean_bench.grading import grade
from clean_bench.grading.tolerance import equal, equal_fast


@pytest.mark.parametrize(
    ("gold", "answer", "relative", "expected"),
    [
        ("4.4677e14", r"4.46771 \times 10^{14}", 1e-4, True),
        ("4.4677e14", r"4.47 \times 10^{14}", 1e-4, False),
        ("1000000007", "1000000008", 1e-4, True),
        ("3.14159", r"\pi", 1e-4, True),
        ("3.1", r"\pi", 1e-4, False),
        ("0.264", r"0.2641 \text{ angstroms}", 1e-3, True),
        ("5 m", "5.0001 m", 1e-4, True),
        ("5 m", "5.0001 cm", 1e-4, False),
        ("(1, 2)", "(1.00001, 2)", 1e-4, True),
        ("(1, 2)", "(2.00001, 1)", 1e-4, False),
        ("0", "0.00001", 1e-4, False),
        ("-3", "3", 1e-4, False),
        ("2x", "2.00001x", 1e-4, False),
        ("x^2+1", "1+x^2", 1e-4, True),
        (r"\sqrt{2}", "1.41421", 1e-4, True),
        ("50", r"50.001\%", 1e-4, True),
    ],
)
def test_numbers_may_differ_within_the_tolerance_and_nothing_else(
    gold: str, answer: str, relative: float, expected: bool
) -> None:
    for one, other in ((gold, answer), (answer, gold)):
        assert equal(one, other, relative=relative) is expected
        assert equal_fast(one, other, relative=relative) in (expected, None)


decimals = st.decimals(-1000, 1000, places=4, allow_nan=False).filter(bool)


@given(decimals, st.decimals(-2, 2, places=3), st.sampled_from([1e-4, 1e-3, 0.01]))
def test_agreement_with_floating_point(value: float, steps: float, relative: float) -> None:
    gold = float(value)
    answer = gold * (1 + float(steps) * relative)
    ratio = abs(gold - answer) / max(abs(gold), abs(answer))
    assume(abs(ratio - relative) > 1e-9)  # at the bound itself, rounding decides
    expected = math.isclose(gold, answer, rel_tol=relative)
    assert equal_fast(repr(gold), repr(answer), relative=relative) is expected


def test_grade_takes_a_tolerance_and_keeps_the_exact_grades_apart() -> None:
    pair = ("2.45e6", r"\boxed{2.4501 \times 10^6}")
    assert [
        grade([pair], tolerance=tolerance)[0].kind for tolerance in (None, 1e-4, 1e-5, None)
    ] == ["different", "equal", "different", "different"]


def test_the_worker_decides_within_the_tolerance_too() -> None:
    pair = ("1", r"\boxed{\int_0^1 1\,dx}")
    assert grade([pair], tolerance=1e-4)[0].kind == "equal"


@pytest.mark.parametrize("relative", [0.0, -1.0, 0.2, math.nan, math.inf])
def test_a_tolerance_out_of_range_is_refused(relative: float) -> None:
    with pytest.raises(UserError, match="expected a relative difference above 0"):
        grade([("1", "1")], tolerance=relative)


def test_other_graders_take_no_tolerance() -> None:
    with pytest.raises(UserError, match="expected the grader clean-bench, got math-verify"):
        grade([("1", "1")], grader="math-verify", tolerance=1e-4)
