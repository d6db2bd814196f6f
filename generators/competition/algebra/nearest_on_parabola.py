"""`nearest-on-parabola`: the square of the least distance from a point to a parabola."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Words
from generators.competition.template import Template


class Place(Kind):
    """A point in a sentence: the origin, the point $(3,-2)$."""

    pattern = r"the origin|the point \$\(-?\d+,-?\d+\)\$"

    def print(self, value: tuple[int, int], words: Words) -> str:
        x, y = value
        return f"the point $({x},{y})$" if x or y else "the origin"

    def read(self, text: str, words: Words) -> tuple[int, int]:
        if text == "the origin":
            return 0, 0
        x, y = text.removeprefix("the point $(").removesuffix(")$").split(",")
        return int(x), int(y)


class Parabola(Kind):
    """A triple (c, s, t) for (x-s)^2/c+t: \\frac{1}{4}(x-3)^2-6."""

    pattern = r"\\frac\{1\}\{\d+\}(?:x|\(x[+-]\d+\))\^2(?:[+-]\d+)?"

    def print(self, value: tuple[int, int, int], words: Words) -> str:
        c, s, t = value
        inside = f"(x{-s:+d})" if s else "x"
        return rf"\frac{{1}}{{{c}}}{inside}^2{f'{t:+d}' if t else ''}"

    def read(self, text: str, words: Words) -> tuple[int, int, int]:
        c, _, rest = text.removeprefix(r"\frac{1}{").partition("}")
        inside, _, t = rest.partition("^2")
        return int(c), -int(inside.strip("(x)") or 0), int(t or 0)


class NearestOnParabola(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/algebra/1143.json", "test/algebra/853.json", "test/algebra/2064.json")
    numbers = Numbers(c=range(2, 17, 2), s=range(-6, 7), y=range(-6, 7), gap=range(2, 21))
    prints = {"place": Place(), "curve": Parabola()}
    texts = (
        "Let $d$ be the smallest distance from <place> to a point on the graph of $y=<curve>$. Find "
        "$d^2$.",
        "What is the square of the shortest distance from <place> to the graph of $y=<curve>$?",
        "A point $P$ moves along the parabola $y=<curve>$. What is the smallest possible value of "
        "$d^2$, if $d$ stands for the distance between $P$ and <place>?",
        "If the distance between <place> and the closest point on the graph of $y=<curve>$ is equal "
        r"to $\sqrt{n}$, find the value of $n$.",
        "The bank of a river has the shape of the parabola $y=<curve>$ on a map where one unit stands "
        "for one kilometer, and a small farm lies at <place>. A pipe is to be laid in a straight line "
        "from the farm to the river, and it should be as short as possible. The length of the pipe "
        r"can be written as $\sqrt{n}$ kilometers, where $n$ is a positive integer. What is $n$?",
        "What is the square of the least distance from <place> to the curve $y=<curve>$?",
        r"Find the square of the smallest distance from <place> to the parabola \[y=<curve>.\]",
    )

    def nice(self, p: Parameters) -> Any:
        return 2 * p.gap > p.c

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"place": (p.s, p.y), "curve": (p.c, p.s, p.y - p.gap)}

    def solve(self, p: Parameters) -> Any:
        # In u = (x-s)^2 the square of the distance is u + (u/c-gap)^2, least at u = c gap - c^2/2.
        return p.c * p.gap - p.c**2 // 4

    def check(self, q: Parameters) -> Any:
        c, s, t = q.curve
        x, y = q.place
        assert x == s
        # The largest circle around the point that does not cross the curve: either through the
        # vertex, or one that meets c(Y-t)+(Y-y)^2 = d^2 in a double root Y above the vertex.
        found = [(y - t) ** 2]
        for square in range(1, (y - t) ** 2):
            linear, constant = c - 2 * y, y * y - c * t - square
            if linear * linear == 4 * constant and -linear >= 2 * t:
                found.append(square)
        return min(found)
