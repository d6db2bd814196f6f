"""`all-but-one-angle`: the sides of a convex polygon, from the sum of all but one of its angles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class AllButOneAngle(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/prealgebra/1251.json", "test/geometry/483.json")
    numbers = Numbers(n=range(5, 31), angle=range(5, 176), ask=("sides", "angle"))
    prints = {
        "total": Whole(),
        "ask": Choice(
            sides="How many sides does the polygon have?",
            angle="How many degrees are in the other angle?",
        ),
    }
    words = {"name": PEOPLE}
    texts = (
        r"The angles of a convex polygon, all but one of them, add up to $<total>^\circ$. <ask>",
        r"In a convex polygon, the sum of all interior angles except one is $<total>^\circ$. <ask>",
        "<name> measures all interior angles of a convex polygon and adds them, but <name:1> forgets "
        r"one of the angles. The sum that <name:1> gets is $<total>^\circ$. <ask>",
        "A convex polygon is printed on a page of an old book, and a large ink spot covers one of "
        "its corners. A student measures every angle that can still be seen and finds that these "
        r"angles add up to $<total>^\circ$. The student also knows that the missing corner is a "
        "corner of a convex polygon just like the others. <ask>",
        "On a sheet of paper, <name> draws a convex polygon and paints all of its interior angles "
        r"blue except one, which stays white. The sum of the blue angles is $<total>^\circ$. <ask>",
        "Let $A$ be one of the vertices of a convex polygon, and suppose that the interior angles at "
        r"all other vertices have a total measure of $<total>^\circ$. <ask>",
        r"All angles but one of a convex polygon total $<total>^\circ$. <ask>",
        "Except for one angle, the interior angles of a convex polygon have a sum of "
        r"$<total>^\circ$. <ask>",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"ask": p.ask, "total": 180 * (p.n - 2) - p.angle}

    def solve(self, p: Parameters) -> Any:
        return p.n if p.ask == "sides" else p.angle

    def check(self, q: Parameters) -> Any:
        ((sides, angle),) = (
            (n, 180 * (n - 2) - q.total) for n in range(3, 80) if 0 < 180 * (n - 2) - q.total < 180
        )
        return sides if q.ask == "sides" else angle
