"""Certified enclosures of expressions: complex balls of Arb (Johansson 2017, arXiv:1611.02831).

An enclosure contains the value, so disjoint enclosures prove that values differ. The precision is that
of `flint.ctx` (by default 53 bits); it changes how much is decided, never what is decided. Work is
bounded at a given precision, also for huge numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from flint import acb, fmpq

from clean_bench.grading.expr import Expr, evaluate

_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": lambda x: acb(abs(x)),
    "floor": lambda x: acb(_real(x).floor()),
    "ceiling": lambda x: acb(_real(x).ceil()),
    "factorial": lambda x: (x + 1).gamma(),
    "ln": lambda x: x.log(),
    "log10": lambda x: x.log() / acb(10).log(),
    "cbrt": lambda x: x ** (acb(1) / 3),
    "arcsin": lambda x: x.asin(),
    "arccos": lambda x: x.acos(),
    "arctan": lambda x: x.atan(),
    "arccot": lambda x: (1 / x).atan(),
    "arcsec": lambda x: (1 / x).acos(),
    "arccsc": lambda x: (1 / x).asin(),
} | {
    name: lambda x, name=name: getattr(x, name)()
    for name in "sqrt exp sin cos tan cot sec csc sinh cosh tanh coth sech csch".split()
}  # type: ignore[misc]


class NoEnclosure(Exception):
    """The value is undefined or of an unknown function, or this precision does not enclose it."""


def compare(one: Expr, other: Expr, values: Mapping[str, acb]) -> bool | None:
    """Whether two expressions are equal at these values, if enclosures prove it; else None.

    They prove inequality where they are disjoint, and equality where both are single points.
    """
    try:
        left, right = enclosure(one, values), enclosure(other, values)
    except NoEnclosure:
        return None
    if not left.overlaps(right):
        return False
    return True if left.is_exact() and right.is_exact() else None


def real_midpoint(tree: Expr) -> float | None:
    """The middle of the enclosure of a real constant, or None."""
    try:
        value = enclosure(tree, {})
    except NoEnclosure:
        return None
    middle = float(value.real.mid())
    return middle if value.imag.is_zero() and math.isfinite(middle) else None


def point(value: Fraction) -> acb:
    """The enclosure of a rational number."""
    return acb(fmpq(value.numerator, value.denominator))


def enclosure(tree: Expr, values: Mapping[str, acb]) -> acb:
    """A ball that contains the value of a tree, where its variables have these values.

    Raises:
        NoEnclosure: if there is no finite ball.
    """

    def leaf(node: Expr) -> acb:
        if node[0] == "num":
            return point(node[1])
        if node[1] in values:
            return values[node[1]]
        if node[1] not in ("pi", "e", "i"):
            raise NoEnclosure
        return acb.pi() if node[1] == "pi" else acb(1).exp() if node[1] == "e" else acb(0, 1)

    value = evaluate(tree, leaf, _function, acb.pi())
    if not value.is_finite():
        raise NoEnclosure
    return value


def _power(base: acb, exponent: acb) -> acb:
    if base.contains(0) and not exponent.real > 0:
        raise NoEnclosure  # 0^0, or a base that may be 0
    return base**exponent


def _function(name: str, parts: list[acb]) -> acb:
    if len(parts) == 1 and name in _FUNCTIONS:
        return _FUNCTIONS[name](parts[0])
    if name == "pow":
        return _power(*parts)
    if len(parts) == 2 and name == "root":
        return _root(*parts)
    if len(parts) == 2 and name == "log":
        return parts[0].log() / parts[1].log()
    if len(parts) == 2 and name == "binomial":
        whole, part = parts
        return (whole + 1).gamma() * (part + 1).rgamma() * (whole - part + 1).rgamma()
    raise NoEnclosure


def _root(value: acb, index: acb) -> acb:
    """The real root of odd index of a negative number, else the principal root."""
    if value.imag.is_zero() and index.is_exact() and not value.real > 0 and not value.is_zero():
        if not value.real < 0:
            raise NoEnclosure
        if index.unique_fmpz() is not None and index.unique_fmpz() % 2 == 1:
            return -((-value) ** (1 / index))
    return value ** (1 / index)


def _real(value: acb) -> Any:
    if not value.imag.is_zero():
        raise NoEnclosure
    return value.real
