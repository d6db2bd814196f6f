r"""Quantities with units: how they are printed, and how a printed one is read again.

A quantity is a number of the smallest unit of its dimension. It is printed in one unit (`12307 s`, also
as a decimal, `12.307 kg`) or in several (`3 h 25 min 7 s`, parts of zero left out); which of these is
surface.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

WAYS = 12
"""Ways to print a quantity, each equally often; so a dimension has a divisor of 12 styles."""


class Unit(NamedTuple):
    """A unit: its size, and how it stands behind one and behind another number."""

    size: int
    one: str
    many: str


@dataclass(frozen=True)
class Dimension:
    """Units of one dimension, largest first, and the styles in which quantities are printed.

    A style is the units of a mixed quantity, or one unit and a number of decimal places.
    """

    units: tuple[Unit, ...]
    styles: tuple[tuple[tuple[Unit, ...], int], ...]

    def quantity(self, n: int, style: int, wrap: str) -> tuple[str, int]:
        """A quantity as printed, and the size of its unit if it has but one, or else -1.

        `wrap` stands before and behind every number.
        """
        units, places = self.styles[style]
        size, one, many = units[0]
        if places:
            whole, rest = divmod(n, size)
            return f"{wrap}{whole}.{rest:0{places}}{wrap} {many}", size
        if size == 1:
            return f"{wrap}{n}{wrap} {many}", 1
        text, last = "", 0
        for size, one, many in units:
            if n >= size:
                count, n = divmod(n, size)
                last = -1 if text else size
                text += f" {wrap}{count}{wrap} {one if count == 1 else many}"
        return text[1:], last


SECOND, MINUTE, HOUR = Unit(1, "s", "s"), Unit(60, "min", "min"), Unit(3600, "h", "h")
DAY, WEEK = Unit(86400, "day", "days"), Unit(604800, "week", "weeks")
CENTIMETER, METER, KILOMETER = Unit(1, "cm", "cm"), Unit(100, "m", "m"), Unit(100_000, "km", "km")
GRAM, KILOGRAM = Unit(1, "g", "g"), Unit(1000, "kg", "kg")
MILLILITER, LITER = Unit(1, "ml", "ml"), Unit(1000, "liter", "liters")
CENT, DOLLAR = Unit(1, "cent", "cents"), Unit(100, "dollar", "dollars")
NAMES = {
    SECOND: "seconds",
    MINUTE: "minutes",
    HOUR: "hours",
    DAY: "days",
    WEEK: "weeks",
    CENTIMETER: "centimeters",
    METER: "meters",
    KILOMETER: "kilometers",
    GRAM: "grams",
    KILOGRAM: "kilograms",
    MILLILITER: "milliliters",
    LITER: "liters",
    CENT: "cents",
    DOLLAR: "dollars",
}

DIMENSIONS = {
    "time": Dimension(
        (WEEK, DAY, HOUR, MINUTE, SECOND),
        (
            ((SECOND,), 0),
            ((MINUTE, SECOND), 0),
            ((HOUR, MINUTE, SECOND), 0),
            ((WEEK, DAY, HOUR, MINUTE, SECOND), 0),
        ),
    ),
    "length": Dimension(
        (KILOMETER, METER, CENTIMETER),
        (
            ((CENTIMETER,), 0),
            ((METER, CENTIMETER), 0),
            ((KILOMETER, METER, CENTIMETER), 0),
            ((METER,), 2),
        ),
    ),
    "mass": Dimension((KILOGRAM, GRAM), (((GRAM,), 0), ((KILOGRAM, GRAM), 0), ((KILOGRAM,), 3))),
    "volume": Dimension(
        (LITER, MILLILITER), (((MILLILITER,), 0), ((LITER, MILLILITER), 0), ((LITER,), 3))
    ),
    "money": Dimension((DOLLAR, CENT), (((CENT,), 0), ((DOLLAR, CENT), 0), ((DOLLAR,), 2))),
}

_SIZES = {
    word: (dimension, unit.size)
    for dimension, own in DIMENSIONS.items()
    for unit in own.units
    for word in (unit.one, unit.many)
}
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,6})?"
_WORD = "|".join(sorted(_SIZES, key=len, reverse=True))
_PART = re.compile(rf"({_NUMBER}) ({_WORD})\b")
AMOUNT = re.compile(
    rf"\b{_NUMBER} (?:{_WORD})\b(?: {_NUMBER} (?:{_WORD})\b){{0,5}}|\b[0-9]{{1,12}}\b(?!\.[0-9])"
)
"""A quantity or a bare number, in plain text."""


def parts(text: str, dimension: str) -> list[tuple[str, int]]:
    """The numbers of a printed quantity with the sizes of their units.

    Raises:
        ValueError: if it is no quantity of that dimension.
    """
    found = _PART.findall(text)
    if not found or any(_SIZES[word][0] != dimension for _, word in found):
        raise ValueError(f"not a quantity of {dimension}: {text[:60]!r}")
    return [(number, _SIZES[word][1]) for number, word in found]


def smallest(text: str, dimension: str) -> int:
    """A printed quantity as a number of the smallest unit.

    Raises:
        ValueError: if it is no quantity of that dimension, or no whole number.
    """
    total = sum((Fraction(number) * size for number, size in parts(text, dimension)), Fraction(0))
    if total.denominator > 1:
        raise ValueError(f"not whole: {text[:60]!r}")
    return int(total)
