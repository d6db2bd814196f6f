"""Certain enclosures of real expressions in double precision, to tell different values apart.

A ball is a middle and a radius; every operation widens the radius by more than its rounding error,
so disjoint balls are different values. What is not real, not finite or not known has no ball.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from clean_bench.grading.expr import Expr

Ball = tuple[float, float]

_ROUNDING = 2.0**-49
_TINY = 1e-300
_CONSTANTS = {"pi": math.pi, "e": math.e}
_SMOOTH: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "sin": (math.sin, lambda x: 1.0),
    "cos": (math.cos, lambda x: 1.0),
    "arctan": (math.atan, lambda x: 1.0),
    "tanh": (math.tanh, lambda x: 1.0),
}
"""Functions that are defined everywhere, with a bound of their slope."""


class NoBall(Exception):
    """The value has no certain enclosure here."""


def apart(one: Expr, other: Expr, values: Mapping[str, float]) -> bool:
    """Whether the two surely have different values where the variables have these values."""
    try:
        left, right = ball(one, values), ball(other, values)
    except (NoBall, OverflowError, ValueError, ZeroDivisionError):
        return False
    return abs(left[0] - right[0]) > (left[1] + right[1]) * 1.01 + _TINY


def ball(tree: Expr, values: Mapping[str, float]) -> Ball:
    """The enclosure of a tree.

    Raises:
        NoBall, OverflowError, ValueError, ZeroDivisionError: if there is none.
    """
    kind = tree[0]
    if kind == "num":
        return _rounded(_float(tree[1]), 0.0)
    if kind == "sym":
        value = _CONSTANTS.get(tree[1])
        if value is None:
            value = values.get(tree[1])
        if value is None:
            raise NoBall
        return _rounded(value, 0.0)
    if kind == "neg":
        middle, radius = ball(tree[1], values)
        return -middle, radius
    if kind == "deg":
        return _times(ball(tree[1], values), _rounded(math.pi / 180, 0.0))
    if kind == "add":
        total = (0.0, 0.0)
        for part in tree[1:]:
            middle, radius = ball(part, values)
            total = _rounded(total[0] + middle, total[1] + radius, abs(total[0]) + abs(middle))
        return total
    if kind == "mul":
        total = (1.0, 0.0)
        for part in tree[1:]:
            total = _times(total, ball(part, values))
        return total
    if kind == "div":
        return _times(ball(tree[1], values), _inverse(ball(tree[2], values)))
    if kind == "pow":
        return _power(tree, values)
    if kind == "fn":
        return _function(tree, values)
    raise NoBall


def _float(value: Fraction) -> float:
    return value.numerator / value.denominator


def _rounded(middle: float, radius: float, scale: float = 0.0) -> Ball:
    if not math.isfinite(middle) or not math.isfinite(radius):
        raise NoBall
    return middle, radius * (1 + _ROUNDING) + max(abs(middle), scale) * _ROUNDING + _TINY


def _times(one: Ball, other: Ball) -> Ball:
    radius = abs(one[0]) * other[1] + abs(other[0]) * one[1] + one[1] * other[1]
    return _rounded(one[0] * other[0], radius)


def _inverse(value: Ball) -> Ball:
    middle, radius = value
    least = abs(middle) - radius
    if least <= 0:
        raise NoBall
    return _rounded(1 / middle, radius / (least * abs(middle)))


def _power(tree: Expr, values: Mapping[str, float]) -> Ball:
    base = ball(tree[1], values)
    exponent = tree[2]
    negative = exponent[0] == "neg"
    if negative:
        exponent = exponent[1]
    if exponent[0] == "num" and exponent[1].denominator == 1 and 0 < exponent[1] <= 64:
        result = base
        for _ in range(int(exponent[1]) - 1):
            result = _times(result, base)
        return _inverse(result) if negative else result
    power = _times(_log(base), ball(tree[2], values))
    return _exp(power)


def _function(tree: Expr, values: Mapping[str, float]) -> Ball:
    name = tree[1]
    inner = ball(tree[2], values)
    middle, radius = inner
    if name == "sqrt":
        return _root(inner)
    if name == "root" and tree[3][0] == "num" and tree[3][1] > 0:
        return _exp(_times(_log(inner), _rounded(_float(1 / tree[3][1]), 0.0)))
    if name == "abs":
        return abs(middle), radius
    if name == "exp":
        return _exp(inner)
    if name == "ln" and len(tree) == 3:
        return _log(inner)
    if name == "log10":
        return _times(_log(inner), _inverse(_log((10.0, 0.0))))
    if name == "log" and len(tree) == 4:
        return _times(_log(inner), _inverse(_log(ball(tree[3], values))))
    if len(tree) > 3:
        raise NoBall
    if name in _SMOOTH:
        function, slope = _SMOOTH[name]
        return _rounded(function(middle), radius * slope(middle), 1.0 + abs(middle))
    if name in ("tan", "cot", "sec", "csc"):
        sine = _rounded(math.sin(middle), radius, 1.0 + abs(middle))
        cosine = _rounded(math.cos(middle), radius, 1.0 + abs(middle))
        above, below = {
            "tan": (sine, cosine),
            "cot": (cosine, sine),
            "sec": ((1.0, 0.0), cosine),
            "csc": ((1.0, 0.0), sine),
        }[name]
        return _times(above, _inverse(below))
    raise NoBall


def _root(value: Ball) -> Ball:
    middle, radius = value
    if middle - radius <= 0:
        raise NoBall
    return _rounded(math.sqrt(middle), radius / math.sqrt(middle - radius))


def _log(value: Ball) -> Ball:
    middle, radius = value
    if middle - radius <= 0:
        raise NoBall
    return _rounded(math.log(middle), radius / (middle - radius), 1.0)


def _exp(value: Ball) -> Ball:
    middle, radius = value
    if radius > 1:
        raise NoBall
    result = math.exp(middle)
    return _rounded(result, result * 2 * radius)
