"""`isosceles-median`: a median of a triangle from its sides."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import square_part
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Words
from generators.competition.template import Template

LONGEST = 27
TRIANGLES = [
    (a, b, c)
    for b in range(2, LONGEST + 1)
    for a in range(2, b + 1)
    for c in range(b - a + 1, min(LONGEST + 1, a + b))
]
"""Sides a <= b, and c, to whose midpoint the median goes."""
SIMPLE = r"where $x\sqrt{y}$ is the simplest radical form of the length of the median from $<v:1>$"


class Sides(Kind):
    """The sides XY, YZ and XZ of the triangle with the words `v` as its vertices."""

    _SIDE = r"\$[A-Z]{2}=\d+\$"
    pattern = rf"\$[A-Z]{{2}}=[A-Z]{{2}}=\d+\$ and {_SIDE}|{_SIDE}, {_SIDE}, and {_SIDE}"

    def print(self, value: tuple[int, int, int], words: Words) -> str:
        (a, b, c), (x, y, z) = value, words["v"]
        if a == b:
            return f"${x}{y}={y}{z}={a}$ and ${x}{z}={c}$"
        return f"${x}{y}={a}$, ${y}{z}={b}$, and ${x}{z}={c}$"

    def read(self, text: str, words: Words) -> tuple[int, int, int]:
        numbers = [int(n) for n in re.findall(r"\d+", text)]
        return (numbers[0], numbers[-2], numbers[-1])


class IsoscelesMedian(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/geometry/221.json",
        "test/geometry/802.json",
        "test/prealgebra/1252.json",
        "test/prealgebra/1640.json",
    )
    numbers = Numbers(
        ask=("median", "square", "sum", "product", "centroid"), sides=TRIANGLES, swap=(False, True)
    )
    prints = {
        "sides": Sides(),
        "ask": Choice(
            median="length of the median from $<v:1>$",
            square="square of the length of the median from $<v:1>$",
            sum="value of $x+y$, " + SIMPLE,
            product="value of $xy$, " + SIMPLE,
            centroid="square of the distance from $<v:1>$ to the centroid",
        ),
    }
    words = {
        "v": (
            ("X", "Y", "Z"),
            ("A", "B", "C"),
            ("D", "E", "F"),
            ("F", "G", "H"),
            ("P", "Q", "R"),
            ("U", "V", "W"),
        )
    }
    texts = (
        "In triangle $<v><v:1><v:2>$ we have <sides>. What is the <ask>?",
        r"If <sides>, find the <ask> in $\triangle <v><v:1><v:2>$.",
        "Let <sides> in triangle $<v><v:1><v:2>$. Find the <ask>.",
        "If triangle $<v><v:1><v:2>$ has sides <sides>, what is the <ask>?",
        "Triangle $<v><v:1><v:2>$ has sides <sides>. What is the <ask>?",
        "A thin plate of steel has the shape of a triangle $<v><v:1><v:2>$. Its sides were "
        "measured in inches, and the result was <sides>. To hang up the plate, a worker needs to "
        "know the lines from the corners to the midpoints of the opposite sides, and the point "
        "where they cross. In terms of inches, what is the <ask>?",
        "Given that <sides>, compute the <ask> in triangle $<v><v:1><v:2>$.",
    )

    def nice(self, p: Parameters) -> Any:
        a, b, c = p.sides
        fours = 2 * a * a + 2 * b * b - c * c  # four times the square of the median
        if p.ask == "centroid":
            return fours % 9 == 0
        return fours % 4 == 0 and (isqrt(fours) ** 2 == fours) == (p.ask == "median")

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        a, b, c = p.sides
        return {"ask": p.ask, "sides": (b, a, c) if p.swap else p.sides}

    def same(self, p: Parameters) -> object:
        return (p.ask, p.sides)

    def solve(self, p: Parameters) -> Any:
        a, b, c = p.sides
        square = 2 * a * a + 2 * b * b - c * c
        if p.ask == "centroid":
            return square // 9
        if p.ask == "square":
            return square // 4
        outside, inside = square_part(square // 4)
        return {"median": outside, "sum": outside + inside, "product": outside * inside}[p.ask]

    def check(self, q: Parameters) -> Any:
        a, b, c = q.sides
        # X = (0, 0), Z = (c, 0), and Y = (x, y) with y^2 = a^2 - x^2.
        x = Fraction(a * a - b * b + c * c, 2 * c)
        square_y = a * a - x * x
        if q.ask == "centroid":
            return (x - (x + c) / 3) ** 2 + square_y * Fraction(4, 9)
        square = (x - Fraction(c, 2)) ** 2 + square_y
        if q.ask == "square":
            return square
        outside = max(s for s in range(1, isqrt(int(square)) + 1) if square % s**2 == 0)
        inside = int(square / outside**2)
        assert q.ask != "median" or inside == 1
        return {"median": outside, "sum": outside + inside, "product": outside * inside}[q.ask]
