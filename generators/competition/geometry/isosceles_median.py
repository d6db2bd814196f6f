"""`isosceles-median`: a median of a triangle from its sides."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import Surd, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Words
from generators.competition.template import Template

LONGEST = 55
RADICANDS = (1, 2, 3, 5, 6, 7, 10, 11, 13, 14, 15)


def triangles() -> list[tuple[int, int, int]]:
    """Sides a <= b and c where the median to c is half of a multiple of a small root."""
    found = []
    for b in range(2, LONGEST + 1):
        for a in range(2, b + 1):
            for c in range(b - a + 1, min(LONGEST + 1, a + b)):
                square = 2 * a * a + 2 * b * b - c * c
                if any(not square % n and isqrt(square // n) ** 2 * n == square for n in RADICANDS):
                    found.append((a, b, c))
    return found


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

    level, answer = 3, Radical()
    kin = (
        "test/geometry/221.json",
        "test/geometry/802.json",
        "test/prealgebra/1252.json",
        "test/prealgebra/1640.json",
    )
    numbers = Numbers(ask=("median", "centroid"), sides=triangles(), swap=(False, True))
    prints = {
        "sides": Sides(),
        "ask": Choice(
            median="length of the median from $<v:1>$",
            centroid="distance of $<v:1>$ from the centroid of the triangle",
        ),
    }
    words = {
        "v": (
            ("X", "Y", "Z"),
            ("A", "B", "C"),
            ("D", "E", "F"),
            ("K", "L", "M"),
            ("P", "Q", "R"),
            ("U", "V", "W"),
        )
    }
    texts = (
        "In triangle $<v><v:1><v:2>$ we have <sides>. What is the <ask>?",
        "Find the <ask> if triangle $<v><v:1><v:2>$ has sides <sides>.",
        "Triangle $<v><v:1><v:2>$ has sides <sides>. What is the <ask>? Express your answer in simplest "
        "radical form.",
        "A thin plate of steel has the shape of a triangle $<v><v:1><v:2>$. Its sides were "
        "measured in inches, and the result was <sides>. To hang up the plate, a worker needs to "
        "know the lines from the corners to the midpoints of the opposite sides, and the point "
        "where they cross. In inches, what is the <ask>?",
        "Given that <sides>, compute the <ask> in triangle $<v><v:1><v:2>$.",
    )

    def told(self, p: Parameters) -> dict[str, Any]:
        a, b, c = p.sides
        return {"ask": p.ask, "sides": (b, a, c) if p.swap else p.sides}

    def same(self, p: Parameters) -> object:
        return (p.ask, p.sides)

    def solve(self, p: Parameters) -> Any:
        a, b, c = p.sides
        median = square_root(Fraction(2 * a * a + 2 * b * b - c * c, 4))
        share = 1 if p.ask == "median" else Fraction(2, 3)
        return Surd(median.coefficient * share, median.radicand)

    def check(self, q: Parameters) -> Any:
        a, b, c = q.sides
        # X = (0, 0), Z = (c, 0), and Y = (x, y) with y^2 = a^2 - x^2.
        x = Fraction(a * a - b * b + c * c, 2 * c)
        square_y = a * a - x * x
        if q.ask == "median":
            square = (x - Fraction(c, 2)) ** 2 + square_y
        else:
            square = (x - (x + c) / 3) ** 2 + square_y * Fraction(4, 9)
        below = square.denominator
        for root in RADICANDS:
            size = isqrt(square.numerator * below // root)
            if size**2 * root == square.numerator * below:
                return Surd(Fraction(size, below), root)
        raise ValueError(f"expected a multiple of a small root, got the root of {square}")
