"""`polygon-angles`: numbers of sides of a regular polygon and of a convex one from their angles."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, DecimalNumber, Whole
from generators.competition.template import Template

SECOND = r"<other> except for one of them, add up to $<s>^\circ$. "


class PolygonAngles(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/geometry/483.json",
        "test/prealgebra/1251.json",
        "test/prealgebra/260.json",
        "test/prealgebra/1003.json",
        "test/geometry/967.json",
        "test/prealgebra/1807.json",
    )
    numbers = Numbers(ask=("sum", "product"), n=range(5, 37), m=range(4, 19), missing=range(4, 177))
    prints = {
        # A regular polygon alone has fewer than 2^12 ratios. This problem is read and not drawn.
        "ask": Choice(
            one="How many sides does the polygon have?",
            sum=SECOND + "How many sides do the two polygons have together?",
            product=SECOND + "What is the product of the numbers of sides of the two polygons?",
        ),
        "r": DecimalNumber(),
        "s": Whole(),
    }
    words = {
        "other": (
            "The interior angles of another polygon, which is convex,",
            "The interior angles of a second, convex polygon,",
        )
    }
    texts = (
        "Each interior angle of a regular polygon is <r> times as large as each exterior angle. <ask>",
        "An interior angle of a regular polygon measures <r> times as much as an exterior angle. <ask>",
        "In a regular polygon, the ratio of an interior angle to an exterior angle is $<r>:1$. <ask>",
        "The floor of a temple is a regular polygon. If we walk along the walls, then at each "
        "corner we turn through the same angle, which is the exterior angle of the polygon, and "
        "each interior angle is <r> times as large as that. <ask>",
        "A regular polygon has interior angles that are <r> times as large as its exterior "
        "angles. <ask>",
    )

    def told(self, p: Parameters) -> dict[str, Any]:
        return {"ask": p.ask, "r": Fraction(p.n - 2, 2), "s": 180 * (p.m - 2) - p.missing}

    def solve(self, p: Parameters) -> Any:
        return p.n + p.m if p.ask == "sum" else p.n * p.m

    def check(self, q: Parameters) -> Any:
        (n,) = (n for n in range(3, 200) if 180 - Fraction(360, n) == q.r * Fraction(360, n))
        if q.ask == "one":
            return n
        (m,) = (m for m in range(3, 200) if 0 < 180 * (m - 2) - q.s < 180)
        return n + m if q.ask == "sum" else n * m
