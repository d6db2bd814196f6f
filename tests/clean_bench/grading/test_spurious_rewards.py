"""The replica of the Spurious Rewards grader: observed outputs of the original, faults included."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.grading import grade
from clean_bench.grading.compat import spurious_rewards
from clean_bench.grading.compat.spurious_rewards_algebra import SumParser, difference_is_zero


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        # as seen when the original was run
        (r"\boxed{}", None),
        (r"\boxed{ }", None),
        (r"\boxed{.}", None),
        (r"\boxed{5} then \boxed{}", None),
        (r"\boxed{} then \boxed{5}", "5"),
        (r"a good box \boxed{5}. The boxed", None),
        ("boxed answer here", "answerhere"),
        (r"\boxed{12", "12"),
        ("no box, and so 42", "42"),
        # the order of precedence
        (r"The final answer is $7$. I hope it is right. \boxed{5}", "7"),
        (r"The answer is 4, \boxed{5}", "5"),
        ("The answer is 4, he said", "4,hesaid"),
        ("My final answer is 6.", "6"),
        ("答案是 8\n\n好", "8"),
        ("first 1,234 then -5.5 at last", "-5.5"),
        ("nothing", None),
        (r"\boxed 9$ is it", "9"),
        (r"\boxed{x = \boxed{7}}", "7"),
        # the normalization
        (r"\boxed{12 \text{ cm}}", "12"),
        (r"\boxed{90^\circ}", "90"),
        (r"\boxed{50\%}", "50"),
        (r"\boxed{\$18}", "18"),
        (r"\boxed{12 miles}", "12"),
        (r"\boxed{twenty-five}", "25"),
        (r"\boxed{3/4}", r"\frac{3}{4}"),
        (r"\boxed{\dfrac34}", r"\frac{3}{4}"),
        (r"\boxed{x=5}", "5"),
        (r"\boxed{k = 5}", "5"),
        (r"\boxed{5.00}", "5"),
        (r"\boxed{.5}", "0.5"),
        (r"\boxed{\left(1, 2\right)}", "(1,2)"),
        (r"\boxed{\sqrt2}", r"\sqrt{2}"),
        (r"\boxed{\text{blue}}", "blue"),
        (r"\boxed{\text{east}}", None),  # a direction is a unit
        (r"\boxed{070}", "70"),
        # units are taken out of formulas too
        (r"\boxed{a + b}", "+b"),
    ],
)
def test_extraction(response: str, answer: str | None) -> None:
    assert spurious_rewards.extract(response) == answer


@pytest.mark.parametrize(
    ("gold", "response", "kind"),
    [
        ("070", r"\boxed{70}", "equal"),
        ("142.0", r"\boxed{142}", "equal"),
        ("1/2", r"\boxed{0.5}", "equal"),
        ("3866.26307189542", r"\boxed{3866.2631}", "different"),
        (r"\frac{1}{2}", r"\boxed{\frac{2}{4}}", "different"),
        ("4", r"\boxed{\sqrt{16}}", "different"),
        (r"2\sqrt{2}", r"\boxed{\sqrt{8}}", "equal"),
        (r"\frac{\sqrt{2}}{2}", r"\boxed{\frac{1}{\sqrt{2}}}", "equal"),
        ("(1,2)", r"\boxed{(1, 2)}", "equal"),
        ("(1,2)", r"\boxed{[1,2]}", "different"),
        ("(1,2)", r"\boxed{(2,1)}", "different"),
        (r"(1,\frac{1}{2})", r"\boxed{(1,0.5)}", "equal"),
        ("Blue", r"\boxed{\text{blue}}", "equal"),
        ("x+1", r"\boxed{1+x}", "equal"),
        ("x+1", r"\boxed{x+2}", "different"),
        ("x+y+z", r"\boxed{z+y+x}", "different"),  # three letters are never evaluated
        ("50", r"\boxed{50\%}", "equal"),
        ("1000", r"\boxed{1,000}", "equal"),
        ("42", "I counted 42", "equal"),
        ("42", "I do not know", "no answer"),
        ("42", r"\boxed{}", "no answer"),
        ("B", "A or B? I say (b).", "equal"),
        ("B", r"\boxed{B}, not A", "different"),
        (r"\frac{x+1}{2}", r"\boxed{x+\frac{1}{2}}", "equal"),  # the bar loses its brackets
        (r"\sqrt[3]{2}", r"\boxed{\sqrt{2}}", "equal"),  # and the root its index
    ],
)
def test_grading(gold: str, response: str, kind: str) -> None:
    assert grade([(gold, response)], grader="spurious-rewards")[0].kind == kind


def test_nothing_is_evaluated_as_code(tmp_path: Path) -> None:
    target = tmp_path / "touched"
    code = f"open('{target}','w')"
    for answer in (
        code,
        f"__import__('os').system('touch {target}')",
        "().__class__",
        "x.y",
        "1if 1else 2",
    ):
        assert not spurious_rewards.equal("x", answer)
        assert not difference_is_zero("x", answer)
    assert not target.exists()


def _joined(parts: tuple[str, str, str]) -> str:
    left, sign, right = parts
    return f"({left}){sign}2" if sign == "^" else f"({left}{sign}{right})"


leaves = st.integers(0, 30).map(str) | st.sampled_from(["x", "y", "0.5", "2x", "sqrt(2)", "3!"])
sums = st.recursive(
    leaves,
    lambda part: st.tuples(part, st.sampled_from(["+", "-", "*", "/", ")(", "^"]), part).map(
        _joined
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(sums)
def test_the_arithmetic_is_sympys(text: str) -> None:
    from sympy.parsing.sympy_parser import (
        implicit_multiplication_application,
        parse_expr,
        standard_transformations,
    )

    rules = (*standard_transformations, implicit_multiplication_application)
    assert SumParser(text).parse() == parse_expr(text.replace("^", "**"), transformations=rules)


@pytest.mark.parametrize(
    "piece",
    ["\\boxed{", "{", "\\frac", "\\text{", "a ", "\\sqrt", "9", "9,999", "\\left(", "twenty ", "."],
)
def test_long_text_costs_little(piece: str) -> None:
    begun = time.process_time()
    text = piece * (100_000 // len(piece))
    for response in (text, f"\\boxed{{{text}}}", f"the answer is {text[:4900]}"):
        found = spurious_rewards.extract(response)
        if found is not None:
            spurious_rewards.equal_fast("12", found)
    assert time.process_time() - begun < 3
