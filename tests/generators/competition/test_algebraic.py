"""Polynomials and square roots against calculations of the test's own."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from generators.competition.algebraic import (
    Polynomial,
    polynomial,
    power_of,
    read_polynomial,
    square_part,
    square_root,
)
from generators.competition.printed import decimal_text, read_surd, surd_text


def test_square_part_against_all_squares() -> None:
    for number in range(1, 3000):
        outside = max(s for s in range(1, 60) if number % (s * s) == 0)
        assert square_part(number) == (outside, number // outside**2)
    assert square_part(10007**2 * 6) == (10007, 6)


def test_square_root_is_exact() -> None:
    for value in (Fraction(8, 9), Fraction(5, 12), Fraction(0), Fraction(49), Fraction(2, 7)):
        root = square_root(value)
        assert root.coefficient**2 * root.radicand == value
        assert read_surd(surd_text(root)) == root
    assert surd_text(square_root(Fraction(5, 12))) == r"\frac{\sqrt{15}}{6}"
    assert surd_text(square_root(180)) == r"6\sqrt{5}"
    with pytest.raises(ValueError, match="from 0 on"):
        square_root(-1)


def test_printed_polynomials_read_back() -> None:
    draw = random.Random(3)
    for _ in range(2000):
        terms = [
            (Fraction(draw.randint(-9, 9), draw.choice((1, 1, 2, 3))), power_of("x", power))
            for power in draw.sample(range(13), draw.randint(1, 5))
        ]
        value = Polynomial(terms)
        if value.terms:
            assert read_polynomial(str(value)) == value
            x = Fraction(draw.randint(-5, 5), 3)
            powers = {power_of("x", power): x**power for power in range(13)}
            assert value.at(x=x) == sum(c * powers[monomial] for c, monomial in terms)


def test_polynomials_print_as_in_latex() -> None:
    assert str(polynomial("x", 3, -1, 0, -7)) == "3x^3-x^2-7"
    assert str(polynomial("t", 1, *[0] * 11, Fraction(-1, 2))) == r"t^{12}-\frac{1}{2}"
    assert str(polynomial("x", 0, 0)) == "0"
    mixed = Polynomial([(1, "x^2"), (1, "ax"), (-3, "b")])
    assert str(mixed.renamed({"x": "t"})) == "t^2+at-3b"
    assert read_polynomial("t^2+at-3b").coefficient("at") == 1
    assert polynomial("x", 2, 0, 5).coefficients() == [5, 0, 2]


@pytest.mark.parametrize("text", ["", "3x^2+", "2x 3", "++x", "3*x"])
def test_other_texts_are_no_polynomials(text: str) -> None:
    if text:
        with pytest.raises(ValueError, match="expected a polynomial"):
            read_polynomial(text)
    else:
        assert read_polynomial(text).terms == ()


def test_decimals_are_exact() -> None:
    assert decimal_text(Fraction(153, 10), 2) == "15.30"
    assert decimal_text(Fraction(-1, 8)) == "-0.125"
    assert decimal_text(7) == "7"
    with pytest.raises(ValueError, match="finite decimal"):
        decimal_text(Fraction(1, 3))
