"""`smallest-coefficient`: the least second coefficient of a polynomial with distinct integer roots."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template


@cache
def root_sums(m: int) -> tuple[int, ...]:
    """The absolute sums, sorted, of distinct integers whose product is m up to the sign of their
    number: (-1)^n m for n of them."""
    found = set()

    def go(left: int, least: int, sign: int, total: int) -> None:
        # sign: of the product of the opposites of the roots
        if left == 1:
            for count, more in ((1, 0), (-1, 1), (1, -1), (-1, 0)):  # none, 1, -1, both
                if sign * count * m > 0:
                    found.add(abs(total + more))
            return
        for d in range(least, left + 1):
            if left % d == 0:
                go(left // d, d + 1, -sign, total + d)
                go(left // d, d + 1, sign, total - d)
                if left % (d * d) == 0:
                    go(left // (d * d), d + 1, -sign, total)

    go(abs(m), 2, 1, 0)
    return tuple(sorted(found))


class SmallestCoefficient(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/intermediate_algebra/1350.json",
        "test/intermediate_algebra/1422.json",
        "test/intermediate_algebra/1411.json",
    )
    numbers = Numbers(
        leading=range(1, 10),
        m=tuple(m for m in range(-200, 201) if any(m % d == 0 for d in range(2, abs(m)))),
        ask=("least", "second", "count"),
    )
    prints = {
        "last": Whole(),
        "ask": Choice(
            least="the least possible value of $|a_{n-1}|$",
            second="the second smallest possible value of $|a_{n-1}|$",
            count="the number of possible values of $|a_{n-1}|$",
        ),
    }
    texts = (
        r"A polynomial $a_nx^n+\dots+a_1x+a_0$ has integer coefficients, and its roots are different "
        "integers. If $a_n=<leading>$ and $a_0=<last>$, what is <ask>?",
        r"All $n$ roots of the polynomial \[f(x)=a_nx^n+a_{n-1}x^{n-1}+\dots+a_1x+a_0\] are "
        "integers, and no two of them are equal. The leading coefficient is $a_n=<leading>$, and "
        "the constant term is $a_0=<last>$. Find <ask>.",
        r"Let $P(x)=<leading:c>x^n+a_{n-1}x^{n-1}+\dots+a_1x<last:+>$ have $n$ distinct integer "
        "roots. Find <ask>.",
        r"A teacher writes the polynomial \[a_nx^n+a_{n-1}x^{n-1}+\dots+a_1x+a_0\] on the board and "
        "tells the class three facts. The first coefficient $a_n$ is equal to $<leading>$. The last "
        "coefficient $a_0$ is equal to $<last>$. The equation that says that the polynomial is zero "
        "has $n$ distinct solutions, and all of them are integers. However, the teacher does not "
        "tell what $n$ is. From these facts, find <ask>.",
        r"If $<leading:c>x^n+a_{n-1}x^{n-1}+\dots+a_1x<last:+>$ has $n$ distinct integer roots, find "
        "<ask>.",
        r"The polynomial \[<leading:c>x^n+a_{n-1}x^{n-1}+\dots+a_1x<last:+>\] has $n$ different "
        "roots, and all of them are integers. Find <ask>.",
        r"Find <ask> if $<leading:c>x^n+a_{n-1}x^{n-1}+\dots+a_1x<last:+>$ has $n$ different integer "
        "roots.",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        sums = root_sums(p.m)
        if p.ask == "count":
            # Products of two primes, with four divisors, all have the same number.
            divisors = sum(p.m % d == 0 for d in range(1, abs(p.m) + 1))
            return len(sums) > 3 and divisors > 4
        return len(sums) > 1 and (sums[0] or p.ask == "second") and p.leading < 7

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"leading": p.leading, "last": p.leading * p.m, "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        sums = root_sums(p.m)
        if p.ask == "count":
            return len(sums)
        return p.leading * sums[p.ask == "second"]

    def check(self, q: Parameters) -> Any:
        m = q.last // q.leading
        divisors = [d for d in range(-abs(m), abs(m) + 1) if d and m % d == 0]
        # (product of x-r at 0, sum of the roots) of all sets of divisors whose product divides m
        sets = {(1, 0)}
        for d in divisors:
            sets |= {(-d * product, total + d) for product, total in sets if m % (product * d) == 0}
        values = sorted({abs(q.leading * total) for product, total in sets if product == m})
        return {"least": values[0], "second": values[1], "count": len(values)}[q.ask]
