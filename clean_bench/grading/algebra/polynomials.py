"""Polynomials with rational coefficients, bounded in size and work.

A monomial is its sorted (generator, power) pairs. The imaginary unit and the square roots of primes
are reduced: i^2 = -1, and the square of the root of p, named by a radical sign before p, is p.
"""

from __future__ import annotations

import threading
from fractions import Fraction

Monomial = tuple[tuple[str, int], ...]
Polynomial = dict[Monomial, Fraction]

_MOST_TERMS = 200
_MOST_BITS = 4096
_MOST_WORK = 6000
"""Products of two monomials in one question, those of long numbers counted several times."""
HIGHEST_POWER = 10_000


class TooLarge(Exception):
    """The normal form would exceed the bounds."""


ONE: Polynomial = {(): Fraction(1)}
_work = threading.local()


def start() -> None:
    """Begin a question: its work is bounded as a whole, in each thread on its own."""
    _work.done = 0


def plus(one: Polynomial, other: Polynomial) -> Polynomial:
    total = dict(one)
    for monomial, factor in other.items():
        found = total.get(monomial, 0) + factor
        if found:
            bound(found)
            total[monomial] = found
        else:
            del total[monomial]
    if len(total) > _MOST_TERMS:
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
        if _work.done > _MOST_WORK:
            raise TooLarge
        for right, other_factor in other.items():
            monomial, scale = _joined(left, right)
            found = total.get(monomial, 0) + factor * other_factor * scale
            bound(found)
            total[monomial] = found
    total = {monomial: factor for monomial, factor in total.items() if factor}
    if len(total) > _MOST_TERMS:
        raise TooLarge
    return total


def _joined(one: Monomial, other: Monomial) -> tuple[Monomial, int]:
    """The product of two monomials, with i^2 = -1 and the squares of roots taken out."""
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
        elif total > HIGHEST_POWER:
            raise TooLarge
    return tuple(sorted(part for part in powers.items() if part[1])), scale


def bound(number: Fraction | int) -> None:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _MOST_BITS:
        raise TooLarge
