"""Every answer type prints what MATH would, by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from generators.competition.algebraic import Polynomial, Surd, polynomial
from generators.competition.answers import (
    Answer,
    Complex,
    Decimal,
    Equation,
    Expression,
    InBase,
    Integer,
    Interval,
    Matrix,
    NumberSet,
    PiMultiple,
    Point,
    Radical,
    Rationals,
    Span,
    SurdSum,
    Text,
)

HALF = Fraction(1, 2)
PLANE = Polynomial([(1, "x"), (5, "y"), (-3, "z"), (5, "")])
PRINTED: list[tuple[Answer, Any, str]] = [
    (Integer(), Fraction(-12), "-12"),
    (Rationals(), Fraction(-7, 16), r"-\frac{7}{16}"),
    (Rationals(), 4, "4"),
    (Decimal(2), Fraction(153, 10), "15.30"),
    (Decimal(), Fraction(1, 8), "0.125"),
    (Radical(), Surd(Fraction(2, 7), 10), r"\frac{2\sqrt{10}}{7}"),
    (Radical(), Surd(Fraction(-1), 3), r"-\sqrt{3}"),
    (Radical(), Surd(Fraction(5, 2), 1), r"\frac{5}{2}"),
    (SurdSum(), (2, Surd(Fraction(-3), 5)), r"2-3\sqrt{5}"),
    (SurdSum(), (0, Surd(Fraction(1), 5)), r"\sqrt{5}"),
    (PiMultiple(), (28, 6), r"28+6\pi"),
    (PiMultiple(), (0, Fraction(3, 2)), r"\frac{3\pi}{2}"),
    (PiMultiple(), (0, 1), r"\pi"),
    (PiMultiple(), (1, -1), r"1-\pi"),
    (Complex(), (3, -1), "3-i"),
    (Complex(), (0, 2), "2i"),
    (Complex(), (HALF, 0), r"\frac{1}{2}"),
    (Point(), (-8, 7), "(-8,7)"),
    (Point(), (-HALF, 3), r"\left( -\frac{1}{2}, 3 \right)"),
    (Point(), (Surd(Fraction(2), 3), 1), r"(2\sqrt{3},1)"),
    (Interval(), Span(-7, 4, True, True), "[-7,4]"),
    (Interval(), Span(HALF, 3, False, True), r"\left(\frac{1}{2},3\right]"),
    (Interval(), [Span(None, -2), Span(3, None, True)], r"(-\infty,-2)\cup[3,\infty)"),
    (Matrix(), (6, -14, HALF), r"\begin{pmatrix} 6 \\ -14 \\ 1/2 \end{pmatrix}"),
    (Matrix(), ((1, 2), (3, 4)), r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
    (Expression(), polynomial("x", 2, 5, -20), "2x^2+5x-20"),
    (Expression(), (polynomial("x", 17, 5), 12), r"\frac{17t+5}{12}"),
    (Equation(), (Polynomial([(1, "y")]), polynomial("x", 2, -4)), "y=2t-4"),
    (Equation(), (PLANE, Polynomial([])), "t+5y-3z+5=0"),
    (InBase(), (246, 8), "366_8"),
    (InBase(), (0, 3), "0_3"),
    (NumberSet(), (-2, 3), "-2,3"),
    (Text(), "hyperbola", r"\text{hyperbola}"),
]


@pytest.mark.parametrize(("kind", "value", "text"), PRINTED)
def test_printed(kind: Answer, value: Any, text: str) -> None:
    words = {"x": ("t",)} if "t" in text and isinstance(kind, Expression | Equation) else {}
    assert kind.print(value, words) == text
    assert kind.fits(text)


def test_an_integer_is_whole() -> None:
    with pytest.raises(ValueError, match="expected an integer, got 1/2"):
        Integer().print(HALF, {})


def test_types_do_not_fit_each_other() -> None:
    assert not Integer().fits(r"\frac{1}{2}")
    assert not Matrix().fits("(1,2)")
    assert not Interval().fits("7")
    assert not InBase().fits("366")
