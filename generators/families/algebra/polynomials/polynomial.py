"""Draw, evaluate, print and read polynomials of degree 1 to 3 with small integer coefficients.

`unrank` maps a uniform index to a uniform polynomial. `to_text` prints one from the highest power down
or from the constant up, and `read` reads both.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from math import prod
from typing import TypeAlias

Polynomial: TypeAlias = tuple[int, ...]
"""The coefficients, from the constant to the leading one, which is not 0."""


def _signed(low: int, high: int) -> tuple[int, ...]:
    return (*range(-high, -low + 1), *range(low, high + 1))


COEFFICIENTS: tuple[tuple[tuple[int, ...], ...], ...] = (
    (_signed(1, 300), _signed(2, 60)),
    (_signed(1, 99), (*_signed(1, 30), 0), _signed(1, 9)),
    (_signed(1, 40), (*_signed(1, 12), 0), (*_signed(1, 6), 0), _signed(1, 3)),
)
"""For each degree, the possible coefficients, from the constant on."""
_SIZES = tuple(prod(map(len, lists)) for lists in COEFFICIENTS)
_ABOVE = tuple(tuple(product(*lists[1:])) for lists in COEFFICIENTS)
COUNT = sum(_SIZES)
VARIABLES = "xtyznsw"

_DEFINITION = re.compile(r"(\$?)([f-hp-r])\(([xtyznsw])\) = ([-+^a-z0-9 ]{1,60})\1")
_MONOMIAL = re.compile(r"([-+]?) ?([0-9]{1,6})?([a-z])?(?:\^([23]))?(?: |$)")


def unrank(index: int) -> Polynomial:
    """The polynomial with that index below `COUNT`."""
    for size, (constants, *_), above in zip(_SIZES, COEFFICIENTS, _ABOVE, strict=True):
        if index < size:
            rest, constant = divmod(index, len(constants))
            return constants[constant], *above[rest]
        index -= size
    raise ValueError(f"expected an index below {COUNT}")


def value(function: Polynomial, at: int) -> int:
    """The value at `at`, by Horner's rule."""
    total = 0
    for coefficient in reversed(function):
        total = total * at + coefficient
    return total


def to_text(function: Polynomial, x: str, ascending: bool = False) -> str:
    """The printed polynomial: `3x^2 - x + 7`."""
    powers = range(len(function)) if ascending else range(len(function) - 1, -1, -1)
    text = "".join([_monomial(function[power], power, x) for power in powers])
    return text[3:] if text[1] == "+" else f"-{text[3:]}"


@cache
def _monomial(coefficient: int, power: int, x: str) -> str:
    if coefficient == 0:
        return ""
    name = x if power == 1 else f"{x}^{power}" if power else ""
    size = "" if abs(coefficient) == 1 and power else str(abs(coefficient))
    return f" {'-' if coefficient < 0 else '+'} {size}{name}"


def read(text: str, x: str) -> Polynomial:
    """The polynomial in x that a text prints.

    Raises:
        ValueError: if the text is not a polynomial in x, or has two terms of one degree.
    """
    coefficients: dict[int, int] = {}
    position = 0
    while position < len(text):
        match = _MONOMIAL.match(text, position)
        if not match or match[3] not in (None, x):
            raise ValueError(f"expected a polynomial in {x}, got {text[:60]!r}")
        sign, size, name, power = match.groups()
        degree = int(power or 1) if name else 0
        if (
            degree in coefficients
            or not (size or name)
            or (power and not name)
            or (position and not sign)
        ):
            raise ValueError(f"expected a polynomial in {x}, got {text[:60]!r}")
        coefficients[degree] = int(size or 1) * (-1 if sign == "-" else 1)
        position = match.end()
    return tuple(coefficients.get(degree, 0) for degree in range(max(coefficients, default=-1) + 1))


def definitions(text: str) -> dict[str, tuple[str, str]]:
    """The variable and the body of each function that a list such as `f(x) = 2x + 3 and ...` defines.

    Raises:
        ValueError: if the text is not such a list, or defines a function twice.
    """
    bodies = {}
    for definition in re.split(", | and ", text):
        parts = _DEFINITION.fullmatch(definition)
        if not parts or parts[2] in bodies:
            raise ValueError(f"expected a definition of a function, got {definition[:60]!r}")
        bodies[parts[2]] = parts[3], parts[4]
    return bodies
