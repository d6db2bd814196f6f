"""The normal form against sympy, enclosures and precision against mpmath."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from clean_bench.grading.algebra import balls, fields, scalars
from clean_bench.grading.algebra.polynomials import TooLarge
from clean_bench.grading.expr import Expr
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Unreadable, tokens

Tree = tuple[Expr, Any]


def _tree(text: str) -> Expr:
    return parse(tokens(text))


def trees(numbers: random.Random, depth: int, names: str = "xy") -> Tree:
    """A random expression, as a tree and in sympy."""
    if depth == 0 or numbers.random() < 0.15:
        kind = numbers.randrange(4)
        if kind == 0 and names:
            name = numbers.choice(names)
            return ("sym", name), sympy.Symbol(name, positive=True)
        if kind == 1:
            number = numbers.choice([2, 3, 5, 8, 12, 18])
            return ("fn", "sqrt", ("num", Fraction(number))), sympy.sqrt(number)
        if kind == 2:
            return numbers.choice([(("sym", "pi"), sympy.pi), (("sym", "i"), sympy.I)])
        value = Fraction(numbers.randint(-5, 5), numbers.randint(1, 4))
        return ("num", value), sympy.Rational(value.numerator, value.denominator)
    one, first = trees(numbers, depth - 1, names)
    other, second = trees(numbers, depth - 1, names)
    kind = numbers.choice(["add", "mul", "neg", "div", "pow"])
    if kind == "add":
        return ("add", one, other), first + second
    if kind == "mul":
        return ("mul", one, other), first * second
    if kind == "neg":
        return ("neg", one), -first
    if kind == "div":
        return ("div", one, other), first / second
    return ("pow", one, ("num", Fraction(2))), first**2


def form(tree: Expr) -> fields.Quotient:
    """The normal form, for examples that divide by zero nowhere."""
    try:
        return fields.normal_form(tree)
    except fields.Undefined:
        reject()


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_the_normal_form_agrees_with_sympy(seed: int) -> None:
    numbers = random.Random(seed)
    one, first = trees(numbers, 3)
    other, second = trees(numbers, 2)
    assume(not any(value.has(sympy.zoo, sympy.nan) for value in (first, second)))
    found = fields.same(form(one), form(other))
    assert found is (sympy.simplify(first - second) == 0)
    total = form(("add", one, ("neg", other)))
    assert (not total.above) is found


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_rearranged_expressions_have_one_normal_form(seed: int) -> None:
    one, value = trees(random.Random(seed), 3)
    assume(not value.has(sympy.zoo, sympy.nan))
    again = ("add", ("mul", one, ("num", Fraction(3))), ("neg", one), ("neg", one))
    assert fields.same(form(one), form(again)) is True
    more = ("add", one, ("num", Fraction(1, 1000)))
    assert fields.same(form(one), form(more)) is False


@pytest.mark.parametrize(
    "text",
    ["2^{100000}", "(10^9)!", "(x+y+z+w)^{100}", "((x+1)^{60}+1)^{60}", r"\binom{4000}{2000}^9"],
)
def test_sizes_are_bounded(text: str) -> None:
    with pytest.raises(TooLarge):
        fields.normal_form(_tree(text))


@pytest.mark.parametrize("text", ["1/0", "1/(x-x)", "(5-5)^0", "0^{-1}"])
def test_undefined(text: str) -> None:
    with pytest.raises(fields.Undefined):
        fields.normal_form(_tree(text))


FORMULAS = [
    r"\sin 2", r"\tan 1.5", r"\sqrt[3]{7}", r"e^{\pi}", r"\ln 2+\sqrt{2}", r"\log_3 5", "2^{1/3}",
    r"\frac{\cos 1}{\arctan 3}", r"(1+\sqrt{2})^{40}-33^{20}", r"e^{\pi\sqrt{163}}-262537412640768744",
    r"\sqrt{10^{20}+1}-10^{10}", r"\cot 0.001", "12345.678^{2.5}", r"\sec 1.57",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_a_ball_holds_the_value(text: str) -> None:
    tree = _tree(text)
    middle, radius = balls.ball(tree, {})
    with mpmath.workdps(60):
        assert abs(scalars._value(tree, {}) - middle) <= radius


@pytest.mark.parametrize("text", FORMULAS)
def test_values_are_apart_only_where_they_differ(text: str) -> None:
    tree = _tree(text)
    assert not balls.apart(
        tree, ("mul", ("num", Fraction(3)), ("div", tree, ("num", Fraction(3)))), {}
    )
    assert scalars.equal(tree, ("add", tree, ("sym", "x"), ("neg", ("sym", "x"))))
    assert not scalars.equal(tree, ("add", tree, ("num", Fraction(1, 10**40))))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (r"\sin 2x", r"2\sin x\cos x", True),
        (r"\tan x", r"\cot x", False),
        ("4^x", "2^{2x}", True),
        ("4^x", "2^{x+2}", False),
        (r"\ln x^2", r"2\ln x", True),
        (r"\sqrt{x^2}", "|x|", True),
        (r"\sqrt{x^2}", "x", False),
        (r"\log 100", "2", True),
        (r"\log 2", r"\ln 2", True),
        (r"\log 2", r"\ln 3", False),
        ("e^{i\\pi}", "-1", True),
        (r"n!", r"n \cdot (n-1)!", True),
        (r"\sqrt[3]{-8}", "-2", True),
        ("9^{9^{9^9}}", "3", False),
    ],
)
def test_functions(one: str, other: str, same: bool) -> None:
    assert scalars.equal(_tree(one), _tree(other)) is same
    assert scalars.equal_fast(_tree(one), _tree(other)) in (same, None)


@pytest.mark.parametrize(
    ("one", "other", "same", "positive"),
    [
        ("2x-y+3", "y-2x-3", True, False),
        ("2x-y+3", "4x-2y+5", False, False),
        ("y-1/x", "xy-1", True, False),
        (r"\sqrt{2}x-y", r"2x-\sqrt{2}y", True, False),
        (r"y-\sin x", r"2\sin x - 2y", True, False),
        (r"y-\sin x", r"y-\cos x", False, False),
        ("x-y", "y-x", False, True),
        ("2x-2y", "x-y", True, True),
    ],
)
def test_multiples(one: str, other: str, same: bool, positive: bool) -> None:
    left, right = _tree(one), _tree(other)
    assert scalars.equivalent(left, right, positive) is same
    assert scalars.equivalent_fast(left, right, positive) in (same, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2+3*4", 14), ("-2^2", -4), ("2^3^2", 512), ("8/4/2", 1), ("6/2*3", 9), ("2(3+4)", 14),
        (r"\frac34", "3/4"), (r"\frac{1}2", "1/2"), (r"\frac12+\frac1{10}", "3/5"),
        (r"3\frac{1}{2}", "7/2"), ("3 1/2", "7/2"), (r"3\cdot\frac{1}{2}", "3/2"),
        (r"2\frac{3}{2}", 3), ("-1 1/4", "-5/4"), ("1 000.5", "2001/2"), ("1{,}000", 1000),
        ("2^{-3}", "1/8"), ("2^10", 1024), ("4!/2!", 12), (r"\binom{5}{2}", 10), ("|-3|", 3),
        (r"\lfloor -2.5\rfloor", -3), (r"\sqrt{49}", 7), ("--3", 3), ("2--3", 5), ("1.5e3", 1500),
        ("0.1\\overline{6}", "1/6"), (r"\sqrt[2]{9}", 3), ("2.5 x 10^3", 2500),
    ],
)  # fmt: skip
def test_constants_by_hand(text: str, value: int | str) -> None:
    assert fields.rational(fields.normal_form(_tree(text))) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "2 3", "+", "(", ")", "2)", "1..2", "x^", r"\frac{1}", "f(", "5!!", "1e99999", "a_"],
)
def test_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        _tree(text)
