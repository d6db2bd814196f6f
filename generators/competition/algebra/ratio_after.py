"""`ratio-after`: how many there were before a change, from the ratios before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

RATIOS = [(a, b) for a in range(2, 10) for b in range(2, 10) if a != b and gcd(a, b) == 1]
SIGNS = {"out-in": (-1, 1), "in-out": (1, -1), "in-in": (1, 1), "out-out": (-1, -1)}


class RatioAfter(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/algebra/694.json", "test/prealgebra/1730.json", "test/algebra/1787.json")
    numbers = Numbers(
        ratio=RATIOS,
        k=range(2, 11),
        u=range(2, 13),
        v=range(2, 13),
        moves=("out-in", "in-out", "in-in", "out-out"),
        ask=("first", "all"),
    )
    prints = {
        "moves": Choice(
            {
                "out-in": "<u> <pair> <pair:2> are taken out and <v> <pair:1> <pair:2> are put in",
                "in-out": "<u> <pair> <pair:2> are put in and <v> <pair:1> <pair:2> are taken out",
                "in-in": "<u> <pair> <pair:2> and <v> <pair:1> <pair:2> are put in",
                "out-out": "<u> <pair> <pair:2> and <v> <pair:1> <pair:2> are taken out",
            }
        ),
        "ask": Choice(first="<pair> <pair:2>", all="<pair:2> of both colors together"),
        **dict.fromkeys("abcd", Whole()),
    }
    words = {
        "pair": (
            ("red", "green", "beads"),
            ("blue", "yellow", "marbles"),
            ("black", "white", "buttons"),
            ("brown", "orange", "cards"),
            ("pink", "gray", "pebbles"),
            ("white", "purple", "tiles"),
        ),
        "name": PEOPLE,
    }
    texts = (
        "A box holds <pair> and <pair:1> <pair:2>, <a> <pair> ones for every <b> <pair:1> ones. After "
        "<moves>, there are <c> <pair> <pair:2> for every <d> <pair:1> ones. How many <ask> were in the "
        "box at first?",
        "The ratio of <pair> <pair:2> to <pair:1> <pair:2> in a bag is $<a>:<b>$. If <moves>, the ratio "
        "will be $<c>:<d>$. How many <ask> are in the bag now?",
        "<name> has a jar in which the ratio of <pair> to <pair:1> <pair:2> is $<a>:<b>$. Later, "
        "<moves>, and the ratio becomes $<c>:<d>$. How many <ask> were there before this change?",
        "A drawer contains only <pair> <pair:2> and <pair:1> <pair:2>. <name> counts them and says: "
        '"For every <a> <pair> ones there are <b> <pair:1> ones in this drawer." Some time later, '
        "<moves>. <name> counts once more and finds that now there are <c> <pair> ones for every <d> "
        "<pair:1> ones. What is the number of <ask> that <name> found when <name:1> counted for the "
        "first time?",
        "If <moves>, then the ratio of <pair> to <pair:1> <pair:2> in a basket changes from $<a>:<b>$ "
        "to $<c>:<d>$. How many <ask> does the basket hold before the change?",
        "The ratio of <pair> to <pair:1> <pair:2> is $<a>:<b>$. If <moves>, it becomes $<c>:<d>$. How "
        "many <ask> were there before?",
        "Find the original number of <ask>, if the ratio of <pair> to <pair:1> ones is $<a>:<b>$ at "
        "first, then <moves>, and the ratio becomes $<c>:<d>$.",
    )

    def after(self, p: Parameters) -> tuple[int, int]:
        """The numbers of both colors after the change."""
        (a, b), (s, t) = p.ratio, SIGNS[p.moves]
        return a * p.k + s * p.u, b * p.k + t * p.v

    def nice(self, p: Parameters) -> Any:
        first, second = self.after(p)
        if first <= 0 or second <= 0:
            return False
        common = gcd(first, second)
        if not (2 * common <= first <= 12 * common and 2 * common <= second <= 12 * common):
            return False
        return first * p.ratio[1] != second * p.ratio[0] and first != second

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        (a, b), (first, second) = p.ratio, self.after(p)
        common = gcd(first, second)
        return {**vars(p), "a": a, "b": b, "c": first // common, "d": second // common}

    def solve(self, p: Parameters) -> Any:
        # d(ak+su) = c(bk+tv).
        (a, b), (s, t), (c, d) = p.ratio, SIGNS[p.moves], self.after(p)
        k = Fraction(c * t * p.v - d * s * p.u, d * a - c * b)
        return k * (a if p.ask == "first" else a + b)

    def check(self, q: Parameters) -> Any:
        first_in, second_in = (word == "in" for word in q.moves.split("-"))
        found = []
        for k in range(1, 100):
            first = q.a * k + (q.u if first_in else -q.u)
            second = q.b * k + (q.v if second_in else -q.v)
            if first > 0 and second > 0 and first * q.d == second * q.c:
                found.append((q.a * k, q.b * k))
        (before,) = found
        return before[0] if q.ask == "first" else sum(before)
