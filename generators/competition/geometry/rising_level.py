"""`rising-level`: the radius or diameter of a tank from the inflow and the rise of the level."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import Surd, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Whole, Words
from generators.competition.template import Template

SQUARES = [s * s * n for n in (2, 3, 5, 6, 7, 10, 11, 13) for s in range(1, 11) if s * s * n <= 120]
"""Squares of irrational radii."""


class Every(Kind):
    """A period in the unit `time`, after the word every: minute, 5 minutes."""

    pattern = r"(?:\d+ )?[a-z]+"

    def print(self, value: int, words: Words) -> str:
        unit = words["time"][1]
        return unit if value == 1 else f"{value} {unit}s"

    def read(self, text: str, words: Words) -> int:
        return int(text.split()[0]) if " " in text else 1


class RisingLevel(Template):
    """See the module's docstring."""

    level, answer = 4, Radical()
    kin = (
        "test/geometry/353.json",
        "test/geometry/248.json",
        "test/geometry/73.json",
        "test/geometry/473.json",
    )
    numbers = Numbers(
        ask=("radius", "diameter"), square=SQUARES, rise=range(2, 16), period=range(1, 19)
    )
    prints = {
        "ask": Choice(radius="radius", diameter="diameter"),
        "period": Every(),
        "flow": Whole(),
    }
    words = {
        "time": (("a minute", "minute"), ("an hour", "hour")),
        "unit": ("feet", "inches", "yards", "centimeters"),
    }
    texts = (
        r"Water flows into a cylindrical tank at $<flow>\pi$ cubic <unit> <time>, and the level rises "
        "by <rise> <unit> every <period>. What is the <ask> of the tank, in <unit>? Express your "
        "answer in simplest radical form.",
        r"Water fills an upright cylinder at $<flow>\pi$ cubic <unit> <time> and rises <rise> <unit> "
        r"every "
        "<period>. Find the <ask> of the cylinder, in <unit>.",
        "How many <unit> is the <ask> of an upright cylindrical tank in which the level falls <rise> "
        "<unit> "
        r"every <period> when $<flow>\pi$ cubic <unit> <time> flow out?",
        r"What is the <ask>, in <unit>, of an upright cylinder that fills at $<flow>\pi$ cubic <unit> "
        r"<time> if "
        "the level rises <rise> <unit> every <period>?",
        "The level of water in an upright cylindrical tank falls <rise> <unit> every <period> when "
        r"$<flow>\pi$ cubic <unit> <time> flow out. How many <unit> long is the <ask> of the tank?",
        r"An upright cylinder is filled at a rate of $<flow>\pi$ cubic <unit> <time>. If the surface "
        r"rises "
        "<rise> <unit> every <period>, find the <ask> of the cylinder, in <unit>.",
        "A dairy stores its milk in an upright tank which has the shape of a cylinder. The workers "
        "cannot see into the tank, but a float on the surface of the milk tells them how high it "
        r"stands. When a pump brings $<flow>\pi$ cubic <unit> of milk <time> into the tank, the float "
        "rises by <rise> <unit> every <period>. What is the <ask> of the base of the tank, in <unit>?",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        flow, rest = divmod(p.square * p.rise, p.period)
        return rest == 0 and 2 <= flow <= 100

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        flow = p.square * p.rise // p.period
        return {"ask": p.ask, "flow": flow, "rise": p.rise, "period": p.period}

    def solve(self, p: Parameters) -> Any:
        return square_root(p.square * (1 if p.ask == "radius" else 4))

    def check(self, q: Parameters) -> Any:
        # The squares of whole multiples of small roots, until the volume in a period is right.
        for root in (1, 2, 3, 5, 6, 7, 10, 11, 13):
            size = isqrt(q.flow * q.period // (q.rise * root))
            if size and q.rise * size**2 * root == q.flow * q.period:
                return Surd(Fraction(size if q.ask == "radius" else 2 * size), root)
        raise ValueError("expected a radius with a small root")
