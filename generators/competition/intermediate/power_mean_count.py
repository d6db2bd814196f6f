"""`power-mean-count`: how many positive numbers have three given sums of powers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Number
from generators.competition.template import Template

_VALUES = tuple(
    Fraction(p, q) for q in (1, 2, 3) for p in range(1, 10) if gcd(p, q) == 1 and p != q
)


class PowerMeanCount(Template):
    """See the module's docstring."""

    level, answer = 5, Rationals()
    kin = ("test/intermediate_algebra/2022.json",)
    numbers = Numbers(
        value=_VALUES,
        n=range(4, 73),
        powers=((1, 2, 3), (2, 3, 4), (1, 3, 5), (2, 4, 6)),
        ask=("n", "value", "sum"),
    )
    prints = {
        "first": Number(),
        "second": Number(),
        "third": Number(),
        "powers": Choice(
            {
                (1, 2, 3): r"\sum_{i=1}^n a_i=<first>, \quad \sum_{i=1}^n a_i^2=<second>, \quad "
                r"\sum_{i=1}^n a_i^3=<third>",
                (2, 3, 4): r"\sum_{i=1}^n a_i^2=<first>, \quad \sum_{i=1}^n a_i^3=<second>, \quad "
                r"\sum_{i=1}^n a_i^4=<third>",
                (1, 3, 5): r"\sum_{i=1}^n a_i=<first>, \quad \sum_{i=1}^n a_i^3=<second>, \quad "
                r"\sum_{i=1}^n a_i^5=<third>",
                (2, 4, 6): r"\sum_{i=1}^n a_i^2=<first>, \quad \sum_{i=1}^n a_i^4=<second>, \quad "
                r"\sum_{i=1}^n a_i^6=<third>",
            }
        ),
        "ask": Choice(n="$n$", value="$a_1$", sum="$a_1+n$"),
    }
    texts = (
        r"Positive real numbers $a_1$, $a_2$, $\dots$, $a_n$ are such that \[<powers>.\] Find <ask>.",
        r"What is <ask>, if all of the real numbers $a_1$, $a_2$, $\dots$, $a_n$ are positive and "
        r"\[<powers>?\]",
        r"Let $a_1$, $a_2$, $\dots$, $a_n$ be a list of $n$ positive real numbers. If \[<powers>,\] "
        "then compute <ask>.",
        r"Somebody wrote a finite sequence of positive real numbers $a_1$, $a_2$, $\dots$, $a_n$ on a "
        "sheet of paper and then lost it. It is not known how long the sequence was, and it is not "
        r"known if any of its terms were equal. However, three sums were kept: \[<powers>.\] These "
        "three sums are enough to find the whole sequence. Find <ask>.",
        r"If $a_1$, $\dots$, $a_n$ are positive and $<powers>$, find <ask>.",
        r"Find <ask> if $a_1$, $a_2$, $\dots$, $a_n$ are positive real numbers such that $<powers>$.",
        r"For positive $a_1$, $a_2$, $\dots$, $a_n$, let \[<powers>.\] Find <ask>.",
    )

    def nice(self, p: Parameters) -> Any:
        first, second, third = (p.n * p.value**power for power in p.powers)
        return third <= 9999 and max(s.denominator for s in (first, second, third)) <= 9

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        first, second, third = (p.n * p.value**power for power in p.powers)
        return {"first": first, "second": second, "third": third, "powers": p.powers, "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        return {"n": p.n, "value": p.value, "sum": p.n + p.value}[p.ask]

    def check(self, q: Parameters) -> Any:
        low, middle, _ = q.powers
        # The sum of a^low (a^(middle-low) - t)^2 is 0 for this t, so that all terms are equal.
        t = q.second / q.first
        assert q.third - 2 * t * q.second + t * t * q.first == 0
        (value,) = [
            Fraction(n, d)
            for d in (1, 2, 3)
            for n in range(1, 10)
            if gcd(n, d) == 1 and Fraction(n, d) ** (middle - low) == t
        ]
        count = q.first / value**low
        assert count.denominator == 1 and count * value**middle == q.second
        return {"n": count, "value": value, "sum": count + value}[q.ask]
