"""`point-to-line`: the distance of a point from a line."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import Surd, polynomial, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import PointOf, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class PointToLine(Template):
    """See the module's docstring."""

    level, answer = 5, Radical()
    kin = ("test/algebra/1796.json", "test/algebra/2036.json", "test/geometry/538.json")
    numbers = Numbers(
        m=(-4, -3, -2, -1, 1, 2, 3, 4), b=range(-9, 10), x=range(-9, 10), y=range(-9, 10)
    )
    prints = {"point": PointOf(), "line": Poly()}
    words = {"name": PEOPLE}
    texts = (
        "A circle around the point $<point>$ touches the line $y=<line>$. What is its radius, in "
        "simplest radical form?",
        "How far is the line $y=<line>$ from the point $<point>$? Express the distance in simplest "
        "radical form.",
        "Let $P=<point>$, and let $Q$ be any point on the line $y=<line>$. Find the smallest possible "
        "value of $PQ$. Express your answer in simplest radical form.",
        "The circle $C$ is centered at $<point>$ and is tangent to the graph of $y=<line>$. How long "
        "is the radius of $C$? Write your answer in simplest radical form.",
        "On the map of an island, a straight road runs along the line $y=<line>$, and <name> lives "
        "in a house at the point $<point>$. One unit on the map stands for one mile. If <name> walks "
        "from the house to the road along the shortest possible path, how many miles does <name:1> "
        "walk? Express your answer in simplest radical form.",
        "What is the length of the perpendicular segment from $<point>$ to the line whose equation is "
        "$y=<line>$, in simplest radical form?",
        "How far is $<point>$ from the line $y=<line>$?",
        "Compute the distance from $<point>$ to $y=<line>$.",
        "What is the shortest distance from $<point>$ to the graph of $y=<line>$?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.m * p.x + p.b != p.y and self.solve(p).coefficient.denominator <= 5

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"point": (p.x, p.y), "line": polynomial("x", p.m, p.b)}

    def solve(self, p: Parameters) -> Any:
        return square_root(Fraction((p.m * p.x - p.y + p.b) ** 2, p.m**2 + 1))

    def check(self, q: Parameters) -> Any:
        # The foot (t, mt+b) of the perpendicular, where (t-x) + m (mt+b-y) = 0.
        (x, y), m, b = q.point, q.line.coefficient("x"), q.line.coefficient()
        t = (x - m * (b - y)) / (1 + m * m)
        square = (t - x) ** 2 + (m * t + b - y) ** 2
        below = square.denominator
        product = square.numerator * below
        size = next(s for s in range(isqrt(product), 0, -1) if product % (s * s) == 0)
        return Surd(Fraction(size, below), product // (size * size))
