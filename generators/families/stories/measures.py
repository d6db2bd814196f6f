r"""`measures`: stories of times, lengths, masses, volumes and sums of money in mixed units.

    Mia has 12.307 kg of flour in the pantry. Then the mill delivers 860 g of flour. Later Mia fills
    all the flour into 7 bags in equal amounts and keeps only one bag. What is the mass of the flour
    now, in kilograms? Give the exact value, as a decimal or a fraction.

The tier is the number of steps without the conversions. In the smallest unit of the dimension (s, cm,
g, ml or cents) the computation is a chain of `generators.forms.running_total` with terms of 200..999999
and factors of 2..99; that module proves the `bits` and `min_bits` of a chain. The dimension is uniform
among five, and the unit of the answer is uniform among the units of the dimension. The start is never
printed in the unit of the answer alone, so at least one conversion is needed.

The units in which amounts are printed are surface. The canonical form is that of the chain in smallest
units, as in `stories`, with the size of the answer's unit. So the same numbers in grams and in
milliliters, with answers in kilograms and in liters, have one canonical form. The unit of the answer is
drawn independently of the chain, hence

    P(F) = P(chain) * P(size),   P(size) = sum of 1/5 * 1/(units of the dimension)

over the dimensions with a unit of that size. `min_bits` adds the bits of the likeliest size.
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
from generators.phrasing import decimal
from generators.stories import quantities
from generators.stories.engine import Frame, ParsedStory, StoryTemplate, parse_story, print_story
from generators.stories.quantities import DIMENSIONS, STYLE_CODES, UNIT_NAMES, MeasureUnit
from generators.stories.setting import read_settings

TOTALS = RunningTotals(range(200, 1_000_000), range(2, 100))
EXACTLY = " Give the exact value, as a decimal or a fraction."

_MOST_UNITS = lcm(*(len(dimension.units) for dimension in DIMENSIONS.values()))
_ANSWER_UNITS = tuple(
    (name, dimension.units[i % len(dimension.units)])
    for name, dimension in DIMENSIONS.items()
    for i in range(_MOST_UNITS)
)
"""Dimensions with units of the answer: every dimension and each of its units equally often."""


@cache
def _templates() -> dict[StoryTemplate, str]:
    """Every story template with its dimension."""
    return {
        StoryTemplate(setting, [UNIT_NAMES[unit] for unit in definition.units]): dimension
        for dimension, definition in DIMENSIONS.items()
        for setting in read_settings(dimension)
    }


@cache
def _frames(dimension: str) -> tuple[Frame, ...]:
    return tuple(
        frame
        for template, of in _templates().items()
        if of == dimension
        for frame in template.frames
    )


class Measured(NamedTuple):
    """A chain in smallest units, its dimension, and the unit of the answer."""

    chain: Chain
    dimension: str
    unit: MeasureUnit


class Measures(DrawnFamily[Measured]):
    name = "measures"
    random_bytes = 256
    summary = "stories of times, lengths, masses, volumes and money with units to convert"
    notations = ("plain", "latex")

    def draw(self, draw: Draw, tier: int) -> Measured:
        dimension, unit = draw.choice(_ANSWER_UNITS)
        return Measured(TOTALS.draw(draw, tier), dimension, unit)

    def render(self, form: Measured, notation: Notation, draw: Draw) -> str:
        wrap = "$" if notation == "latex" else ""
        dimension = DIMENSIONS[form.dimension]
        quantity, styles = dimension.quantity, len(dimension.styles)
        codes = draw.below(STYLE_CODES ** len(form.chain))
        steps: list[tuple[str, str]] = []
        for sign, n in form.chain:
            if sign in "+-":
                codes, code = divmod(codes, STYLE_CODES)
                amount, size = quantity(n, code % styles, wrap)
                while not steps and size == form.unit.size:
                    code += 1
                    amount, size = quantity(n, code % styles, wrap)
                steps.append((sign, amount))
            else:
                steps.append((sign, f"{wrap}{n}{wrap}"))
        story = print_story(_frames(form.dimension), steps, UNIT_NAMES[form.unit], draw)
        return story + EXACTLY

    def answer(self, form: Measured) -> str:
        value, size = running_total.values(form.chain)[-1], form.unit.size
        if form.dimension == "time":
            return str(Fraction(value, size))
        return decimal(value, len(str(size)) - 1)

    def solution(self, form: Measured) -> str:
        smallest = UNIT_NAMES[DIMENSIONS[form.dimension].units[-1]]
        worked = running_total.worked(form.chain)
        return f"in {smallest}: {worked}, in {UNIT_NAMES[form.unit]}: {self.answer(form)}"

    def canonical(self, form: Measured) -> str:
        return f"{running_total.canonical(form.chain)}:{form.unit.size}"

    def bits(self, form: Measured) -> float:
        return TOTALS.bits(form.chain) + _size_bits()[form.unit.size]

    def part_bits(self, form: Measured) -> float:
        """Bits of the chain without the last conversion, or without the last step if there is none."""
        return TOTALS.bits(form.chain) if form.unit.size > 1 else TOTALS.part_bits(form.chain)

    def min_bits(self, tier: int) -> float:
        return TOTALS.min_bits(tier) + min(_size_bits().values())

    def most(self, tier: int) -> int:
        return TOTALS.most(tier) * len(_size_bits())

    def read(self, text: str) -> Measured:
        story, dimension = _parse(text)
        chain = tuple(
            (sign, quantities.smallest(n, dimension) if sign in "+-" else _count(n))
            for sign, n in story.steps
        )
        return Measured(chain, dimension, _unit(story.unit))

    def evaluate(self, text: str) -> Fraction:
        """Evaluate the single expression that the sentences stand for, amounts with their units."""
        story, dimension = _parse(text)
        steps: list[tuple[str, str]] = []
        for sign, n in story.steps:
            if sign in "+-":
                products = (f"{number} * {size}" for number, size in quantities.parts(n, dimension))
                steps.append((sign, f"({' + '.join(products)})"))
            else:
                steps.append((sign, str(_count(n))))
        size = _unit(story.unit).size
        return arithmetic_evaluator.evaluate(f"({running_total.expression(steps)}) / {size}")


@cache
def _size_bits() -> dict[int, float]:
    """Minus log2 of the probability of each size of the answer's unit."""
    shares: dict[int, float] = {}
    for dimension in DIMENSIONS.values():
        for unit in dimension.units:
            share = 1 / len(DIMENSIONS) / len(dimension.units)
            shares[unit.size] = shares.get(unit.size, 0.0) + share
    return {size: -log2(share) for size, share in shares.items()}


def _parse(text: str) -> tuple[ParsedStory, str]:
    """The story in a problem's text, and the dimension of its amounts."""
    body = text.removesuffix(EXACTLY)
    if body == text:
        raise ValueError(f"not a story of measures: {text[:60]!r}")
    story = parse_story(body, _templates(), quantities.AMOUNT)
    return story, _templates()[story.template]


def _unit(name: str) -> MeasureUnit:
    return next(unit for unit, unit_name in UNIT_NAMES.items() if unit_name == name)


def _count(text: str) -> int:
    """Parse a number without a unit."""
    if not text.isdigit():
        raise ValueError(f"not a number without a unit: {text[:60]!r}")
    return int(text)
