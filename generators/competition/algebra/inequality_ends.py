"""`inequality-ends`: a combination of the ends of the solution of a two-sided linear inequality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SHIFTS = [value for value in range(-9, 10) if value]


class InequalityEnds(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/algebra/2214.json", "test/algebra/2486.json")
    numbers = Numbers(
        a=range(2, 10),
        h=SHIFTS,
        k=SHIFTS,
        low=range(-10, 10),
        high=range(-9, 13),
        ask=("sum", "product", "length"),
    )
    prints = {
        "ask": Choice(
            sum="$<ends>+<ends:1>$", product="$<ends><ends:1>$", length="$<ends:1>-<ends>$"
        ),
        "l": Whole(),
        "u": Whole(),
    }
    words = {
        "x": ("x", "y", "t", "z", "n"),
        "ends": (("p", "q"), ("a", "b"), ("r", "s"), ("c", "d")),
        "name": PEOPLE,
    }
    texts = (
        "The numbers $<x>$ with $<l> < <a>(<x><h:+>)<k:+> < <u>$ are exactly those with $<ends> < <x> < "
        "<ends:1>$. What is <ask>?",
        "If the solution of $<l> < <a>(<x><h:+>)<k:+> < <u>$ is $<ends> < <x> < <ends:1>$, what is "
        "<ask>?",
        "It is true that $<l> < <a>(<x><h:+>)<k:+> < <u>$ exactly when $<x>$ is between $<ends>$ "
        "and $<ends:1>$, where $<ends> < <ends:1>$. Find the value of <ask>.",
        "Let $(<ends>,<ends:1>)$ be the interval of all real $<x>$ such that $<l> < <a>(<x><h:+>)<k:+> "
        "< <u>$. What is the value of <ask>?",
        "<name> picks a real number $<x>$ and computes $<a>(<x><h:+>)<k:+>$. The result is greater "
        "than $<l>$ and less than $<u>$. A friend of <name> knows only this about the number and "
        "concludes that $<ends> < <x> < <ends:1>$. The conclusion is right, and nothing more can be "
        "said about the number. What is <ask>?",
        "Solve $<l> < <a>(<x><h:+>)<k:+> < <u>$ for $<x>$, and write the solution in the form $<ends> < "
        "<x> < <ends:1>$. What is <ask>?",
        "The solution of $<l> < <a>(<x><h:+>)<k:+> < <u>$ is $<ends> < <x> < <ends:1>$. Find <ask>.",
        "If $<l> < <a>(<x><h:+>)<k:+> < <u>$ means that $<ends> < <x> < <ends:1>$, what is <ask>?",
        r"The inequality \[<l> < <a>(<x><h:+>)<k:+> < <u>\] is equivalent to $<ends> < <x> < "
        "<ends:1>$. What is <ask>?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.low < p.high and abs(self.solve(p)) <= 100

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        low, high = p.a * (p.low + p.h) + p.k, p.a * (p.high + p.h) + p.k
        return {"l": low, "u": high, "a": p.a, "h": p.h, "k": p.k, "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        return {"sum": p.low + p.high, "product": p.low * p.high, "length": p.high - p.low}[p.ask]

    def check(self, q: Parameters) -> Any:
        # Fourths that satisfy the inequality; the ends are the first ones beside them.
        inside = [x for x in range(-80, 81) if 4 * q.l < q.a * (x + 4 * q.h) + 4 * q.k < 4 * q.u]
        first, last = (inside[0] - 1) // 4, (inside[-1] + 1) // 4
        for end, value in ((first, q.l), (last, q.u)):
            assert q.a * (end + q.h) + q.k == value
        if q.ask == "product":
            return first * last
        return last + first if q.ask == "sum" else last - first
