"""`shortcut`: how much shorter the diagonal of a rectangle is than two of its sides."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SIDES = tuple(
    (a, b, isqrt(a * a + b * b))
    for a in range(6, 401)
    for b in range(6, 401)
    if isqrt(a * a + b * b) ** 2 == a * a + b * b
)
WALKERS = (*PEOPLE, ("Pavel", "he", "his"))


class Shortcut(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/prealgebra/1252.json", "test/prealgebra/1558.json", "test/geometry/221.json")
    numbers = Numbers(sides=SIDES, n=range(2, 21), trips=("once", "many"))
    prints = {
        "a": Whole(),
        "b": Whole(),
        "trips": Choice(once="", many=" in <n> such trips"),
    }
    words = {"name": WALKERS, "friend": WALKERS, "unit": ("meters", "feet", "yards")}
    texts = (
        "A park is a rectangle of <a> <unit> by <b> <unit>. <name> goes from one corner to the "
        "opposite one along two sides and <friend> straight across. How many <unit> fewer does "
        "<friend> walk<trips>?",
        "A diagonal path crosses a rectangular field of <a> by <b> <unit>. If <name> takes this path "
        "instead of two sides of the field, how many <unit> does <name:1> save<trips>?",
        "A rectangular parking lot is <a> <unit> long and <b> <unit> wide. <name> always crosses it "
        "along the diagonal, while <friend> goes along two of the edges to the same place. How many "
        "<unit> more does <friend> walk<trips>?",
        "From <name:2> house, <name> bikes <a> <unit> north and then <b> <unit> east to the library. "
        "A crow flies there in a straight line. How many <unit> less does the crow "
        "travel<trips>?",
        "The town where <name> lives has a lake that is shaped like a rectangle. The shore is <a> "
        "<unit> long on the north side and <b> <unit> long on the east side. In summer, <name> must "
        "follow these two shores to get from one corner of the lake to the opposite corner. In "
        "winter, when the lake is frozen, <name:1> can walk on the ice along the diagonal. How many "
        "<unit> does the ice save <name><trips>?",
        "In a rectangle of <a> by <b> <unit>, one ant follows a diagonal and another ant follows two "
        "sides to the same corner. How many <unit> fewer does the first ant crawl<trips>?",
        "If <name> crosses a rectangular field of <a> by <b> <unit> diagonally instead of along two "
        "sides, how many <unit> are saved<trips>?",
        "If a path along the diagonal replaces two sides of a rectangular yard of <a> by <b> <unit>, "
        "how many <unit> are saved<trips>?",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "a": p.sides[0], "b": p.sides[1]}

    def nice(self, p: Parameters) -> Any:
        return p.trips == "many" or p.n == 2

    def same(self, p: Parameters) -> object:
        return (p.trips, p.n, p.sides[2], *sorted(p.sides[:2]))

    def solve(self, p: Parameters) -> Any:
        a, b, c = p.sides
        return (a + b - c) * (p.n if p.trips == "many" else 1)

    def check(self, q: Parameters) -> Any:
        diagonal = max(q.a, q.b)
        while diagonal * diagonal < q.a**2 + q.b**2:
            diagonal += 1
        if diagonal * diagonal != q.a**2 + q.b**2:
            raise ValueError("expected a whole diagonal")
        count = 1 if q.trips == "once" else q.n
        return sum(q.a + q.b for _ in range(count)) - diagonal * count
