r"""`measures`: stories of times, lengths, masses, volumes and sums of money in mixed units.

    Mia has 12.307 kg of flour in the pantry. Then the mill delivers 860 g of flour. Later Mia fills
    all the flour into 7 bags in equal amounts and keeps only one bag. What is the mass of the flour
    now, in kilograms? Give the exact value, as a decimal or a fraction.

The tier is the number of steps, the conversions not counted. In the smallest unit of the dimension (s,
cm, g, ml or cents) the computation is a chain of `generators.forms.running_total`, with terms of
200..999999 and factors of 2..99; that module proves what `bits` and `min_bits` of a chain are. Then the
dimension is drawn, uniform among five, and the wanted unit, uniform among those of the dimension. The
start is never printed in the wanted unit alone, so that something is always to be converted.

The units in which amounts are printed are surface: the canonical form is that of the chain in smallest
units, as in `stories`, and the size of the wanted unit. So the same numbers in grams and in milliliters,
with kilograms and liters wanted, are one form. The wanted unit is drawn apart from the chain, hence

    P(F) = P(chain) * P(size),   P(size) = sum of 1/5 * 1/(units of the dimension)

over the dimensions with a unit of that size. `min_bits` adds the likeliest size to that of chains.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import lcm, log2
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.family import DrawnFamily, Notation
from generators.forms import running_total
from generators.forms.running_total import Chain, RunningTotals
from generators.stories import engine, quantities
from generators.stories.measures_settings import SETTINGS
from generators.stories.quantities import DIMENSIONS, NAMES, WAYS, Unit

TOTALS = RunningTotals(range(200, 1_000_000), range(2, 100))
EXACTLY = " Give the exact value, as a decimal or a fraction."
BOOKS = {
    dimension: tuple(
        engine.Book(setting, [NAMES[unit] for unit in DIMENSIONS[dimension].units])
        for setting in settings
    )
    for dimension, settings in SETTINGS.items()
}
_SHELVES = {dimension: engine.Shelf(books) for dimension, books in BOOKS.items()}
_DIMENSION_OF = {book: dimension for dimension, books in BOOKS.items() for book in books}
_MOST_UNITS = lcm(*(len(dimension.units) for dimension in DIMENSIONS.values()))
_WANTED = tuple(
    (name, dimension.units[i % len(dimension.units)])
    for name, dimension in DIMENSIONS.items()
    for i in range(_MOST_UNITS)
)
"""Dimensions and wanted units, each dimension as often and each of its units as often."""


class Measured(NamedTuple):
    """A chain in smallest units, the dimension, and the wanted unit."""

    chain: Chain
    dimension: str
    wanted: Unit


class Measures(DrawnFamily[Measured]):
    """The family `measures`; see the module's docstring."""

    name = "measures"
    random_bytes = 256
    summary = "stories of times, lengths, masses, volumes and money with units to convert"
    notations = ("plain", "latex")

    def draw(self, draw: Draw, tier: int) -> Measured:
        dimension, wanted = draw.choice(_WANTED)
        return Measured(TOTALS.draw(draw, tier), dimension, wanted)

    def render(self, form: Measured, notation: Notation, draw: Draw) -> str:
        wrap = "$" if notation == "latex" else ""
        quantity, styles = (
            DIMENSIONS[form.dimension].quantity,
            len(DIMENSIONS[form.dimension].styles),
        )
        ways = draw.below(WAYS ** len(form.chain))
        told: list[tuple[str, str]] = []
        for sign, n in form.chain:
            if sign in "+-":
                ways, way = divmod(ways, WAYS)
                amount, size = quantity(n, way % styles, wrap)
                while not told and size == form.wanted.size:
                    way += 1
                    amount, size = quantity(n, way % styles, wrap)
                told.append((sign, amount))
            else:
                told.append((sign, f"{wrap}{n}{wrap}"))
        return engine.tell(_SHELVES[form.dimension], told, NAMES[form.wanted], draw) + EXACTLY

    def answer(self, form: Measured) -> str:
        value, size = running_total.values(form.chain)[-1], form.wanted.size
        whole, rest = divmod(value, size)
        if not rest:
            return str(whole)
        if form.dimension == "time":
            return str(Fraction(value, size))
        return f"{whole}.{rest:0{len(str(size)) - 1}}".rstrip("0")

    def solution(self, form: Measured) -> str:
        smallest = NAMES[DIMENSIONS[form.dimension].units[-1]]
        worked = running_total.worked(form.chain)
        return f"in {smallest}: {worked}, in {NAMES[form.wanted]}: {self.answer(form)}"

    def canonical(self, form: Measured) -> str:
        return f"{running_total.canonical(form.chain)}:{form.wanted.size}"

    def bits(self, form: Measured) -> float:
        return TOTALS.bits(form.chain) + _size_bits()[form.wanted.size]

    def part_bits(self, form: Measured) -> float:
        """Of the chain without the last conversion, or, where there is none, without the last step."""
        return TOTALS.bits(form.chain) if form.wanted.size > 1 else TOTALS.part_bits(form.chain)

    def min_bits(self, tier: int) -> float:
        return TOTALS.min_bits(tier) + min(_size_bits().values())

    def space(self, tier: int) -> int | None:
        return None

    def most(self, tier: int) -> int:
        return TOTALS.most(tier) * len(_size_bits())

    def read(self, text: str) -> Measured:
        told, dimension = _told(text)
        chain = tuple(
            (sign, quantities.smallest(n, dimension) if sign in "+-" else _count(n))
            for sign, n in told.steps
        )
        return Measured(chain, dimension, _unit(told.unit))

    def evaluate(self, text: str) -> Fraction:
        """The value of the one expression that the sentences make, every amount with its unit."""
        told, dimension = _told(text)
        steps: list[tuple[str, str]] = []
        for sign, n in told.steps:
            if sign in "+-":
                parts = quantities.parts(n, dimension)
                steps.append(
                    (sign, f"({' + '.join(f'{number} * {size}' for number, size in parts)})")
                )
            else:
                steps.append((sign, str(_count(n))))
        size = _unit(told.unit).size
        return arithmetic_evaluator.evaluate(f"({running_total.expression(steps)}) / {size}")


@cache
def _size_bits() -> dict[int, float]:
    """Minus log2 of the probability of each size of the wanted unit."""
    shares: dict[int, float] = {}
    for dimension in DIMENSIONS.values():
        for unit in dimension.units:
            share = 1 / len(DIMENSIONS) / len(dimension.units)
            shares[unit.size] = shares.get(unit.size, 0.0) + share
    return {size: -log2(share) for size, share in shares.items()}


def _told(text: str) -> tuple[engine.Told, str]:
    """What a text tells, and the dimension of its amounts."""
    story = text.removesuffix(EXACTLY)
    if story == text:
        raise ValueError(f"not a story of measures: {text[:60]!r}")
    told = engine.read(story, _DIMENSION_OF, quantities.AMOUNT)
    return told, _DIMENSION_OF[told.book]


def _unit(name: str) -> Unit:
    (found,) = (unit for unit, known in NAMES.items() if known == name)
    return found


def _count(text: str) -> int:
    """A bare number."""
    if not text.isdigit():
        raise ValueError(f"not a number without a unit: {text[:60]!r}")
    return int(text)
