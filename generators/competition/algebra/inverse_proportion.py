"""`inverse-proportion`: a value of a quantity that is inversely proportional to a power of another."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class InverseProportion(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/algebra/1332.json", "test/algebra/1339.json")
    numbers = Numbers(
        u=range(2, 41), w=range(2, 41), times=range(1, 21), of=("plain", "square", "root")
    )
    prints = {
        "of": Choice(plain="", square="the square of ", root="the square root of "),
        **dict.fromkeys(("x1", "y1", "x2"), Whole()),
    }
    words = {"name": PEOPLE}
    texts = (
        "The value of $y$ varies inversely as <of>$x$, and $y=<y1>$ when $x=<x1>$. What is $y$ when "
        "$x=<x2>$?",
        "If $y$ is inversely proportional to <of>$x$ and $y=<y1>$ for $x=<x1>$, what is the value of "
        "$y$ for $x=<x2>$?",
        "Suppose that $a$ is inversely proportional to <of>$b$. If $a$ is <y1> when $b$ is <x1>, "
        "find the value of $a$ when $b$ is <x2>.",
        "<name> runs a shop and believes that the number of lamps sold in a month is inversely "
        "proportional to <of>the price of a lamp in dollars. In a month when a lamp costs <x1> "
        "dollars, <y1> lamps are sold. If this is true, how many lamps will be sold in a month when a "
        "lamp costs <x2> dollars?",
        "In a dark room, the reading of a light sensor is inversely proportional to <of>its distance "
        "from a candle. At a distance of <x1> inches, the reading is <y1>. What is the reading at a "
        "distance of <x2> inches?",
        "The product of $y$ and <of>$x$ is constant. If $y=<y1>$ when $x=<x1>$, find $y$ when "
        "$x=<x2>$.",
        "If $y$ varies inversely as <of>$x$ and $y=<y1>$ when $x=<x1>$, what is $y$ when $x=<x2>$?",
        "Let $y$ vary inversely as <of>$x$. If $y=<y1>$ for $x=<x1>$, find $y$ for $x=<x2>$.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.u == p.w or (p.of != "plain" and max(p.u, p.w) > 12):
            return False
        values = self.value(p, p.u, p.w), self.value(p, p.w, p.u)
        return min(values) > 1 and max(values) <= 400

    def value(self, p: Parameters, here: int, there: int) -> int:
        """The value at one of the two places."""
        part = there // gcd(here, there)
        return int(p.times * (part**2 if p.of == "square" else part))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        first, second = (p.u**2, p.w**2) if p.of == "root" else (p.u, p.w)
        return {"of": p.of, "x1": first, "y1": self.value(p, p.u, p.w), "x2": second}

    def solve(self, p: Parameters) -> Any:
        return self.value(p, p.w, p.u)

    def check(self, q: Parameters) -> Any:
        # y x^e is the same for both, compared after squaring where e is a half.
        power, inside = {"plain": (1, 1), "square": (1, 2), "root": (2, 1)}[q.of]
        constant = q.y1**power * q.x1**inside
        (found,) = (y for y in range(1, 1001) if y**power * q.x2**inside == constant)
        return found
