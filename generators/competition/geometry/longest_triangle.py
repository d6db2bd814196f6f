"""`longest-triangle`: how large the perimeter of a triangle with two given sides can be."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name
from generators.competition.template import Template

THIRD = {
    "a whole number": range(1, 100),
    "an even whole number": range(2, 100, 2),
    "an odd whole number": range(1, 100, 2),
    "a multiple of 3": range(3, 100, 3),
    "a multiple of 4": range(4, 100, 4),
    "a multiple of 5": range(5, 100, 5),
    "a perfect square": [n * n for n in range(1, 10)],
    "a prime number": [n for n in range(2, 100) if all(n % d for d in range(2, n))],
}


class LongestTriangle(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/geometry/106.json",)
    numbers = Numbers(
        ask=("greatest", "least", "total", "count"),
        third=tuple(THIRD),
        a=range(3, 21),
        b=range(3, 21),
    )
    prints = {
        "ask": Choice(
            greatest="the greatest possible perimeter",
            least="the least possible perimeter",
            total="the sum of all possible perimeters",
            count="the number of possible triangles",
        ),
        "third": Name(*THIRD),
    }
    fixed = ("third",)
    texts = (
        "Two sides of a triangle are <a> and <b> units long, and the length of the third side is "
        "<third>. What is <ask>?",
        "Two sides of a triangle are <a> and <b>, and the third is <third>. Find <ask>.",
        "If two sides of a triangle are <a> and <b>, and the third is <third>, what is <ask>?",
        "A triangle has sides of length <a>, <b>, and $x$, where $x$ is <third>. Find <ask>.",
        "In triangle $ABC$, $AB=<a>$, $AC=<b>$, and $BC$ is <third>. What is <ask>?",
        "In triangle $ABC$ we have $AB=<a>$ and $AC=<b>$. Given that $BC$ is <third>, determine <ask>.",
        "A gardener wants to lay three straight boards around a flower bed so that their ends meet and "
        "the boards form a triangle. Two of the boards are <a> feet and <b> feet long. The third board "
        "has yet to be cut, and its length in feet is to be <third>. If all lengths are measured in "
        "feet, what is <ask>?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.a < p.b and len(self.lengths(p)) > 1

    def lengths(self, p: Parameters) -> list[int]:
        """The possible lengths of the third side."""
        return [c for c in THIRD[p.third] if p.b - p.a < c < p.a + p.b]

    def solve(self, p: Parameters) -> Any:
        lengths = self.lengths(p)
        if p.ask in ("count", "total"):
            count = len(lengths)
            return count if p.ask == "count" else count * (p.a + p.b) + sum(lengths)
        return p.a + p.b + (lengths[-1] if p.ask == "greatest" else lengths[0])

    def check(self, q: Parameters) -> Any:
        found = []
        for c in range(1, 100):
            s = (q.a + q.b + c) / 2
            allowed = {
                "a whole number": True,
                "an even whole number": c % 2 == 0,
                "an odd whole number": c % 2 == 1,
                "a multiple of 3": c % 3 == 0,
                "a multiple of 4": c % 4 == 0,
                "a multiple of 5": c % 5 == 0,
                "a perfect square": c in (1, 4, 9, 16, 25, 36, 49, 64, 81),
                "a prime number": sum(c % d == 0 for d in range(1, c + 1)) == 2,
            }[q.third]
            # Heron's product is positive for the sides of a triangle alone.
            if allowed and (s - q.a) * (s - q.b) * (s - c) > 0:
                found.append(q.a + q.b + c)
        asked = {"greatest": max(found), "least": min(found), "total": sum(found)}
        return asked.get(q.ask, len(found))
