"""`triangle-area-from-sides`: the area of a triangle from its sides, or of a parallelogram."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import square_part
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template

LONGEST = 21
SIDES = [
    (a, b, c)
    for b in range(2, LONGEST + 1)
    for a in range(2, b + 1)
    for c in range(b - a + 1, min(LONGEST + 1, a + b))
    if c > 1
]
SIMPLE = r"where $x\sqrt{y}$ is the simplest radical form of the area"


class TriangleAreaFromSides(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = (
        "test/geometry/802.json",
        "test/geometry/221.json",
        "test/geometry/283.json",
        "test/prealgebra/1114.json",
    )
    numbers = Numbers(
        ask=("area", "square", "sum", "product", "below"),
        figure=("triangle", "parallelogram"),
        sides=SIDES,
    )
    prints = {
        "ask": Choice(
            area="area",
            square="square of the area",
            sum="value of $x+y$, " + SIMPLE,
            product="value of $xy$, " + SIMPLE,
            below="greatest integer less than the area",
        ),
        "figure": Choice(
            triangle="triangle with sides of length <a>, <b>, and <c>",
            parallelogram="parallelogram with sides of length <a> and <b> and a diagonal of length <c>",
        ),
        **dict.fromkeys("abc", Whole()),
    }
    texts = (
        "Find the <ask> of a <figure>.",
        "What is the <ask> of a <figure>?",
        "Suppose that a field is a <figure>. Compute the <ask> of the field.",
        "In the plane, we draw a <figure>. All lengths are in inches. In terms of square inches, what "
        "is the <ask> of this figure?",
        "Several straight roads surround a piece of land. A surveyor draws a map of the roads, on "
        "which one inch stands for one mile. If we measure all lengths on the map in inches, then "
        "the piece of land is a <figure>. In terms of square inches on this map, what is the <ask> "
        "of the figure?",
    )

    def nice(self, p: Parameters) -> Any:
        a, b, c = p.sides
        if c < b if p.figure == "triangle" else a == b:
            return False
        square = self.heron(p)
        whole = square % 16 == 0 and isqrt(square) ** 2 == square
        if p.ask == "below":
            return p.figure == "triangle" and not whole and square > 9 * 16
        if p.ask == "area" or square % 16 or whole:
            return p.ask == "area" and whole
        return self.solve(p) <= 4000

    def heron(self, p: Parameters) -> int:
        """The square of the area, times 16, by Heron's formula."""
        a, b, c = p.sides
        square = int((a + b + c) * (a + b - c) * (a + c - b) * (b + c - a))
        return square if p.figure == "triangle" else 4 * square

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        a, b, c = p.sides
        return {"ask": p.ask, "figure": p.figure, "a": a, "b": b, "c": c}

    def solve(self, p: Parameters) -> Any:
        square = self.heron(p) // 16
        if p.ask in ("area", "below"):
            return isqrt(square)
        if p.ask == "square":
            return square
        outside, inside = square_part(square)
        return outside + inside if p.ask == "sum" else outside * inside

    def check(self, q: Parameters) -> Any:
        # The foot of the altitude to the side a, and with it the altitude.
        third = {"triangle": Fraction(1, 2), "parallelogram": Fraction(1)}[q.figure]
        foot = Fraction(q.a**2 + q.b**2 - q.c**2, 2 * q.a)
        square = (q.b**2 - foot**2) * (q.a * third) ** 2
        if q.ask == "square":
            return square
        if q.ask in ("area", "below"):
            size = 0
            while (size + 1) ** 2 <= square:
                size += 1
            assert q.ask == "below" or size**2 == square
            return size
        size = max(s for s in range(1, isqrt(int(square)) + 1) if square % s**2 == 0)
        inside = int(square / size**2)
        return size + inside if q.ask == "sum" else size * inside
