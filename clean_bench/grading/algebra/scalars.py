"""Equality of scalar expressions, fast where the normal form or enclosures decide, else by proof.

`equal_values_fast` and `equivalent_fast` take bounded time and may give None. `equal_values` and
`equivalent` always decide: False where certified enclosures are disjoint, True where an argument proves
equality, and False otherwise. Agreement to any number of digits proves nothing: tanh(1000) is not 1.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from flint import acb, ctx

from clean_bench.grading.algebra import enclosures, fields, separation, symbolic
from clean_bench.grading.algebra.polynomials import TooLarge
from clean_bench.grading.algebra.real_roots import as_real_roots
from clean_bench.grading.expr import Expr, replace, symbols

_CONSTANTS = frozenset({"pi", "e", "i", "oo"})
_FAST_POINTS = ((0.7137, 1.3171, 0.4213, 1.9311), (2.2147, 0.3719, 1.6127, 0.8171))
_BITS = (256, 4096, 32768)
"""Precisions at which numbers are compared. Functions: the first at all points, the second at one."""
_NEAR_POINTS = 10
"""Half of them positive."""
_FAR_POINTS = 6
"""They tell |x - 5| from 5 - x."""
_MIN_AGREEING = 3


@lru_cache(maxsize=256)
def _form(tree: Expr) -> fields.Quotient | None:
    try:
        return fields.normal_form(tree)
    except TooLarge:
        return None


def equal_values_fast(one: Expr, other: Expr) -> bool | None:
    """Whether two trees have the same value; None where that is not decided."""
    if one == other:
        return True
    try:
        left, right = _form(one), _form(other)
        if left is not None and right is not None:
            same = fields.equal_quotients(left, right)
            if same is not None:
                return same
    except fields.Undefined:
        return False
    except TooLarge:
        pass
    if "oo" in symbols(one) | symbols(other):
        return False
    names = _variables(one, other)
    if not names:
        return enclosures.compare(one, other, {})
    real = as_real_roots(one, other)
    if real is not None:
        return True if _same_form(*real) else None
    for point in _FAST_POINTS:
        values = {name: acb(point[at % 4] + at // 4) for at, name in enumerate(names)}
        if enclosures.compare(one, other, values) is False:
            return False
    return None


def _same_form(one: Expr, other: Expr) -> bool:
    try:
        left, right = _form(one), _form(other)
        return (
            left is not None and right is not None and fields.equal_quotients(left, right) is True
        )
    except (fields.Undefined, TooLarge):
        return False


def equivalent_fast(one: Expr, other: Expr, positive: bool = False) -> bool | None:
    """Whether `one = 0` and `other = 0` are the same equation; None where that is not decided.

    They are if one is a constant times the other. With `positive`: whether `one < 0` and `other < 0` are
    the same inequality; then the constant must be positive.
    """
    try:
        left, right = _form(one), _form(other)
        if left is None or right is None:
            return None
        factor = fields.proportional(left, right)
        if not isinstance(factor, fields.Quotient):
            return factor
        if not positive:
            return True
        if left.below != right.below:
            return None
        value = fields.as_rational(factor)
        if value is None and len(factor.above) == len(factor.below) == 1:
            (above,), (below,) = factor.above.values(), factor.below.values()
            value = above / below
        return None if value is None else value > 0
    except fields.Undefined:
        return False
    except TooLarge:
        return None


def equal_values(one: Expr, other: Expr) -> bool:
    """Whether two trees are proven to have the same value. Needs limits of time and memory."""
    decided = equal_values_fast(one, other)
    if decided is not None:
        return decided
    readings = {(_with_log(one, name), _with_log(other, name)): None for name in ("ln", "log10")}
    if _variables(one, other):
        real = [as_real_roots(*reading) for reading in readings]
        readings |= {reading: None for reading in real if reading is not None}
    return any(_equal(*reading) for reading in readings)


def equivalent(one: Expr, other: Expr, positive: bool = False) -> bool:
    """As `equivalent_fast`, but always decides: compares the cross products with values at a point."""
    decided = equivalent_fast(one, other, positive)
    if decided is not None:
        return decided
    for values, _ in _points(_variables(one, other)):
        with ctx.workprec(_BITS[0]):
            point = {name: enclosures.point(value) for name, value in values.items()}
            try:
                left, right = enclosures.enclosure(one, point), enclosures.enclosure(other, point)
            except enclosures.NoEnclosure:
                continue
            if left.contains(0) or right.contains(0):
                continue
            if positive and not (left / right).real > 0:
                return False
        return equal_values(("mul", one, _at(other, values)), ("mul", other, _at(one, values)))
    return False


def _with_log(tree: Expr, name: str) -> Expr:
    """The tree with the function `name` for every logarithm without a base."""
    return replace(
        tree, "fn", lambda node: ("fn", name, node[2]) if node[1:-1] == ("log",) else node
    )


def _variables(one: Expr, other: Expr) -> list[str]:
    return sorted((symbols(one) | symbols(other)) - _CONSTANTS)


def _at(tree: Expr, values: dict[str, Fraction]) -> Expr:
    """The tree with numbers for its variables."""
    return replace(
        tree, "sym", lambda node: ("num", values[node[1]]) if node[1] in values else node
    )


def _equal(one: Expr, other: Expr) -> bool:
    names = _variables(one, other)
    return _equal_functions(one, other, names) if names else _equal_numbers(one, other)


def _equal_numbers(one: Expr, other: Expr) -> bool:
    decided = _compare_numbers(one, other, _BITS)
    if decided is None:
        decided = separation.is_zero(("add", one, ("neg", other)))
    if decided is not None:
        return decided
    with ctx.workprec(_BITS[-1]):
        try:
            left, right = enclosures.enclosure(one, {}), enclosures.enclosure(other, {})
        except enclosures.NoEnclosure:
            return False
        below_one = bool(abs(left - right) < 1)
    return symbolic.proves_equal(one, other, (), below_one)


def _compare_numbers(one: Expr, other: Expr, precisions: tuple[int, ...]) -> bool | None:
    """Compare the enclosures of two numbers with more and more bits."""
    for bits in precisions:
        with ctx.workprec(bits):
            decided = enclosures.compare(one, other, {})
        if decided is not None:
            return decided
    return None


def _equal_functions(one: Expr, other: Expr, names: list[str]) -> bool:
    """Compare at every point where both are defined (and real, beyond the positive points)."""
    agreeing: list[dict[str, Fraction]] = []
    for values, always in _points(names):
        with ctx.workprec(_BITS[0]):
            balls = {name: enclosures.point(value) for name, value in values.items()}
            try:
                left, right = enclosures.enclosure(one, balls), enclosures.enclosure(other, balls)
            except enclosures.NoEnclosure:
                continue
            if not always and not (left.imag.contains(0) and right.imag.contains(0)):
                continue
            if not left.overlaps(right):
                return False
        agreeing.append(values)
    if len(agreeing) < _MIN_AGREEING:
        return False
    point = agreeing[0]
    if _compare_numbers(_at(one, point), _at(other, point), _BITS[1:2]) is False:
        return False
    signs = {tuple(values[name] > 0 for name in names) for values in agreeing}
    return symbolic.proves_equal(one, other, signs)


def _points(names: list[str]) -> Iterator[tuple[dict[str, Fraction], bool]]:
    """Random rational points, and whether a point also counts where values are complex."""
    generator = random.Random(20250701)
    for number in range(_NEAR_POINTS + _FAR_POINTS):
        near, positive = number < _NEAR_POINTS, number < _NEAR_POINTS // 2
        values = {}
        for name in names:
            value = Fraction(generator.randint(100, 3000), 1009 if near else 29)
            values[name] = value if positive or generator.random() < 0.4 else -value
        yield values, positive
