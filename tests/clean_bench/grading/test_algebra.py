"""The normal form and enclosures against sympy; proofs of equality on numbers that nearly agree."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import flint
import pytest
import sympy
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from clean_bench.grading.algebra import enclosures, fields, scalars, separation, symbolic
from clean_bench.grading.algebra.polynomials import TooLarge
from clean_bench.grading.expr import Expr, symbols
from clean_bench.grading.parse.answer_types import Value
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Unreadable, tokens
from clean_bench.grading.parse.parse_answer import parse_answer

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
    found = fields.equal_quotients(form(one), form(other))
    assert found is (sympy.simplify(first - second) == 0)
    total = form(("add", one, ("neg", other)))
    assert (not total.above) is found


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_rearranged_expressions_have_one_normal_form(seed: int) -> None:
    one, value = trees(random.Random(seed), 3)
    assume(not value.has(sympy.zoo, sympy.nan))
    again = ("add", ("mul", one, ("num", Fraction(3))), ("neg", one), ("neg", one))
    assert fields.equal_quotients(form(one), form(again)) is True
    more = ("add", one, ("num", Fraction(1, 1000)))
    assert fields.equal_quotients(form(one), form(more)) is False


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
def test_an_enclosure_contains_the_value(text: str) -> None:
    tree = _tree(text)
    value = symbolic.to_sympy(tree, {}).evalf(60, maxn=200)
    with flint.ctx.workdps(60):
        exact = flint.arb(str(value))
    assert enclosures.enclosure(tree, {}).real.overlaps(exact)


@pytest.mark.parametrize("text", FORMULAS)
def test_values_are_apart_only_where_they_differ(text: str) -> None:
    tree = _tree(text)
    again = ("mul", ("num", Fraction(3)), ("div", tree, ("num", Fraction(3))))
    assert enclosures.compare(tree, again, {}) is not False
    assert scalars.equal_values(tree, ("add", tree, ("sym", "x"), ("neg", ("sym", "x"))))
    assert not scalars.equal_values(tree, ("add", tree, ("num", Fraction(1, 10**40))))


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
    assert scalars.equal_values(_tree(one), _tree(other)) is same
    assert scalars.equal_values_fast(_tree(one), _tree(other)) in (same, None)


NEARLY_EQUAL = [
    ("1", r"\tanh(1000)"), ("1", r"1+\sin(e^{-1000})"), (r"\sqrt2", r"\sqrt2\tanh(1000)"),
    ("1", "1-e^{-2000}"), (r"\frac{\pi}{2}", r"\arctan(10^{400})"), ("0", "e^{-5000}"),
    ("1", r"\coth 1000"), ("1", r"1+e^{-e^{e^{10}}}"), ("x", r"x\tanh(1000)"), ("1", r"\tanh(x+1000)"),
    (r"\sin x", r"\sin x+10^{-50}"), ("e^x", "e^x+e^{-9000}"), ("1", r"\lfloor\tanh(1000)\rfloor"),
    ("2", r"\sqrt[3]{8+e^{-1000}}"), (r"\sqrt{2}", r"\sqrt{2+10^{-500}}"), ("1", r"\cos(10^{-300})"),
    ("e", r"(1+10^{-400})^{10^{400}}"), (r"\ln 2", r"\ln(2+10^{-700})"), ("0", r"\arccos(\tanh 1000)"),
    (r"\cos(\pi/7)", r"\cos(\pi/7)+\sin(10^{-900})"),
    ("1", r"\frac{\sqrt[3]{2}}{\sqrt[3]{2}+10^{-500}}"),
]  # fmt: skip
EQUAL = [
    (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3"), (r"\cos(\pi/5)", r"\frac{1+\sqrt5}{4}"),
    ("2^{1/2}", r"\sqrt2"), (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", "1"), ("i^i", r"e^{-\pi/2}"),
    (r"\cos\frac{2\pi}{7}+\cos\frac{4\pi}{7}+\cos\frac{6\pi}{7}", r"-\frac12"),
    (r"\sin 18^\circ", r"\frac{\sqrt5-1}{4}"), (r"\tanh(\ln 2)", r"\frac35"), (r"e^{2\ln 3}", "9"),
    (r"4\arctan(1/5)-\arctan(1/239)", r"\pi/4"), (r"\ln(1+\sqrt2)", r"-\ln(\sqrt2-1)"),
    ("0", r"\lfloor\tanh(1000)\rfloor"), (r"\tan 2x", r"\frac{2\tan x}{1-\tan^2 x}"),
    (r"\ln(x^2-1)", r"\ln(x-1)+\ln(x+1)"), (r"\sqrt{x^2+2x+1}", "|x+1|"), (r"e^{x\ln 2}", "2^x"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), NEARLY_EQUAL)
def test_agreement_to_many_digits_is_not_equality(one: str, other: str) -> None:
    left, right = _number(one), _number(other)
    assert scalars.equal_values(left, right) is scalars.equal_values(right, left) is False
    assert scalars.equal_values_fast(left, right) is not True


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equality_is_proven(one: str, other: str) -> None:
    left, right = _number(one), _number(other)
    assert scalars.equal_values(left, right) is scalars.equal_values(right, left) is True
    assert scalars.equal_values_fast(left, right) is not False


def _number(text: str) -> Expr:
    """The tree as an answer has it, with degrees in radians."""
    answer = parse_answer(text)
    assert isinstance(answer, Value)
    return answer.tree


@pytest.mark.parametrize(
    ("text", "zero"),
    [
        (r"\sqrt{2}\sqrt{3}-\sqrt{6}", True),
        (r"\sqrt{10^{20}+1}-10^{10}", False),
        (r"(1+\sqrt2)^{40}(1-\sqrt2)^{40}-1", True),
        (r"(1+\sqrt2)^{40}(1-\sqrt2)^{40}-1-10^{-40}", False),
        (r"e^{2\pi i/3}+e^{-2\pi i/3}+1", True),
        (r"\sqrt[3]{-8}+2", True),
        ("(-8)^{1/3}+2", False),
        (r"\tan\frac{\pi}{8}-\sqrt2+1", True),
        (r"\ln 1", None),
        (r"e-\pi", None),
        (r"\sqrt[99]{2+\sqrt[98]{3}}-\sqrt[97]{2}-\sqrt[96]{3}", None),
    ],
)
def test_algebraic_numbers(text: str, zero: bool | None) -> None:
    assert separation.is_zero(_tree(text)) is zero


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_the_separation_bound_agrees_with_the_normal_form(seed: int) -> None:
    numbers = random.Random(seed)
    one, _ = trees(numbers, 3, names="")
    assume("pi" not in symbols(one))
    value = form(one)
    assert separation.is_zero(one) in (not value.above, None)
    assert separation.is_zero(("add", one, ("neg", one))) in (True, None)


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
    assert fields.as_rational(fields.normal_form(_tree(text))) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "2 3", "+", "(", ")", "2)", "1..2", "x^", r"\frac{1}", "f(", "5!!", "1e99999", "a_"],
)
def test_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        _tree(text)
