"""`cauchy-minimum`: the least value of a sum of three fractions whose denominators have a given sum."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template

PAIRS = tuple((w, n) for w in range(1, 6) for n in range(1, 37) if isqrt(w * n) ** 2 == w * n)
"""Pairs (weight of a letter in the sum, numerator of its fraction) whose product is a square."""


class CauchyMinimum(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/intermediate_algebra/121.json",
        "test/intermediate_algebra/986.json",
        "test/intermediate_algebra/1300.json",
        "test/intermediate_algebra/190.json",
    )
    numbers = Numbers(first=PAIRS, second=PAIRS, third=PAIRS, total=range(1, 10))
    prints = dict.fromkeys(("k", "l", "m", "p", "q", "r"), Whole())
    words = {"v": (("a", "b", "c"), ("x", "y", "z"), ("p", "q", "r"))}
    texts = (
        "Positive real numbers $<v>$, $<v:1>$, and $<v:2>$ have "
        "$<k:c><v><l:+c><v:1><m:+c><v:2>=<total>$. Find the minimum value of "
        r"\[\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>}.\]",
        "If $<v>$, $<v:1>$, $<v:2>$ are positive and $<k:c><v><l:+c><v:1><m:+c><v:2>=<total>$, what "
        r"is the smallest possible value of $\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>}$?",
        r"Compute the minimum value of \[\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>}\] over "
        "all positive real numbers $<v>$, $<v:1>$, $<v:2>$ such that "
        "$<k:c><v><l:+c><v:1><m:+c><v:2>=<total>$.",
        "For positive real numbers $<v>$, $<v:1>$, and $<v:2>$, let "
        r"\[S=\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>}.\] When one of the three numbers is "
        "close to 0, the value of $S$ is very large. When all of the three grow, $S$ becomes small, "
        r"but they cannot grow freely, because \[<k:c><v><l:+c><v:1><m:+c><v:2>=<total>\] is required "
        "as well. Find the least value that $S$ can take.",
        "Let $<v>$, $<v:1>$, and $<v:2>$ be positive. Find the minimum of "
        r"\[\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>},\] given that "
        "$<k:c><v><l:+c><v:1><m:+c><v:2>=<total>$.",
        "Let $<v>$, $<v:1>$, $<v:2>$ be positive, and let $<k:c><v><l:+c><v:1><m:+c><v:2>=<total>$. "
        r"Find the least value of $\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>}$.",
        "If $<v>$, $<v:1>$, $<v:2>$ are positive and $<k:c><v><l:+c><v:1><m:+c><v:2>=<total>$, find "
        r"the minimum of $\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>}$.",
        r"Find the least value of \[\frac{<p>}{<v>}+\frac{<q>}{<v:1>}+\frac{<r>}{<v:2>}\] for "
        "positive $<v>$, $<v:1>$, $<v:2>$ such that $<k:c><v><l:+c><v:1><m:+c><v:2>=<total>$.",
    )

    def nice(self, p: Parameters) -> Any:
        return self.root(p) ** 2 % p.total == 0 and self.root(p) > 3

    def root(self, p: Parameters) -> int:
        """The square root of total times minimum."""
        return sum(isqrt(weight * above) for weight, above in (p.first, p.second, p.third))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        (k, a), (m, b), (n, c) = p.first, p.second, p.third
        return {"k": k, "l": m, "m": n, "p": a, "q": b, "r": c, "total": p.total}

    def same(self, p: Parameters) -> object:
        return (p.total, tuple(sorted((p.first, p.second, p.third))))

    orbit = 6

    def solve(self, p: Parameters) -> Any:
        return self.root(p) ** 2 // p.total

    def check(self, q: Parameters) -> Any:
        # Where the sum is least, n / (w a^2) is the same for all three letters (Lagrange).
        weights, above = (q.k, q.l, q.m), (q.p, q.q, q.r)
        shape = [
            next(Fraction(s, w) for s in range(1, 16) if s * s == w * n)
            for w, n in zip(weights, above, strict=True)
        ]
        scale = q.total / sum(w * s for w, s in zip(weights, shape, strict=True))
        x, y = scale * shape[0], scale * shape[1]

        def value(i: int, j: int) -> Fraction:
            a, b = x + scale * i / 100, y + scale * j / 100
            rest = Fraction(q.total - weights[0] * a - weights[1] * b) / weights[2]
            result: Fraction = q.p / a + q.q / b + q.r / rest
            return result

        least = value(0, 0)
        if any(value(i, j) <= least for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j):
            raise ValueError("expected the minimum at this point")
        return least
