r"""Quantities with units: how they are printed, and how a printed one is parsed.

A quantity is a number of the smallest unit of its dimension. It is printed in one unit (`12307 s`, also
as a decimal, `12.307 kg`) or in several (`3 h 25 min 7 s`, without the parts that are zero). The choice
is surface: it is no part of what `bits` count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from generators.phrasing import read_texts

STYLE_CODES = 12
"""A style is drawn as a code below this, modulo the number of styles, which divides it."""


class MeasureUnit(NamedTuple):
    """A unit: its size in smallest units, its names behind a one and behind another number, and
    the full name."""

    size: int
    singular: str
    plural: str
    full: str


@dataclass(frozen=True)
class Dimension:
    """Units of one dimension, largest first, and the styles in which quantities are printed.

    A style is the units of a mixed quantity, or one unit and a number of decimal places.
    """

    units: tuple[MeasureUnit, ...]
    styles: tuple[tuple[tuple[MeasureUnit, ...], int], ...]

    def quantity(self, n: int, style: int, wrap: str) -> tuple[str, int]:
        """Print a quantity; returns the text, and the size of its unit (-1 for several units).

        Args:
            n: the number of smallest units.
            style: index into `styles`.
            wrap: printed before and behind every number.
        """
        units, places = self.styles[style]
        size, singular, plural, _ = units[0]
        if places:
            whole, rest = divmod(n, size)
            return f"{wrap}{whole}.{rest:0{places}}{wrap} {plural}", size
        if size == 1:
            return f"{wrap}{n}{wrap} {plural}", 1
        text, last = "", 0
        for size, singular, plural, _ in units:
            if n >= size:
                count, n = divmod(n, size)
                last = -1 if text else size
                text += f" {wrap}{count}{wrap} {singular if count == 1 else plural}"
        return text[1:], last


def _dimension(table: dict[str, Any]) -> Dimension:
    units = {
        singular: MeasureUnit(size, singular, *names) for size, singular, *names in table["units"]
    }
    styles = [(tuple(units[name] for name in names), places) for names, places in table["styles"]]
    return Dimension(tuple(units.values()), tuple(styles))


DIMENSIONS = {name: _dimension(table) for name, table in read_texts(__file__).items()}
UNIT_NAMES = {unit: unit.full for each in DIMENSIONS.values() for unit in each.units}
_SIZES = {
    word: (dimension, unit.size)
    for dimension, definition in DIMENSIONS.items()
    for unit in definition.units
    for word in (unit.singular, unit.plural)
}
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,6})?"
_WORD = "|".join(sorted(_SIZES, key=len, reverse=True))
_PART = re.compile(rf"({_NUMBER}) ({_WORD})\b")
AMOUNT = re.compile(
    rf"\b{_NUMBER} (?:{_WORD})\b(?: {_NUMBER} (?:{_WORD})\b){{0,5}}|\b[0-9]{{1,12}}\b(?!\.[0-9])"
)
"""A quantity or a bare number, in plain text."""


def parts(text: str, dimension: str) -> list[tuple[str, int]]:
    """The numbers of a printed quantity, each with the size of its unit.

    Raises:
        ValueError: if the text is not a quantity of that dimension.
    """
    numbers = _PART.findall(text)
    if not numbers or any(_SIZES[word][0] != dimension for _, word in numbers):
        raise ValueError(f"not a quantity of {dimension}: {text[:60]!r}")
    return [(number, _SIZES[word][1]) for number, word in numbers]


def smallest(text: str, dimension: str) -> int:
    """Convert a printed quantity to a number of the smallest unit.

    Raises:
        ValueError: if the text is not a quantity of that dimension, or the number is not whole.
    """
    total = sum((Fraction(number) * size for number, size in parts(text, dimension)), Fraction(0))
    if total.denominator > 1:
        raise ValueError(f"not a whole number of the smallest unit: {text[:60]!r}")
    return int(total)
