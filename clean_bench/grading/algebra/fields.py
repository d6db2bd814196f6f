r"""A normal form of expressions: quotients of polynomials with rational coefficients.

The generators are the variables, pi, e, the imaginary unit (i^2 = -1) and the square roots of primes
(reduced by p^{1/2} squared = p). They are algebraically independent, so two expressions over them are
equal exactly if their cross products are the same polynomial. (That pi and e are independent of each
other is not proven: expressions with both are compared by enclosures.) Any other part, such as a sine
or a cube root, becomes a generator named by its normal form. `exact` is then False: the same polynomial
still means equal values, but different polynomials do not mean different values.

Sizes are bounded: a larger form raises `TooLarge` within milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from clean_bench.grading.algebra.polynomials import (
    MAX_POWER,
    ONE,
    WRITTEN_OUT,
    Monomial,
    Polynomial,
    TooLarge,
    bound,
    plus,
    start,
    times,
)
from clean_bench.grading.expr import Expr

_MAX_NAME = 1000
_TRIAL = 1000
_MAX_FACTORIAL = 400
_MAX_EXPANDED = 12
_OF_TWO: dict[str, Callable[[Fraction, Fraction], Fraction | int]] = {
    "max": max,
    "min": min,
    "gcd": lambda one, other: math.gcd(one.numerator, other.numerator),
    "lcm": lambda one, other: math.lcm(one.numerator, other.numerator),
}


class Undefined(Exception):
    """A division by zero, or 0^0."""


class Quotient(NamedTuple):
    """`above` over `below`; `exact` if the generators are independent of each other."""

    above: Polynomial
    below: Polynomial
    exact: bool = True


def equal_quotients(one: Quotient, other: Quotient) -> bool | None:
    """Whether two quotients are equal; None if the generators may depend on each other.

    Raises:
        TooLarge: past the bounds.
    """
    start()
    left, right = times(one.above, other.below), times(other.above, one.below)
    if left == right:
        return True
    names = {name for part in (left, right) for monomial in part for name, _ in monomial}
    return False if one.exact and other.exact and not {"pi", "e"} <= names else None


def proportional(one: Quotient, other: Quotient) -> Quotient | bool | None:
    """The constant c with one = c * other; False if there is none, None if that is undecided.

    Denominators are dropped: if c exists, `one = 0` and `other = 0` are the same equation.

    Raises:
        TooLarge: past the bounds.
    """
    start()
    if not one.above or not other.above:
        return Quotient(ONE, ONE) if not one.above and not other.above else False
    unknown = None if not (one.exact and other.exact) else False
    shape = _variables(next(iter(other.above)))
    above = _coefficient(one.above, shape)
    below = _coefficient(other.above, shape)
    if not above or times(one.above, below) != times(other.above, above):
        return unknown
    return Quotient(above, below)


def as_rational(value: Quotient) -> Fraction | None:
    """The value as a rational number, or None."""
    if value.below == ONE and all(not monomial for monomial in value.above):
        return value.above.get((), Fraction(0))
    return None


_CONSTANTS = frozenset({"pi", "e", "i"})


def _variables(monomial: Monomial) -> Monomial:
    return tuple(part for part in monomial if part[0] not in _CONSTANTS and part[0][0] != "√")


def _coefficient(value: Polynomial, shape: Monomial) -> Polynomial:
    """The coefficient of the monomial `shape`."""
    return {
        tuple(part for part in monomial if part not in shape): factor
        for monomial, factor in value.items()
        if _variables(monomial) == shape
    }


def normal_form(tree: Expr) -> Quotient:
    """The normal form of a tree.

    Raises:
        TooLarge: past the bounds.
        Undefined: if a divisor is zero.
    """
    start()
    return _form(tree)


def _form(tree: Expr) -> Quotient:
    kind = tree[0]
    if kind == "num":
        bound(tree[1])
        return Quotient({(): tree[1]} if tree[1] else {}, ONE)
    if kind == "sym":
        return Quotient({((tree[1], 1),): Fraction(1)}, ONE, tree[1] != "oo")
    if kind == "neg":
        return _scaled(_form(tree[1]), Fraction(-1))
    if kind in ("add", "mul"):
        return reduce(_sum if kind == "add" else _product, map(_form, tree[1:]))
    if kind == "div":
        return _product(_form(tree[1]), _inverse(_form(tree[2])))
    if kind == "pow":
        return _power(tree[1], tree[2])
    if kind == "fn":
        return _function(tree)
    raise TooLarge


def _power(base_tree: Expr, exponent_tree: Expr) -> Quotient:
    base, exponent = _form(base_tree), _form(exponent_tree)
    power = as_rational(exponent)
    if power is not None and power.denominator == 1:
        if abs(power) > WRITTEN_OUT:
            return _opaque("pow", base, exponent)
        return _whole_power(base, int(power))
    if power is not None and power.denominator == 2 and as_rational(base) is not None:
        return _whole_power(_square_root(base), power.numerator)
    if power is not None and abs(power) < _MAX_EXPANDED:
        whole, rest = divmod(power.numerator, power.denominator)
        root = _root(base, power.denominator)
        return _product(_whole_power(base, whole), _whole_power(root, rest))
    return _opaque("pow", base, exponent)


def _root(base: Quotient, index: int) -> Quotient:
    """The principal root: b^{p/q} is b^{floor(p/q)} times its q-th root to the power p mod q."""
    if index == 2:
        return _opaque("sqrt", base)
    return _opaque("pow", base, Quotient({(): Fraction(1, index)}, ONE))


def _whole_power(base: Quotient, power: int) -> Quotient:
    if power < 0:
        base, power = _inverse(base), -power
    if power > MAX_POWER:
        raise TooLarge
    if power == 0:
        if not base.above:
            raise Undefined
        return Quotient(ONE, ONE, base.exact)
    result = Quotient(ONE, ONE)
    while power:
        if power & 1:
            result = _product(result, base)
        power >>= 1
        if power:
            base = _product(base, base)
    return result


def _function(tree: Expr) -> Quotient:
    name, inner = tree[1], _form(tree[2])
    value = as_rational(inner)
    lower = _form(tree[3]) if len(tree) > 3 else None
    number = as_rational(lower) if lower is not None else None
    if name == "root" and number == 2:
        name, lower = "sqrt", None
    elif name == "root" and number is not None and number > 0 and number % 2 == 0:
        return _root(inner, int(number))
    if value is not None:
        if name == "sqrt":
            return _square_root(inner)
        if name == "abs":
            return Quotient({(): abs(value)} if value else {}, ONE)
        if name in ("floor", "ceiling"):
            whole = math.floor(value) if name == "floor" else math.ceil(value)
            return _form(("num", Fraction(whole)))
        if name == "factorial" and value.denominator == 1 and value >= 0:
            if value > _MAX_FACTORIAL:
                raise TooLarge
            return _form(("num", Fraction(math.factorial(int(value)))))
        if name == "binomial" and number is not None:
            whole = value.denominator == number.denominator == 1
            if whole and number >= 0 and 0 <= value <= 10 * _MAX_FACTORIAL:
                return _form(("num", Fraction(math.comb(int(value), int(number)))))
        if name in _OF_TWO and number is not None:
            whole = value.denominator == number.denominator == 1
            if name in ("max", "min") or whole:
                return _form(("num", Fraction(_OF_TWO[name](value, number))))
    return _opaque(name, inner, lower)


def _square_root(inner: Quotient) -> Quotient:
    value = as_rational(inner)
    assert value is not None
    if value == 0:
        return inner
    outside, primes, proven = _square_part(abs(value.numerator) * value.denominator)
    factor = Fraction(outside, value.denominator)
    names = {f"√{prime}": 1 for prime in primes}
    if value < 0:
        names["i"] = 1
    return Quotient({tuple(sorted(names.items())): factor}, ONE, proven)


def _square_part(number: int) -> tuple[int, list[int], bool]:
    """(a, primes, are they proven prime): number = a^2 times the product of the primes."""
    outside, inside = 1, []
    for divisor in range(2, _TRIAL):
        if divisor * divisor > number:
            break
        count = 0
        while number % divisor == 0:
            number //= divisor
            count += 1
        outside *= divisor ** (count // 2)
        if count % 2:
            inside.append(divisor)
    proven = number < _TRIAL**2
    if number > 1:
        root = math.isqrt(number)
        if root * root == number:
            outside, proven = outside * root, True
        else:
            inside.append(number)
    return outside, inside, proven


def _opaque(name: str, *parts: Quotient | None) -> Quotient:
    text = ";".join(_text(part) for part in parts if part is not None)
    if len(text) > _MAX_NAME:
        raise TooLarge
    return Quotient({((f"{name}({text})", 1),): Fraction(1)}, ONE, False)


def _text(value: Quotient) -> str:
    """A name for a quotient; equal names mean equal values."""
    lead = value.below[max(value.below)]
    return "|".join(
        ",".join(f"{monomial}{factor / lead}" for monomial, factor in sorted(part.items()))
        for part in (value.above, value.below)
    )


def _scaled(value: Quotient, factor: Fraction) -> Quotient:
    above = {monomial: part * factor for monomial, part in value.above.items()}
    return Quotient(above, value.below, value.exact)


def _inverse(value: Quotient) -> Quotient:
    if not value.above:
        raise Undefined
    if len(value.above) == 1 and () in value.above:
        return _scaled(Quotient(value.below, ONE, value.exact), 1 / value.above[()])
    return Quotient(value.below, value.above, value.exact)


def _sum(one: Quotient, other: Quotient) -> Quotient:
    exact = one.exact and other.exact
    if one.below == other.below:
        return Quotient(plus(one.above, other.above), one.below, exact)
    above = plus(times(one.above, other.below), times(other.above, one.below))
    return Quotient(above, times(one.below, other.below), exact)


def _product(one: Quotient, other: Quotient) -> Quotient:
    return Quotient(
        times(one.above, other.above), times(one.below, other.below), one.exact and other.exact
    )
