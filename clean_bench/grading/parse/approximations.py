r"""Values with an approximation: 2\sqrt{2} \approx 2.83, and x \approx 0.5."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import acb

from clean_bench.grading.algebra import enclosures
from clean_bench.grading.expr import Expr, symbols
from clean_bench.grading.parse.answer_types import Answer, Approximation, Labelled, Value
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.split_top_level import parts_between

_POINT = (0.7137, 1.3171, 0.4213, 1.9311)
_CONSTANTS = frozenset({"pi", "e", "i"})
_WHOLE = 1e-2
"""Largest relative error of a rounding without a decimal: 100 for 99.87."""


def approximation(
    text: list[Token],
    cuts: list[int],
    read: Callable[[list[Token]], Answer],
    named: Callable[[list[list[Token]]], Answer | None],
) -> Answer:
    r"""The answer of tokens with \approx at these positions.

    After a name alone, the approximate value is the answer (`named` gives it, or None). Else the value
    before the first sign is, and those after it are its roundings if they are close enough.

    Raises:
        Unreadable: if there is no answer before or after the sign.
    """
    sides = [side for side in parts_between(text, cuts) if side]
    if len(sides) > 1:
        answer = named(sides[:2])
        sides = sides[1:] if answer is not None else sides
    else:
        answer = None
    exact = read(sides[0]) if answer is None else answer
    if len(sides) == 1:
        return exact
    value = exact.value if isinstance(exact, Labelled) else exact
    rounded = tuple(
        rounding for side in sides[1:] if (rounding := _rounding(value, side, read)) is not None
    )
    if not rounded:
        return exact
    both = Approximation(value, rounded)
    return Labelled(exact.label, both, exact.difference) if isinstance(exact, Labelled) else both


def _rounding(
    exact: Answer, side: list[Token], read: Callable[[list[Token]], Answer]
) -> Value | None:
    """A value after the sign, if it is the exact value rounded to its digits."""
    try:
        value = read(side)
    except Unreadable:
        return None
    if not (isinstance(exact, Value) and isinstance(value, Value)):
        return None
    left, right = _size(exact), _size(value)
    if left is None or right is None:
        return None
    error = max((_relative_error(token) for token in side if token.kind == "number"), default=0.0)
    return value if abs(left - right) <= error * abs(right) * 1.000001 else None


def _size(value: Value) -> float | None:
    """The value at one point, in double precision; None if it is not real."""
    names = sorted(symbols(value.tree) - _CONSTANTS)
    point = {name: acb(_POINT[at % 4] + at // 4) for at, name in enumerate(names)}
    tree: Expr = ("div", value.tree, ("num", Fraction(100))) if value.percent else value.tree
    try:
        size = enclosures.enclosure(tree, point)
    except enclosures.NoEnclosure:
        return None
    return float(size.real.mid()) if size.imag.contains(0) else None


def _relative_error(number: Token) -> float:
    """Half a unit of the last digit of a number, relative to it."""
    assert number.value is not None
    if not number.value:
        return 0.0
    digits = number.text.lower().partition("e")[0].replace(".", "").lstrip("0")
    if "." not in number.text:
        digits = digits.rstrip("0") or digits
        return min(0.5 / int(digits), _WHOLE)
    return min(0.5 / int(digits or "1"), 0.1)
