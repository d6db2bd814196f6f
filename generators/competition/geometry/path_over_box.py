"""`path-over-box`: the shortest way over the surface of a box from a corner to a point of an edge."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import dist
from typing import Any

from generators.competition.algebraic import Surd, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Whole, Words
from generators.competition.template import Template


class Goal(Kind):
    """The end of the way: the opposite corner (0, 0), or a point of an edge that ends there.

    The value holds the distance from the opposite corner and the length of the edge.
    """

    pattern = (
        r"the opposite corner|the point that is \d+ [a-z]+ from the opposite corner on an edge of "
        r"length \d+"
    )

    def print(self, value: tuple[int, int], words: Words) -> str:
        if not value[0]:
            return "the opposite corner"
        unit = words["unit"][value[0] == 1]
        away = f"the point that is {value[0]} {unit} from the opposite corner"
        return f"{away} on an edge of length {value[1]}"

    def read(self, text: str, words: Words) -> tuple[int, int]:
        found = [int(n) for n in re.findall(r"\d+", text)]
        return (found[0], found[1]) if found else (0, 0)


class PathOverBox(Template):
    """See the module's docstring."""

    level, answer = 5, Radical()
    kin = ("test/geometry/880.json", "test/geometry/702.json")
    numbers = Numbers(a=range(1, 14), b=range(1, 14), c=range(1, 14), away=range(13))
    prints = {"goal": Goal(), **dict.fromkeys("pqr", Whole())}
    words = {
        "unit": (
            ("inches", "inch"),
            ("feet", "foot"),
            ("centimeters", "centimeter"),
        ),
        "animal": ("beetle", "snail", "spider", "caterpillar"),
    }
    texts = (
        "A solid box measures <p> by <q> by <r> <unit>. A <animal> crawls over its surface from "
        "one corner to <goal>. How long is its shortest way, in <unit>? Express your answer in "
        "simplest radical form.",
        "Find the length, in <unit>, of the shortest path on the surface of a box of size <p> by <q> "
        "by <r> "
        "from a corner to <goal>.",
        "What is the least distance, in <unit>, that a <animal> has to crawl on the surface of a box "
        "that "
        "measures <p> by <q> by <r> to get from a corner to <goal>?",
        "What is the shortest way, in <unit>, over the faces of a box of size <p> by <q> by <r> from a "
        "corner "
        "to <goal>?",
        "The edges of a rectangular box are <p>, <q>, and <r> <unit> long. What is the length, "
        "in <unit>, of the shortest path on the surface of the box from a corner to <goal>?",
        "A <animal> sits at a corner of a closed box of size <p> by <q> by <r>, where lengths are in "
        "<unit>, and wants to get to <goal>. It can walk on all six faces of the box. What is "
        "the least distance, in <unit>, that it has to walk?",
        "A sculptor made a block of marble that has the shape of a box. Its edges are <p>, <q>, "
        "and <r> <unit> long. She wants to fix a thin gold wire to the block. The wire has to "
        "lie on the surface of the block everywhere. It has to start at a corner of the block "
        "and to end at <goal>. What is the least possible length of the wire, in <unit>?",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        box = p.a < p.b and p.c not in (p.a, p.b) and p.away < p.c and (p.away or p.b < p.c)
        return box and self.solve(p).radicand > 1

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        edges = sorted((p.a, p.b, p.c))
        return {**dict(zip("pqr", edges, strict=True)), "goal": (p.away, p.c if p.away else 0)}

    def solve(self, p: Parameters) -> Any:
        z = p.c - p.away
        squares = ((p.a + p.b) ** 2 + z**2, (p.a + z) ** 2 + p.b**2, (p.b + z) ** 2 + p.a**2)
        return square_root(min(squares))

    def check(self, q: Parameters) -> Any:
        edges = [q.p, q.q, q.r]
        away, c = q.goal if q.goal[0] else (0, q.r)
        edges.remove(c)
        a, b = edges
        end = (a, b, c - away)
        # The edges between a face at the corner (0, 0, 0) and a face at the end of the way.
        ways: list[tuple[Callable[[float], tuple[float, float, float]], int]] = [
            (lambda t: (a, 0, t), c),
            (lambda t: (0, b, t), c),
            (lambda t: (a, t, 0), b),
            (lambda t: (t, b, 0), a),
        ]
        shortest = min(least(edge, end, length) for edge, length in ways)
        square = round(shortest**2)
        assert abs(shortest**2 - square) < 1e-6
        size = max(s for s in range(1, square) if square % (s * s) == 0)
        return Surd(Fraction(size), square // size**2)


def least(
    edge: Callable[[float], tuple[float, float, float]], end: tuple[int, int, int], length: float
) -> float:
    """The shortest way from (0, 0, 0) over an edge to the end, by ternary search on the edge."""

    def way(t: float) -> float:
        return dist((0, 0, 0), edge(t)) + dist(edge(t), end)

    low, high = 0.0, float(length)
    for _ in range(60):
        third = (high - low) / 3
        if way(low + third) < way(high - third):
            high -= third
        else:
            low += third
    return way(low)
