"""Polynomials with rational coefficients, bounded in size and work.

A monomial is a sorted tuple of (generator, power). Powers of the imaginary unit and of square roots are
reduced: i^2 = -1, and the square of `√p` is p.
"""

from __future__ import annotations

import threading
from fractions import Fraction

Monomial = tuple[tuple[str, int], ...]
Polynomial = dict[Monomial, Fraction]

_MAX_TERMS = 200
_MAX_BITS = 4096
_MAX_WORK = 6000
"""Most monomial products in one comparison; a product of long numbers counts several times."""
MAX_POWER = 10_000
WRITTEN_OUT = 1_000_000
"""Powers above this one are never written out: their normal form is one opaque part."""


class TooLarge(Exception):
    """The normal form would exceed the bounds."""


ONE: Polynomial = {(): Fraction(1)}
_work = threading.local()


def start() -> None:
    """Begin a comparison: reset the work counter of this thread."""
    _work.done = 0


def plus(one: Polynomial, other: Polynomial) -> Polynomial:
    total = dict(one)
    for monomial, factor in other.items():
        coefficient = total.get(monomial, 0) + factor
        if coefficient:
            bound(coefficient)
            total[monomial] = coefficient
        else:
            del total[monomial]
    if len(total) > _MAX_TERMS:
        raise TooLarge
    return total


def times(one: Polynomial, other: Polynomial) -> Polynomial:
    if other == ONE:
        return one
    if one == ONE:
        return other
    total: Polynomial = {}
    for left, factor in one.items():
        _work.done += len(other) * (1 + (factor.numerator * factor.denominator).bit_length() // 128)
        if _work.done > _MAX_WORK:
            raise TooLarge
        for right, other_factor in other.items():
            monomial, scale = _joined(left, right)
            coefficient = total.get(monomial, 0) + factor * other_factor * scale
            bound(coefficient)
            total[monomial] = coefficient
    total = {monomial: factor for monomial, factor in total.items() if factor}
    if len(total) > _MAX_TERMS:
        raise TooLarge
    return total


def _joined(one: Monomial, other: Monomial) -> tuple[Monomial, int]:
    """The product of two monomials as a reduced monomial and an integer factor."""
    if not one:
        return other, 1
    if not other:
        return one, 1
    powers, scale = dict(one), 1
    for name, power in other:
        powers[name] = total = powers.get(name, 0) + power
        if total > 1 and name == "i":
            powers[name], scale = total - 2, -scale
        elif total > 1 and name[0] == "√":
            powers[name], scale = total - 2, scale * int(name[1:])
        elif total > MAX_POWER:
            raise TooLarge
    return tuple(sorted(part for part in powers.items() if part[1])), scale


def bound(number: Fraction | int) -> None:
    """Raise TooLarge for a number of too many bits."""
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _MAX_BITS:
        raise TooLarge
