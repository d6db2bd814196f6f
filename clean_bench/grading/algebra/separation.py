r"""Zero test of algebraic numbers by a separation bound (Burnikel, Funke, Mehlhorn, Schirra, Schmitt
2001, "A separation bound for real algebraic expressions").

A number built from rationals by arithmetic and roots is U / L, where U and L are algebraic integers in
a field of degree at most D, the product of the degrees of its roots. If all conjugates of U are at most
2^u and those of L at most 2^l, then the norm of U is an integer, so U = 0 or |U| >= 2^(-(D-1)u), and
the number is 0 or at least 2^(-(D-1)u - l). An enclosure below this bound proves that it is 0.

Sines and the like of rational multiples of pi are algebraic too: they are sums of roots of unity.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from flint import arb, ctx

from clean_bench.grading.algebra import fields
from clean_bench.grading.algebra.enclosures import NoEnclosure, enclosure
from clean_bench.grading.algebra.polynomials import ONE, Monomial, TooLarge
from clean_bench.grading.expr import Expr

_MAX_BITS = 40_000
_MAX_POWER = 10_000
_ANGULAR = frozenset("sin cos tan cot sec csc".split())
_I: Expr = ("sym", "i")


class NotAlgebraic(Exception):
    """The expression is not algebraic, or not seen to be."""


class _Size(NamedTuple):
    """Bounds on the conjugates, in bits: of the numerator U and of the denominator L."""

    upper: float
    lower: float


def is_zero(tree: Expr) -> bool | None:
    """Whether a constant is 0; None if it is not algebraic, or the bound needs too many bits."""
    roots: dict[object, int] = {}
    try:
        size = _size(tree, roots)
    except (NotAlgebraic, TooLarge, fields.Undefined):
        return None
    degree = math.prod(roots.values())
    needed = (degree - 1) * size.upper + size.lower + 1 if degree < _MAX_BITS else math.inf
    bits = 128
    while needed < _MAX_BITS and bits < 4 * _MAX_BITS:
        with ctx.workprec(bits):
            try:
                value = enclosure(tree, {})
            except NoEnclosure:
                return None
            if not value.contains(0):
                return False
            if value.abs_upper() < arb(2) ** -math.ceil(needed):
                return True
        bits *= 2
    return None


def _size(tree: Expr, roots: dict[object, int]) -> _Size:
    """The size of a number; its roots and their degrees are added to `roots`."""
    kind = tree[0]
    if kind == "num":
        number: Fraction = tree[1]
        return _Size(number.numerator.bit_length(), number.denominator.bit_length())
    if tree == _I:
        roots[_I] = 2
        return _Size(0, 0)
    if kind == "neg":
        return _size(tree[1], roots)
    if kind in ("add", "mul"):
        total = _size(tree[1], roots)
        for part in tree[2:]:
            size = _size(part, roots)
            if kind == "mul":
                total = _Size(total.upper + size.upper, total.lower + size.lower)
            else:
                larger = max(total.upper + size.lower, size.upper + total.lower)
                total = _Size(larger + 1, total.lower + size.lower)
        return total
    if kind == "div":
        above, below = _size(tree[1], roots), _size(tree[2], roots)
        return _Size(above.upper + below.lower, above.lower + below.upper)
    if kind == "pow":
        return _power(tree[1], tree[2], roots)
    if kind == "fn":
        return _function(tree, roots)
    raise NotAlgebraic


def _power(base: Expr, exponent: Expr, roots: dict[object, int]) -> _Size:
    if base == ("sym", "e"):
        turn = _multiple(exponent, (("i", 1), ("pi", 1)))
        roots["unity", 2 * turn.denominator] = 2 * turn.denominator
        return _Size(0, 0)
    power = fields.as_rational(fields.normal_form(exponent))
    if power is None or abs(power.numerator) > _MAX_POWER:
        raise NotAlgebraic
    upper, lower = _root(base, power.denominator, roots)
    if power < 0:
        upper, lower = lower, upper
    return _Size(upper * abs(power.numerator), lower * abs(power.numerator))


def _root(base: Expr, degree: int, roots: dict[object, int], real: bool = False) -> _Size:
    """The root of U / L is the root of U L^(degree - 1), over L. A real root may not be principal."""
    upper, lower = _size(base, roots)
    if degree > 1:
        roots[base, degree, real] = degree
    return _Size((upper + (degree - 1) * lower) / degree, lower)


def _function(tree: Expr, roots: dict[object, int]) -> _Size:
    name, inner = tree[1], tree[2]
    if name in _ANGULAR:
        turn = _multiple(inner, (("pi", 1),))
        roots[_I] = 2
        roots["unity", 2 * turn.denominator] = 2 * turn.denominator
        return _Size(1, 1)
    if name == "exp":
        return _power(("sym", "e"), inner, roots)
    if name in ("sqrt", "cbrt"):
        return _root(inner, 2 if name == "sqrt" else 3, roots)
    if name == "root":
        index = fields.as_rational(fields.normal_form(tree[3]))
        if index is not None and index.denominator == 1 and 0 < index <= _MAX_POWER:
            return _root(inner, int(index), roots, real=True)
    value = fields.as_rational(fields.normal_form(tree))
    if value is None:
        raise NotAlgebraic
    return _size(("num", value), roots)


def _multiple(tree: Expr, monomial: Monomial) -> Fraction:
    """The rational number r, where the tree is r times this monomial."""
    form = fields.normal_form(tree)
    if form.below != ONE or not set(form.above) <= {monomial}:
        raise NotAlgebraic
    return form.above.get(monomial, Fraction(0))
