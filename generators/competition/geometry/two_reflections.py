"""`two-reflections`: the image of a point under two reflections."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Point
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, PointOf, Words
from generators.competition.template import Template

LINES = [(axis, c) for axis in "xy" for c in range(-8, 9) if c] + [("y=x", 0), ("y=-x", 0)]


class Line(Kind):
    """A line to reflect in: x=3, y=-2, y=x."""

    pattern = r"[xy]=-?(?:\d+|x)"

    def print(self, value: tuple[str, int], words: Words) -> str:
        return value[0] if "=" in value[0] else f"{value[0]}={value[1]}"

    def read(self, text: str, words: Words) -> tuple[str, int]:
        return (text, 0) if text.endswith("x") else (text[0], int(text[2:]))


class TwoReflections(Template):
    """See the module's docstring."""

    level, answer = 2, Point()
    kin = ("test/geometry/1108.json", "test/algebra/864.json", "test/geometry/627.json")
    numbers = Numbers(x=range(-9, 10), y=range(-9, 10), first=LINES, second=LINES)
    prints = {"point": PointOf(), "first": Line(), "second": Line()}
    texts = (
        "The point $<point>$ is reflected over the line $<first>$, and its image is then reflected over "
        "the line $<second>$. Where does it end up? Write your answer as an ordered pair.",
        "Reflect $<point>$ over the line $<first>$, then over the line $<second>$. What is the "
        "resulting point?",
        "Find the image of $<point>$ after reflections over $<first>$ and then over $<second>$.",
        "What is the image of $<point>$ if it is reflected over $<first>$ and then over $<second>$?",
        "If $<point>$ is reflected over $<first>$ and its image over $<second>$, where does it end up?",
        "The reflection of $P=<point>$ over the line $<first>$ is $Q$. The reflection of $Q$ "
        "over the line $<second>$ is $R$. What are the coordinates of $R$?",
        "A point is marked at $<point>$ on a sheet of graph paper. First the sheet is folded "
        "along the line $<first>$, and the ink of the wet point leaves a second mark on the "
        "other side of the fold. The sheet is opened again and then folded along the line "
        "$<second>$, so that the second mark leaves a third mark. At which point $(x,y)$ is the "
        "third mark?",
        "Let $A$ be the image of the point $<point>$ when it is reflected over the line "
        "$<first>$. If we reflect $A$ over the line $<second>$, what is its image? Enter your "
        "answer as an ordered pair.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.first == p.second or p.x == p.y == 0:
            return False
        middle = image((p.x, p.y), p.first)
        end = image(middle, p.second)
        return middle != (p.x, p.y) and end != middle and max(map(abs, end)) <= 25

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        return {"point": (p.x, p.y), "first": p.first, "second": p.second}

    def same(self, p: Parameters) -> object:
        lines = (p.first, p.second)
        crossed = {p.first[0], p.second[0]} in ({"x", "y"}, {"y=x", "y=-x"})
        return (p.x, p.y, frozenset(lines) if crossed else lines)

    orbit = 2

    def solve(self, p: Parameters) -> Any:
        return image(image((p.x, p.y), p.first), p.second)

    def check(self, q: Parameters) -> Any:
        point = [*q.point, 1]
        for axis, c in (q.first, q.second):
            matrix = {
                "x": [[-1, 0, 2 * c], [0, 1, 0]],
                "y": [[1, 0, 0], [0, -1, 2 * c]],
                "y=x": [[0, 1, 0], [1, 0, 0]],
                "y=-x": [[0, -1, 0], [-1, 0, 0]],
            }[axis]
            point = [sum(m * v for m, v in zip(row, point, strict=True)) for row in matrix] + [1]
        return tuple(point[:2])


def image(point: tuple[int, int], line: tuple[str, int]) -> tuple[int, int]:
    """The mirror image of a point."""
    (x, y), (axis, c) = point, line
    if axis == "x":
        return 2 * c - x, y
    if axis == "y":
        return x, 2 * c - y
    return (y, x) if axis == "y=x" else (-y, -x)
