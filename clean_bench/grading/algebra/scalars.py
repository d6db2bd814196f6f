"""Are two expressions equal? Quickly, where the normal form or enclosures tell; else by precision.

`equal_fast` is exact: a normal form or disjoint enclosures decide, or nothing does. `equal` evaluates
what is left with mpmath: constants to 250 digits, functions at random points of both signs. Two
different values that agree so far do not occur among answers of 2,000 characters.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from clean_bench.grading.algebra import balls, fields
from clean_bench.grading.algebra.polynomials import TooLarge
from clean_bench.grading.expr import Expr, symbols

_CONSTANTS = frozenset({"pi", "e", "i", "oo"})
_POINTS = ((0.7137, 1.3171, 0.4213, 1.9311), (2.2147, 0.3719, 1.6127, 0.8171))
_LARGEST = 10**6
"""Bits of the exponent of a number that is still evaluated."""
_TRIES = 10
_FAR = 6
"""Points beyond the near ones, which tell |x - 5| from 5 - x."""


@lru_cache(maxsize=256)
def _form(tree: Expr) -> fields.Quotient | None:
    try:
        return fields.normal_form(tree)
    except TooLarge:
        return None


def equal_fast(one: Expr, other: Expr) -> bool | None:
    """Whether two trees have the same value; None where that is not known."""
    if one == other:
        return True
    try:
        left, right = _form(one), _form(other)
        if left is not None and right is not None:
            found = fields.same(left, right)
            if found is not None:
                return found
    except fields.Undefined:
        return False
    except TooLarge:
        pass
    names = sorted((symbols(one) | symbols(other)) - _CONSTANTS)
    if "oo" in symbols(one) | symbols(other):
        return False
    for points in _POINTS[: 2 if names else 1]:
        values = {name: points[at % 4] + at // 4 for at, name in enumerate(names)}
        if balls.apart(one, other, values):
            return False
    return None


def equivalent_fast(one: Expr, other: Expr, positive: bool = False) -> bool | None:
    """Whether `one = 0` and `other = 0` say the same; with `positive`, `one < 0` and `other < 0`.

    They do where one is a constant times the other (a positive one).
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
        value = fields.rational(factor)
        if value is None and len(factor.above) == len(factor.below) == 1:
            (above,), (below,) = factor.above.values(), factor.below.values()
            value = above / below
        return None if value is None else value > 0
    except fields.Undefined:
        return False
    except TooLarge:
        return None


def equal(one: Expr, other: Expr) -> bool:
    """Whether two trees have the same value, decided in any case."""
    found = equal_fast(one, other)
    if found is not None:
        return found
    return any(
        _agree(_with_log(one, name), _with_log(other, name), _difference)
        for name in (("ln", "log10") if has_log(one) or has_log(other) else ("",))
    )


def equivalent(one: Expr, other: Expr, positive: bool = False) -> bool:
    """As `equivalent_fast`, decided in any case."""
    found = equivalent_fast(one, other, positive)
    if found is not None:
        return found
    return _proportional(one, other, positive)


def has_log(tree: Expr) -> bool:
    """Whether a logarithm without a base is in the tree."""
    if tree[0] == "fn" and tree[1] == "log" and len(tree) == 3:
        return True
    return any(has_log(part) for part in tree[1:] if isinstance(part, tuple))


def _with_log(tree: Expr, name: str) -> Expr:
    if not name:
        return tree
    if tree[0] == "fn" and tree[1] == "log" and len(tree) == 3:
        return ("fn", name, _with_log(tree[2], name))
    return tuple(_with_log(part, name) if isinstance(part, tuple) else part for part in tree)


class _Unknown(Exception):
    """A value that cannot be computed."""


def _difference(one: Any, other: Any, digits: int) -> bool:
    from mpmath import mpf  # type: ignore[import-untyped]

    scale = max(abs(one), abs(other))
    return bool(abs(one - other) <= scale * mpf(10) ** (25 - digits))


def _agree(one: Expr, other: Expr, close: Callable[[Any, Any, int], bool]) -> bool:
    """Whether two trees agree at every point where both are defined, and at three at least."""
    from mpmath import mp

    names = sorted((symbols(one) | symbols(other)) - _CONSTANTS)
    if not names:
        for digits in (60, 250):
            with mp.workdps(digits):
                try:
                    if not close(_value(one, {}), _value(other, {}), digits):
                        return False
                except (_Unknown, ArithmeticError, ValueError, TypeError):
                    return False
        return True
    agreed = 0
    with mp.workdps(60):
        for values, positive in _points(names):
            pair = _pair(one, other, values)
            if pair is None or not (positive or _real(*pair)):
                continue
            if not close(*pair, 60):
                return False
            agreed += 1
    return agreed >= 3


def _proportional(one: Expr, other: Expr, positive: bool) -> bool:
    from mpmath import mp

    names = sorted((symbols(one) | symbols(other)) - _CONSTANTS)
    factor: Any = None
    agreed = 0
    with mp.workdps(60):
        for values, is_positive in _points(names):
            pair = _pair(one, other, values)
            if pair is None or not pair[1] or not (is_positive or _real(*pair)):
                continue
            found = pair[0] / pair[1]
            if not found or (positive and not (_real(found, found) and found.real > 0)):
                return False
            if factor is not None and not _difference(found, factor, 60):
                return False
            factor = found
            agreed += 1
    return agreed >= 3


def _points(names: list[str]) -> list[tuple[dict[str, Any], bool]]:
    """Random rational points: near ones, the first half of them positive, then far ones."""
    from mpmath import mpf

    random_numbers = random.Random(20250701)
    points = []
    for attempt in range(_TRIES + _FAR if names else _TRIES):
        positive = attempt < _TRIES // 2 or not names
        values = {}
        for name in names:
            value = mpf(random_numbers.randint(100, 3000)) / (1009 if attempt < _TRIES else 29)
            values[name] = value if positive or random_numbers.random() < 0.4 else -value
        points.append((values, positive))
    return points


def _pair(one: Expr, other: Expr, values: dict[str, Any]) -> tuple[Any, Any] | None:
    try:
        return _value(one, values), _value(other, values)
    except (ArithmeticError, ValueError, TypeError):
        return None
    except _Unknown:
        return None


def _real(*values: Any) -> bool:
    return all(abs(value.imag) <= abs(value) * 1e-40 for value in values)


def _value(tree: Expr, values: dict[str, Any]) -> Any:
    """A tree's value in mpmath's current precision.

    Raises:
        _Unknown: where it is too large, infinite, or of an unknown function.
    """
    import mpmath

    kind = tree[0]
    if kind == "num":
        return mpmath.mpf(tree[1].numerator) / tree[1].denominator
    if kind == "sym":
        name = tree[1]
        if name in values:
            return values[name]
        if name == "oo":
            raise _Unknown
        return {"pi": +mpmath.pi, "e": +mpmath.e, "i": mpmath.mpc(0, 1)}[name]
    parts = [_value(part, values) for part in tree[1:] if isinstance(part, tuple)]
    if kind == "neg":
        return -parts[0]
    if kind == "add":
        return _bounded(sum(parts[1:], parts[0]))
    if kind == "mul":
        total = parts[0]
        for part in parts[1:]:
            total = _bounded(total * part)
        return total
    if kind == "div":
        return _bounded(parts[0] / parts[1])
    if kind == "deg":
        return parts[0] * mpmath.pi / 180
    if kind == "pow":
        return _power(*parts)
    if kind == "fn":
        return _bounded(_function(tree[1], parts))
    raise _Unknown


def _bounded(value: Any) -> Any:
    import mpmath

    if not mpmath.isfinite(value) or (value and abs(mpmath.mag(value)) > _LARGEST):
        raise _Unknown
    return value


def _power(base: Any, exponent: Any) -> Any:
    import mpmath

    if not base:
        if exponent.real > 0:
            return mpmath.mpf(0)
        raise _Unknown
    if abs(exponent) * (1 + abs(mpmath.mag(base))) > _LARGEST:
        raise _Unknown
    return _bounded(base**exponent)


def _function(name: str, parts: list[Any]) -> Any:
    import mpmath

    one = parts[0]
    if abs(one) > 10**9 and name not in ("sqrt", "root", "ln", "log10", "log", "abs", "floor"):
        raise _Unknown
    if len(parts) == 2:
        if name == "root":
            real = not one.imag and one.real < 0 and parts[1] % 2 == 1
            return -((-one) ** (1 / parts[1])) if real else one ** (1 / parts[1])
        if name == "log":
            return mpmath.log(one) / mpmath.log(parts[1])
        if name == "binomial":
            return mpmath.binomial(*parts)
        raise _Unknown
    functions: dict[str, Any] = {
        "sqrt": mpmath.sqrt, "abs": abs, "floor": mpmath.floor, "ceiling": mpmath.ceil,
        "factorial": mpmath.factorial, "ln": mpmath.ln, "exp": mpmath.exp, "log": None,
        "log10": mpmath.log10, "cbrt": mpmath.cbrt, "arcsin": mpmath.asin, "arccos": mpmath.acos,
        "arctan": mpmath.atan, "arccot": mpmath.acot, "arcsec": mpmath.asec, "arccsc": mpmath.acsc,
        "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "cot": mpmath.cot,
        "sec": mpmath.sec, "csc": mpmath.csc, "sinh": mpmath.sinh, "cosh": mpmath.cosh,
        "tanh": mpmath.tanh, "coth": mpmath.coth, "sech": mpmath.sech, "csch": mpmath.csch,
    }  # fmt: skip
    function = functions.get(name)
    if function is None:
        raise _Unknown
    return function(one)
