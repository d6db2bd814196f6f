"""`ring-around-polygon`: the perimeter of all points near a convex polygon, or the area around it."""

from __future__ import annotations

import re
from cmath import phase, pi, rect
from fractions import Fraction
from typing import Any

from generators.competition.answers import PiMultiple
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Name, Words
from generators.competition.template import Template

NAMES = {
    "triangle": 3,
    "rectangle": 4,
    "pentagon": 5,
    "hexagon": 6,
    "heptagon": 7,
    "octagon": 8,
    "nonagon": 9,
    "decagon": 10,
    "dodecagon": 12,
}
SIDES = [
    *((s,) for s in range(2, 21)),
    *((a, b) for a in range(2, 12) for b in range(a + 1, 12)),
    *((a, b, c) for a in range(3, 9) for b in range(a, 9) for c in range(b, 9) if a + b > c),
]


class Figure(Kind):
    """A polygon and its sides; three for a triangle, two for a rectangle, one for a regular polygon."""

    pattern = r"(?:regular )?[a-z]+ has sides of length (?:\d+|\d+, \d+,) (?:and \d+ )?units"

    def print(self, value: tuple[str, tuple[int, ...]], words: Words) -> str:
        name, sides = value
        regular = "regular " if len(sides) == 1 else ""
        sizes = " and ".join(map(str, sides)) if len(sides) < 3 else "{}, {}, and {}".format(*sides)
        return f"{regular}{name} has sides of length {sizes} units"

    def read(self, text: str, words: Words) -> tuple[str, tuple[int, ...]]:
        name = text.removeprefix("regular ").split()[0]
        return name, tuple(map(int, re.findall(r"\d+", text)))


class Sum(PiMultiple):
    """An integer as a pair (a, 0). Only the worked example, which is not drawn, is about pi."""

    name, pattern = "integer", r"\d+"


class RingAroundPolygon(Template):
    """See the module's docstring."""

    level, answer = 5, Sum()
    kin = (
        "test/geometry/686.json",
        "test/intermediate_algebra/1111.json",
        "test/prealgebra/1512.json",
        "test/geometry/65.json",
    )
    numbers = Numbers(ask=("length", "ring"), name=tuple(NAMES), sides=SIDES, d=range(2, 13))
    prints = {
        "figure": Figure(),
        "name": Name(*NAMES),
        "ask": Choice(
            # The worked example is read and not drawn.
            worked="What is the perimeter of $R$, in units?",
            length=r"If the perimeter of $R$ is $a+b\pi$ units, where $a$ and $b$ are integers, "
            "<find> $a+b$<find:1>",
            ring=r"If the part of $R$ that is not in the <name:again> has an area of $a+b\pi$ square "
            "units, where $a$ and $b$ are integers, <find> $a+b$<find:1>",
        ),
    }
    words = {"find": (("what is", "?"), ("find", "."), ("what is the value of", "?"))}
    fixed = ("name",)
    texts = (
        "A <figure>. The region $R$ consists of the <name> and all points that are at most <d> "
        "units from it. <ask>",
        "A <figure>. Let $R$ be the set of all points within <d> units of the <name> or inside it. "
        "<ask>",
        "A <figure>, and $R$ is the set of all points in the <name> or at most <d> units away. <ask>",
        "A <figure>. Let $R$ be the set of all points of the plane that are in the <name> or at "
        "most <d> units away from it. <ask>",
        "In the plane, a <figure>. Let $R$ be the set of the points whose distance to the <name> "
        "(that is, to its boundary or interior) is <d> or less. <ask>",
        "A rabbit lives in a park on flat ground, which is drawn on a plan. On the plan, a "
        "<figure>, and this is the border of the park. The rabbit knows all of the holes in the "
        "walls around the park, but it never runs more than <d> units away from the <name>. Let "
        "$R$ be the region of the plan that consists of all points where the rabbit may be, "
        "inside and outside of the park. <ask>",
    )

    def nice(self, p: Parameters) -> Any:
        return len(p.sides) == {"triangle": 3, "rectangle": 2}.get(p.name, 1)

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        return {"ask": p.ask, "figure": (p.name, p.sides), "name": p.name, "d": p.d}

    def solve(self, p: Parameters) -> Any:
        perimeter = sum(p.sides) * {"triangle": 1, "rectangle": 2}.get(p.name, NAMES[p.name])
        return (perimeter + 2 * p.d if p.ask == "length" else perimeter * p.d + p.d**2), 0

    def check(self, q: Parameters) -> Any:
        name, sides = q.figure
        count = NAMES[name]
        corners = [rect(1, 2 * pi * i / count) for i in range(count)]
        if name == "triangle":
            a, b, c = sides
            x = (a * a + b * b - c * c) / (2 * a)
            corners = [0j, complex(a), complex(x, (b * b - x * x) ** 0.5)]
        elif name == "rectangle":
            a, b = sides
            corners = [0j, complex(a), complex(a, b), complex(0, b)]
        edges = [corners[i] - corners[i - 1] for i in range(count)]
        scale = 1 if len(sides) > 1 else sides[0] / abs(edges[0])
        straight = round(sum(abs(edge) for edge in edges) * scale * 1e6) / 10**6
        turns = sum(phase(edges[i] / edges[i - 1]) for i in range(count))
        # A strip of width d on every side, and the part of a circle at every corner.
        if q.ask == "ring":
            return Fraction(straight * q.d) + Fraction(round(turns / pi * q.d**2), 2), 0
        around = Fraction(straight), round(turns / pi * q.d)
        return around if q.ask == "worked" else (sum(around), 0)
