"""`midpoint`: the midpoint of a segment, or an end from the midpoint and the other end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Point
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, PointOf
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class Midpoint(Template):
    """See the module's docstring."""

    level, answer = 2, Point()
    kin = ("test/algebra/864.json", "test/geometry/1108.json")
    numbers = Numbers(
        given=("ends", "half"),
        x=range(-12, 13),
        y=range(-12, 13),
        u=range(-10, 11),
        v=range(-10, 11),
    )
    prints = {
        "given": Choice(
            ends="one end at $<first>$ and the other at $<second>$",
            half="one end at $<first>$ and its <middle> at $<second>$",
        ),
        "asked": Choice(ends="the <middle>", half="the other end"),
        "first": PointOf(),
        "second": PointOf(),
    }
    words = {"middle": ("midpoint", "center"), "name": PEOPLE}
    texts = (
        "A diameter of a circle has <given>. Which point is <asked>? Write it as an ordered pair.",
        "A line segment has <given>. What are the coordinates of <asked>?",
        "A segment in the plane has <given>. Find <asked>, and express your answer as an ordered pair "
        "$(x,y)$.",
        "If a segment has <given>, what is <asked> of the segment? Give both of its coordinates "
        "in the form $(x,y)$.",
        "On a map that <name> draws, a straight path through a forest has <given>. There is a hut at "
        "each end of the path, and there is a bench halfway between the two huts. <name:1^> wants to "
        "write down the coordinates of <asked> as well, since this is the only one of these three "
        "places that is still missing on the map. What is this ordered pair $(x,y)$?",
        "A segment has <given>. What is <asked>?",
        "If a segment has <given>, find <asked>.",
    )

    def nice(self, p: Parameters) -> Any:
        other = (2 * p.u - p.x, 2 * p.v - p.y)
        return (p.x, p.y) != (p.u, p.v) and max(map(abs, other)) <= 14

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        second = (p.u, p.v) if p.given == "half" else (2 * p.u - p.x, 2 * p.v - p.y)
        return {"given": p.given, "asked": p.given, "first": (p.x, p.y), "second": second}

    def same(self, p: Parameters) -> object:
        points = ((p.x, p.y), self.printed_values(p)["second"])
        return (p.given, points if p.given == "half" else frozenset(points))

    def solve(self, p: Parameters) -> Any:
        return (p.u, p.v) if p.given == "ends" else (2 * p.u - p.x, 2 * p.v - p.y)

    def check(self, q: Parameters) -> Any:
        answer = []
        for a, b in zip(q.first, q.second, strict=True):
            if q.given == "ends":
                found = [m for m in range(-20, 21) if m - a == b - m]
            else:
                found = [c for c in range(-60, 61) if c - b == b - a]
            answer += found
        assert len(answer) == 2
        return tuple(answer)
