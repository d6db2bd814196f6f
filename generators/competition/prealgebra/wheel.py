"""`wheel`: the speed of a point on the rim of a wheel, in terms of pi."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import PiMultiple
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class Wheel(Template):
    """See the module's docstring."""

    level, answer = 5, PiMultiple()
    kin = ("test/prealgebra/1423.json", "test/prealgebra/1512.json")
    numbers = Numbers(r=range(2, 61), a=range(2, 16), b=range(2, 16), size=("radius", "diameter"))
    prints = {"size": Choice(radius="radius", diameter="diameter")}
    words = {"name": PEOPLE, "unit": ("inches", "centimeters")}
    texts = (
        "The wheel of a mill has a <size> of <r> inches and turns <a> times in every <b> seconds. "
        "How fast does a point of its rim move, in inches per second? Give the exact value.",
        "A wheel of <size> <r> <unit> turns <a> times every <b> seconds. How many <unit> does a "
        "point of its rim move in one second?",
        "<name> pushes a cart along a straight road. The wheels of the cart have a <size> of <r> "
        "centimeters, and each of them makes <a> turns in <b> seconds. If the wheels do not slip, "
        "what is the speed of the cart in centimeters per second? Express your answer in terms of "
        r"$\pi$.",
        "A rope is wound around a drum that has a <size> of <r> inches. If the drum makes <a> turns "
        "in <b> seconds, how many inches of rope are wound up per second? Express your answer in "
        r"terms of $\pi$.",
        "In a science museum there is a round plate on a table, and visitors can turn it like a "
        "wheel. The <size> of the plate is <r> inches. One afternoon <name> glues a small red dot to "
        "the very edge of it and pushes the plate so that it goes around <a> times in <b> seconds. "
        "How fast does the dot move, in inches per second? Express your answer in exact form.",
        "What is the speed, in <unit> per second, of a unicycle whose wheel has a <size> of <r> "
        r"<unit> and makes <a> full turns in <b> seconds? Leave your answer in terms of $\pi$.",
        "How many <unit> per second does the rim of a wheel of <size> <r> <unit> move at <a> turns "
        "every <b> seconds?",
        "A disk of <size> <r> <unit> spins <a> times in <b> seconds. What is the speed of its edge "
        "in <unit> per second?",
        "A wheel of <size> <r> <unit> makes <a> turns in <b> seconds. Express the speed of its "
        r"rim, in <unit> per second, in terms of $\pi$.",
    )

    def nice(self, p: Parameters) -> Any:
        return gcd(p.a, p.b) == 1 and self.solve(p)[1].denominator <= 3

    def solve(self, p: Parameters) -> Any:
        return (0, Fraction(p.r * p.a * (2 if p.size == "radius" else 1), p.b))

    def check(self, q: Parameters) -> Any:
        # Diameters that the rim covers in 60 b seconds, then in one second.
        diameter = q.r + q.r if q.size == "radius" else q.r
        covered = sum(diameter for _ in range(60 * q.a))
        return (0, Fraction(covered, 60) / q.b)
