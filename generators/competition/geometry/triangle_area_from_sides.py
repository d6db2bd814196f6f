"""`triangle-area-from-sides`: the area, an altitude or a radius of a triangle from its sides."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import Surd, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template

LONGEST = 50
RADICANDS = (1, 2, 3, 5, 6, 7, 10, 11, 13, 14, 15)


def triangles() -> list[tuple[int, int, int]]:
    """Sides a >= b >= c whose area is a rational multiple of a small root."""
    found = []
    for a in range(3, LONGEST + 1):
        for b in range(a // 2 + 1, a + 1):
            for c in range(a - b + 1, b + 1):
                square = (a + b + c) * (a + b - c) * (a + c - b) * (b + c - a)
                if any(not square % n and isqrt(square // n) ** 2 * n == square for n in RADICANDS):
                    found.append((a, b, c))
    return found


class TriangleAreaFromSides(Template):
    """See the module's docstring."""

    level, answer = 2, Radical()
    kin = (
        "test/geometry/802.json",
        "test/geometry/221.json",
        "test/geometry/283.json",
        "test/prealgebra/1114.json",
    )
    numbers = Numbers(
        ask=("area", "low", "high", "inside", "around"), sides=triangles(), turn=(0, 1, 2)
    )
    prints = {
        "ask": Choice(
            area="area",
            low="length of the shortest altitude",
            high="length of the longest altitude",
            inside="radius of the inscribed circle",
            around="radius of the circumscribed circle",
        ),
        **dict.fromkeys("abc", Whole()),
    }
    texts = (
        "Find the <ask> of a triangle with sides of length <a>, <b>, and <c>.",
        "The sides of a triangle measure <a>, <b>, and <c> units. What is the <ask> of the triangle?",
        "In triangle $ABC$, $AB=<a>$, $BC=<b>$, and $CA=<c>$. What is the <ask> of triangle $ABC$?",
        "What is the <ask> of a triangle whose sides are <a>, <b>, and <c>? Express your answer "
        "in simplest radical form.",
        "Three straight roads meet in pairs at three villages, and so they form a triangle. The "
        "roads are <a>, <b>, and <c> miles long. A surveyor draws a map of the roads on which "
        "one inch stands for one mile, and uses it to study the triangle. In terms of inches on "
        "this map, what is the <ask> of the triangle?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.ask in ("area", "inside", "around") or len(set(p.sides)) == 3

    def told(self, p: Parameters) -> dict[str, Any]:
        turned = p.sides[p.turn :] + p.sides[: p.turn]
        return {"ask": p.ask, "a": turned[0], "b": turned[1], "c": turned[2]}

    def same(self, p: Parameters) -> object:
        return (p.ask, p.sides)

    def solve(self, p: Parameters) -> Any:
        a, b, c = p.sides
        s = Fraction(a + b + c, 2)
        area = square_root(s * (s - a) * (s - b) * (s - c))
        if p.ask == "around":
            size = Fraction(a * b * c, 4) / (area.coefficient * area.radicand)
        else:
            factor = {
                "area": Fraction(1),
                "low": Fraction(2, a),
                "high": Fraction(2, c),
                "inside": 1 / s,
            }[p.ask]
            size = area.coefficient * factor
        return Surd(size, area.radicand)

    def check(self, q: Parameters) -> Any:
        base, left, right = q.a, q.b, q.c
        foot = Fraction(base**2 + left**2 - right**2, 2 * base)
        height2 = left**2 - foot**2  # the square of the altitude to the side a
        square = {
            "area": height2 * base**2 / 4,
            "low": height2 * base**2 / max(base, left, right) ** 2,
            "high": height2 * base**2 / min(base, left, right) ** 2,
            "inside": height2 * base**2 / (base + left + right) ** 2,
            # The center is over the middle of the base, as far from the top as from its ends.
            "around": (height2 + foot**2 - foot * base) ** 2 / (4 * height2) + Fraction(base**2, 4),
        }[q.ask]
        below = square.denominator
        for root in RADICANDS:
            size = isqrt(square.numerator * below // root)
            if size**2 * root == square.numerator * below:
                return Surd(Fraction(size, below), root)
        raise ValueError(f"expected a multiple of a small root, got the root of {square}")
