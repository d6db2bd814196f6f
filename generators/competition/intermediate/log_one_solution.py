"""`log-one-solution`: for how many integers k a logarithmic equation has one or two solutions."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly, Whole
from generators.competition.template import Template


class LogOneSolution(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/intermediate_algebra/1849.json",
        "test/intermediate_algebra/834.json",
        "test/intermediate_algebra/623.json",
    )
    numbers = Numbers(
        a=tuple(a for a in range(-6, 10) if a),
        low=range(2, 10),
        high=range(5, 50),
        ask=("one", "two", "some"),
    )
    prints = {
        "moved": Poly(),
        "least": Whole(),
        "ask": Choice(
            one="exactly one real solution",
            two="exactly two real solutions",
            some="at least one real solution",
        ),
    }
    texts = (
        r"Find the number of integers $k$ with $<least>\le k\le <high>$ for which the equation "
        r"$\log(kx)=2\log(<moved>)$ has <ask>.",
        "How many integers $k$ from $<least>$ to <high> are there such that "
        r"\[\log(kx)=2\log(<moved>)\] has <ask>?",
        "Let $k$ be an integer in the closed interval $[<least>,<high>]$. Compute the number of "
        r"values of $k$ such that \[\log(kx)=2\log(<moved>)\] has <ask> $x$.",
        r"For each integer $k$, consider the equation \[\log(kx)=2\log(<moved>),\] where both "
        "logarithms have base 10. A solution must lie in the domain of both sides, so that $kx$ and "
        r"$<moved:again>$ are positive. Find how many of the integers $k$ such that $<least>\le k\le "
        "<high>$ lead to an equation that has <ask>.",
        r"Find how many integers $k$ in $[<least>,<high>]$ are such that $\log(kx)=2\log(<moved>)$ "
        "has <ask>.",
        r"If $<least>\le k\le <high>$, find the number of integers $k$ such that "
        r"$\log(kx)=2\log(<moved>)$ has <ask>.",
        r"Find the number of integers $k$, where $<least>\le k\le <high>$, such that "
        r"\[\log(kx)=2\log(<moved>)\] has <ask>.",
    )

    def nice(self, p: Parameters) -> Any:
        return p.ask != "two" or p.high > 4 * p.a > 0

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "moved": polynomial("x", 1, p.a),
            "least": -p.low,
            "high": p.high,
            "ask": p.ask,
        }

    def solve(self, p: Parameters) -> Any:
        # The roots of x^2+(2a-k)x+a^2 have the product a^2; k<0 leaves one above -a, k>4a two.
        if p.a < 0:
            return p.high
        one, two = p.low + (p.high >= 4 * p.a), max(0, p.high - 4 * p.a)
        return {"one": one, "two": two, "some": one + two}[p.ask]

    def check(self, q: Parameters) -> Any:
        a, total = int(q.moved.coefficient()), 0
        for k in range(q.least, q.high + 1):
            under = (2 * a - k) ** 2 - 4 * a * a
            if under < 0 or k == 0:
                continue
            roots = {(k - 2 * a + sign * sqrt(under)) / 2 for sign in (1, -1)}
            count = sum(k * x > 0 and x + a > 0 for x in roots)
            total += {"one": count == 1, "two": count == 2, "some": count > 0}[q.ask]
        return total
