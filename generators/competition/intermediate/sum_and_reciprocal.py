"""`sum-and-reciprocal`: the least value of a quadratic over a linear polynomial, or where it is."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly, Whole
from generators.competition.template import Template

PAIRS = tuple(
    (d, e) for d in range(1, 21) for e in range(1, 21) if d != e and isqrt(d * e) ** 2 == d * e
)
"""Pairs (d, e) of positive numbers whose product is a square."""


class SumAndReciprocal(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/intermediate_algebra/446.json",
        "test/intermediate_algebra/1300.json",
        "test/intermediate_algebra/1014.json",
        "test/intermediate_algebra/1151.json",
    )
    numbers = Numbers(
        pair=PAIRS, c=range(-6, 10), k=range(1, 6), gap=range(4), ask=("value", "place")
    )
    prints = {
        "f": Poly(),
        "g": Poly(),
        "h": Poly(),
        "low": Whole(),
        "ask": Choice(value="the minimum value of", place="the value of $x$ that minimizes"),
    }
    texts = (
        r"Find <ask> \[\frac{<k:c>(<f>)(<g>)}{<h>}\] for $x > <low>$.",
        r"For $x > <low>$, what is <ask> $\frac{<k:c>(<f>)(<g>)}{<h>}$?",
        "If $x$ is a real number such that $x > <low>$, compute <ask> "
        r"\[\frac{<k:c>(<f>)(<g>)}{<h>}.\]",
        r"Let \[f(x)=\frac{<k:c>(<f>)(<g>)}{<h>}\] for all real numbers $x > <low>$. Find <ask> "
        "$f(x)$.",
        r"The graph of \[y=\frac{<k:c>(<f>)(<g>)}{<h>}\] has a vertical asymptote. On the part of the "
        "graph where $x > <low>$, there is exactly one lowest point, and it can be found without "
        "calculus: write $y$ as a sum of a constant, a multiple of the denominator, and a multiple "
        "of its reciprocal. Find <ask> $y$ on this part of the graph.",
        r"Find <ask> $\frac{<k:c>(<f>)(<g>)}{<h>}$, where $x > <low>$.",
        r"If $x > <low>$, find <ask> $\frac{<k:c>(<f>)(<g>)}{<h>}$.",
        r"Let $x > <low>$. Find <ask> \[\frac{<k:c>(<f>)(<g>)}{<h>}.\]",
    )

    def nice(self, p: Parameters) -> Any:
        (d, e), c = p.pair, p.c
        middle = isqrt(d * e)
        return d + c and e + c and p.gap < middle

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "f": polynomial("x", 1, p.pair[0] + p.c),
            "g": polynomial("x", 1, p.pair[1] + p.c),
            "h": polynomial("x", 1, p.c),
            "k": p.k,
            "low": p.gap - p.c,
            "ask": p.ask,
        }

    def same(self, p: Parameters) -> object:
        return (frozenset(p.pair), p.c, p.k, p.gap, p.ask)

    orbit = 2

    def solve(self, p: Parameters) -> Any:
        # With y = x + c it is k (y + d + e + de/y), least at the square root of de.
        d, e = p.pair
        middle = isqrt(d * e)
        return middle - p.c if p.ask == "place" else p.k * (2 * middle + d + e)

    def check(self, q: Parameters) -> Any:
        a, b, c = (f.coefficient() for f in (q.f, q.g, q.h))

        def value(x: Fraction | int) -> Fraction:
            result: Fraction = q.k * (x + a) * (x + b) / (x + c)
            return result

        place = q.low + 1
        while value(place + 1) < value(place):
            place += 1
        step = Fraction(1, 1000)
        if not value(place - step) > value(place) < value(place + step):
            raise ValueError("expected the minimum at an integer")
        return place if q.ask == "place" else value(place)
