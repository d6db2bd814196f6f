"""Exact roots found by search, for the checks of the templates in this folder."""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from math import isqrt

from generators.competition.algebraic import Rational, Surd


def root_by_search(value: Rational) -> Surd:
    """The square root of a rational number > 0: the least n for which value / n is a square."""
    for radicand in count(1):
        square = Fraction(value) / radicand
        above, below = isqrt(square.numerator), isqrt(square.denominator)
        if above * above == square.numerator and below * below == square.denominator:
            break
    return Surd(Fraction(above, below), radicand)
