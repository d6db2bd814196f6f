"""`distance`: the distance of two points in simplest radical form."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import Surd, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import PointOf
from generators.competition.template import Template
from generators.competition.words import PEOPLE

STEPS = [
    (dx, dy)
    for dx in range(-20, 21)
    for dy in range(-20, 21)
    if dx and dy and dx * dx + dy * dy <= 600
    for root in [square_root(dx * dx + dy * dy)]
    if root.coefficient > 1 and 1 < root.radicand <= 29
]


class Distance(Template):
    """See the module's docstring."""

    level, answer = 3, Radical()
    kin = ("test/algebra/2036.json", "test/algebra/1796.json")
    numbers = Numbers(x=range(-12, 13), y=range(-12, 13), step=STEPS)
    prints = {"first": PointOf(), "second": PointOf()}
    words = {"name": PEOPLE, "friend": PEOPLE}
    orbit = 2
    version = 2
    texts = (
        "How far apart are the points $<first>$ and $<second>$? Give the answer in simplest radical "
        "form.",
        "What is the distance between $<first>$ and $<second>$? Express your answer in simplest radical "
        "form.",
        "Find the length of the segment that has its endpoints at $<first>$ and $<second>$. Express "
        "your answer in simplest radical form.",
        "In the coordinate plane, a circle has its center at $<first>$ and goes through the point "
        "$<second>$. What is the radius of the circle? Express your answer in simplest radical form.",
        "The town where <name> and <friend> live is drawn on a map in such a way that one unit of the "
        "coordinate grid stands for one block. On this map, <name> lives at $<first>$, and <friend> "
        "lives at $<second>$. A drone flies from one house to the other along a straight line. "
        "How many units long is its path on the map? Express your answer in simplest radical form.",
        "If $P=<first>$ and $Q=<second>$, what is the length of $PQ$ in simplest radical form?",
        "Compute the distance from $<first>$ to $<second>$.",
        "What is the distance from $<first>$ to $<second>$ in simplest radical form?",
        "How long is the segment from $<first>$ to $<second>$?",
    )

    def nice(self, p: Parameters) -> Any:
        return abs(p.x + p.step[0]) <= 12 and abs(p.y + p.step[1]) <= 12

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"first": (p.x, p.y), "second": (p.x + p.step[0], p.y + p.step[1])}

    def same(self, p: Parameters) -> object:
        return frozenset(self.printed_values(p).values())

    def solve(self, p: Parameters) -> Any:
        return square_root(p.step[0] ** 2 + p.step[1] ** 2)

    def check(self, q: Parameters) -> Any:
        square = int(sum((a - b) ** 2 for a, b in zip(q.first, q.second, strict=True)))
        outside = max(c for c in range(1, isqrt(square) + 1) if square % (c * c) == 0)
        inside = next(r for r in range(1, square + 1) if outside * outside * r == square)
        return Surd(Fraction(outside), inside)
