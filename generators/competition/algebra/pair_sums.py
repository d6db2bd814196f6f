"""`pair-sums`: the product, sum of squares or largest of three numbers from the sums of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

NONZERO = [value for value in range(-15, 16) if value]


class PairSums(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/algebra/1457.json", "test/intermediate_algebra/337.json")
    numbers = Numbers(a=NONZERO, b=NONZERO, c=NONZERO, ask=("product", "squares", "largest"))
    prints = {
        "ask": Choice(
            product="$<p><p:1><p:2>$",
            squares="$<p>^2+<p:1>^2+<p:2>^2$",
            largest="the largest of $<p>$, $<p:1>$, and $<p:2>$",
        ),
        **dict.fromkeys("uvw", Whole()),
    }
    words = {
        "p": (("p", "q", "r"), ("a", "b", "c"), ("x", "y", "z"), ("u", "v", "w"), ("r", "s", "t")),
        "name": PEOPLE,
    }
    texts = (
        "Numbers $<p>,$ $<p:1>,$ and $<p:2>$ satisfy $<p>+<p:1>=<u>$, $<p:1>+<p:2>=<v>$, and "
        "$<p>+<p:2>=<w>$. What is <ask>?",
        "If $<p>+<p:1>=<u>$, $<p:1>+<p:2>=<v>$, and $<p>+<p:2>=<w>$, what is the value of <ask>?",
        "Let $<p>$, $<p:1>$, and $<p:2>$ be real numbers such that $<p>+<p:1>=<u>$, $<p:1>+<p:2>=<v>$, "
        "and $<p>+<p:2>=<w>$. Find <ask>.",
        "What is <ask> if the sum of $<p>$ and $<p:1>$ is $<u>$, the sum of $<p:1>$ and $<p:2>$ is "
        "$<v>$, and the sum of $<p>$ and $<p:2>$ is $<w>$?",
        "There are three cards on the table, and on the back of each one <name> has written a number. "
        "Let these numbers be $<p>$, $<p:1>$, and $<p:2>$. <name:1^> does not show them, but tells "
        "everybody that $<p>+<p:1>=<u>$, $<p:1>+<p:2>=<v>$, and $<p>+<p:2>=<w>$. This is enough to find "
        "out what is written on all the cards. What is <ask>?",
        "What is <ask> if $<p>+<p:1>=<u>$, $<p:1>+<p:2>=<v>$, and $<p>+<p:2>=<w>$?",
        "Find <ask> if $<p>+<p:1>=<u>$, $<p:1>+<p:2>=<v>$, and $<p>+<p:2>=<w>$.",
    )

    def nice(self, p: Parameters) -> Any:
        return len({p.a, p.b, p.c}) == 3 and abs(self.solve(p)) <= 700

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"u": p.a + p.b, "v": p.b + p.c, "w": p.a + p.c, "ask": p.ask}

    def same(self, p: Parameters) -> object:
        return (p.ask, frozenset((p.a, p.b, p.c)))

    def solve(self, p: Parameters) -> Any:
        u, v, w = p.a + p.b, p.b + p.c, p.a + p.c
        half = Fraction(u + v + w, 2)
        numbers = (half - v, half - w, half - u)
        if p.ask == "largest":
            return max(numbers)
        return prod(numbers) if p.ask == "product" else sum(n * n for n in numbers)

    def check(self, q: Parameters) -> Any:
        ((a, b, c),) = ((a, q.u - a, q.w - a) for a in range(-60, 61) if q.u - a + q.w - a == q.v)
        values = {"product": a * b * c, "squares": a**2 + b**2 + c**2}
        return values.get(q.ask, sorted((a, b, c))[-1])
