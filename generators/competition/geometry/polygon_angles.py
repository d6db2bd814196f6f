"""`polygon-angles`: diagonals or angles of a polygon, from the angles of a regular one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, DecimalNumber
from generators.competition.template import Template


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
    numbers = Numbers(
        ask=("diagonals", "angles"),
        other=("more", "fewer", "times"),
        n=range(5, 48),
        k=range(2, 28),
    )
    prints = {
        # A regular polygon alone has fewer than 2^12 ratios. This problem is read and not drawn.
        "ask": Choice(
            one="How many sides does the polygon have?",
            diagonals="How many diagonals does a polygon with <other> sides have?",
            angles="What is the sum, in degrees, of the interior angles of a convex polygon with "
            "<other> sides?",
        ),
        "other": Choice(more="<k> more", fewer="<k> fewer", times="<k> times as many"),
        "r": DecimalNumber(),
    }
    texts = (
        "Each interior angle of a regular polygon is <r> times as large as each exterior angle. <ask>",
        "The interior angles of a regular polygon are <r> times its exterior angles. <ask>",
        "In a regular polygon, interior and exterior angles have the ratio $<r>:1$. <ask>",
        "An interior angle of a regular polygon measures <r> times as much as an exterior angle. <ask>",
        "In a regular polygon, the ratio of an interior angle to an exterior angle is $<r>:1$. <ask>",
        "The floor of a temple is a regular polygon. If we walk along the walls, then at each "
        "corner we turn through the same angle, which is the exterior angle of the polygon, and "
        "each interior angle is <r> times as large as that. <ask>",
        "A regular polygon has interior angles that are <r> times as large as its exterior "
        "angles. <ask>",
    )

    def nice(self, p: Parameters) -> Any:
        if p.other == "times" and (p.k > 9 or p.n > 30):
            return False
        return p.other != "fewer" or p.n - p.k >= 4

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        return {"ask": p.ask, "other": p.other, "r": Fraction(p.n - 2, 2), "k": p.k}

    def solve(self, p: Parameters) -> Any:
        sides = {"more": p.n + p.k, "fewer": p.n - p.k, "times": p.n * p.k}[p.other]
        return sides * (sides - 3) // 2 if p.ask == "diagonals" else 180 * (sides - 2)

    def check(self, q: Parameters) -> Any:
        (n,) = (n for n in range(3, 200) if 180 - Fraction(360, n) == q.r * Fraction(360, n))
        if q.ask == "one":
            return n
        if q.other == "times":
            n *= q.k
        else:
            n += q.k if q.other == "more" else -q.k
        if q.ask == "angles":  # one straight angle at each corner, less the whole turn
            return sum(180 for _ in range(n)) - 360
        # From corner to corner: those that a corner sees and that come later.
        return sum(n - 1 - i - (1 if i else 2) for i in range(n - 2))
