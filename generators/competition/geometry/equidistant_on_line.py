"""`equidistant-on-line`: the point of a line that is as far from one point as from another."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Point
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import PointOf, Poly
from generators.competition.template import Template

STEPS = [(u, v) for u in range(-8, 9) for v in range(-8, 9) if u or v]
PAIRS = [
    (s, t)
    for s in STEPS
    for t in STEPS
    if s[0] ** 2 + s[1] ** 2 == t[0] ** 2 + t[1] ** 2 and s != t and (s[0] + t[0] or s[1] + t[1])
]
"""Two steps of the same length from the point that is asked, neither equal nor opposite."""


class EquidistantOnLine(Template):
    """See the module's docstring."""

    level, answer = 4, Point()
    kin = ("test/geometry/538.json", "test/algebra/109.json", "test/algebra/1934.json")
    numbers = Numbers(
        x=range(-9, 10), slope=(-4, -3, -2, -1, 1, 2, 3, 4), b=range(-9, 10), steps=PAIRS
    )
    prints = {"line": Poly(), "a": PointOf(), "c": PointOf()}
    texts = (
        "Point $P$ lies on the line $y=<line>$ and is as far from $A<a>$ as from $B<c>$. Find the "
        "coordinates of $P$, as an ordered pair.",
        "Which point of the line $y=<line>$ is equally far from $<a>$ and $<c>$?",
        "Find the point on $y=<line>$ that is equidistant from $<a>$ and $<c>$.",
        "What point of the line $y=<line>$ has equal distances from $<a>$ and $<c>$?",
        "If $P$ is on the line $y=<line>$ and $PA=PB$ for $A=<a>$ and $B=<c>$, what is $P$?",
        "Let $A=<a>$ and $B=<c>$. There is a point $P$ on the line $y=<line>$ such that $PA=PB$. "
        "What are the coordinates of $P$? Enter your answer as an ordered pair.",
        "On the map of a valley, a straight canal follows the line $y=<line>$. Two farms are at "
        "the points $<a>$ and $<c>$ of the same map. The farmers want to dig a well right at the "
        "canal, but they quarrel about its place until they agree that it must be just as far "
        "from the one farm as from the other. At which point $(x,y)$ of the map should they dig?",
        "If the point $(h,k)$ of the line $y=<line>$ has the same distance from $<a>$ and from "
        "$<c>$, what is $(h,k)$?",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        y = p.slope * p.x + p.b
        s, t = p.steps
        crossing = (t[0] - s[0]) + p.slope * (t[1] - s[1])
        small = max(abs(p.x + s[0]), abs(p.x + t[0]), abs(y + s[1]), abs(y + t[1])) <= 12
        return crossing and small and abs(y) <= 12

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        y = p.slope * p.x + p.b
        a, c = ((p.x + u, y + v) for u, v in p.steps)
        return {"line": polynomial("x", p.slope, p.b), "a": a, "c": c}

    def same(self, p: Parameters) -> object:
        values = self.printed_values(p)
        return (p.slope, p.b, frozenset((values["a"], values["c"])))

    def solve(self, p: Parameters) -> Any:
        return p.x, p.slope * p.x + p.b

    def check(self, q: Parameters) -> Any:
        # The crossing of the line with the perpendicular bisector, from its equation.
        (a, b), (c, d) = q.a, q.c
        slope, constant = q.line.coefficient("x"), q.line.coefficient()
        right = (c * c + d * d - a * a - b * b) / 2
        x = Fraction(right - (d - b) * constant) / ((c - a) + (d - b) * slope)
        y = slope * x + constant
        assert (x - a) ** 2 + (y - b) ** 2 == (x - c) ** 2 + (y - d) ** 2
        return x, y
