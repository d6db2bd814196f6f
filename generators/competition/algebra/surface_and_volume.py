"""`surface-and-volume`: the cost of a size, when one part of it grows as the square, one as the cube."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Decimal
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import DecimalNumber
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class SurfaceAndVolume(Template):
    """See the module's docstring."""

    level, answer = 5, Decimal(2)
    kin = ("test/algebra/2780.json", "test/algebra/1339.json", "test/algebra/2427.json")
    numbers = Numbers(
        square=range(5, 151, 5), cube=range(5, 151, 5), size=range(2, 5), asked=range(2, 7)
    )
    prints = {"one": DecimalNumber(2), "other": DecimalNumber(2)}
    words = {"name": PEOPLE}
    texts = (
        "A toy maker sells wooden cubes. The cost of the varnish is proportional to the surface and "
        r"the cost of the wood to the volume. If a cube with an edge of 1 inch costs \$<one> and one "
        r"with an edge of <size> inches costs \$<other>, how many dollars does a cube with an edge of "
        "<asked> inches cost?",
        "Let $f(r)=ar^2+br^3$, where $a$ and $b$ are constants. If a ball of radius $r$ inches costs "
        r"$f(r)$ dollars, a ball of radius 1 inch costs \$<one>, and a ball of radius <size> inches "
        r"costs \$<other>, what is the cost, in dollars, of a ball of radius <asked> inches?",
        "<name> makes candles in the shape of a cube. Each candle is filled with plain wax, whose "
        "cost is proportional to the volume, and then covered all over with a thin colored layer, "
        "whose cost is proportional to the surface area. There are no other costs. A candle that is 1 "
        r"inch high costs \$<one>, and a candle that is <size> inches high costs \$<other>. How much, "
        "in dollars, does a candle that is <asked> inches high cost?",
        "The price of a model ship depends on its length alone. One part of the price is proportional "
        "to the square of the length, and the rest is proportional to the cube of the length. A ship "
        r"of length 1 foot costs \$<one>, while a ship of length <size> feet costs \$<other>. What is "
        "the price, in dollars, of a ship of length <asked> feet?",
        "When a steel ball is coated in silver, the cost of the coating is proportional to its "
        "surface area, and the cost of the steel is proportional to its volume. A coated ball of "
        r"radius 1 cm costs \$<one>, and a coated ball of radius <size> cm costs \$<other>. Find the "
        "cost of a coated ball of radius <asked> cm, in dollars.",
        "If $f(r)=ar^2+br^3$, $f(1)=<one>$, and $f(<size>)=<other>$, what is $f(<asked>)$?",
        "Let $f(x)=ax^2+bx^3$ for some constants $a$ and $b$, and let $f(1)=<one>$ and "
        "$f(<size>)=<other>$. Find $f(<asked>)$ as a decimal.",
        r"A cube of edge $r$ inches costs $ar^2+br^3$ dollars. If one of edge 1 inch costs \$<one> "
        r"and one of edge <size> inches costs \$<other>, how many dollars does one of edge <asked> "
        "inches cost?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.size != p.asked

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        cents = p.square * p.size**2 + p.cube * p.size**3
        one, other = Fraction(p.square + p.cube, 100), Fraction(cents, 100)
        return {"one": one, "other": other, "size": p.size, "asked": p.asked}

    def solve(self, p: Parameters) -> Any:
        return Fraction(p.square * p.asked**2 + p.cube * p.asked**3, 100)

    def check(self, q: Parameters) -> Any:
        one, other = int(100 * q.one), int(100 * q.other)
        costs = {
            square * q.asked**2 + (one - square) * q.asked**3
            for square in range(one + 1)
            if (square + (one - square) * q.size) * q.size * q.size == other
        }
        (cost,) = costs
        return Fraction(cost, 100)
