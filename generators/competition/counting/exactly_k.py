"""`exactly-k`: the probability of so many successes in independent trials."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name, Number
from generators.competition.template import Template

CHANCES = [
    Fraction(a, b) for b in range(2, 7) for a in range(1, b) if Fraction(a, b).denominator == b
]


class ExactlyK(Template):
    """See the module's docstring."""

    level, answer = 4, Rationals()
    kin = (
        "test/counting_and_probability/377.json",
        "test/counting_and_probability/10.json",
        "test/counting_and_probability/14.json",
    )
    numbers = Numbers(
        also=("two",),
        mode=("exactly", "at least", "at most"),
        n=range(2, 7),
        p=CHANCES,
        m=range(2, 6),
        q=CHANCES,
        k=range(2, 8),
    )
    prints = {
        # The problem with one kind of trials has fewer than 2^12 members. It is read and not drawn.
        "also": Choice(
            one="independently of the others. <ask> <mode> <k:word> of them <thing:2><ask:1>",
            two="and each of <m:word> others with probability $<q>$, all independently. <ask> <mode> "
            "<k:word> in all <thing:2><ask:1>",
        ),
        "mode": Name("exactly", "at least", "at most"),
        "p": Number(),
        "q": Number(),
    }
    words = {
        "thing": (
            ("seeds", "sprouts", "sprout"),
            ("eggs", "hatches", "hatch"),
            ("old lamps", "still works", "still work"),
            ("arrows", "hits the target", "hit the target"),
            ("letters", "arrives on Monday", "arrive on Monday"),
        ),
        "ask": (
            ("What is the probability that", "?"),
            ("Find the probability that", "."),
            ("Compute the probability that", "."),
        ),
    }
    texts = (
        "Each of <n:word> <thing> <thing:1> with probability $<p>$, <also>",
        "Consider some <thing>. Each of <n:word> of them <thing:1> with probability $<p>$, <also>",
        "It is known that each of <n:word> <thing> <thing:1> with probability $<p>$, <also>",
        "Suppose that each of <n:word> <thing> <thing:1> with probability $<p>$, <also> Express your "
        "answer as a common fraction.",
        "There are two kinds of <thing>, which look alike but do not behave alike. It is known "
        "from many trials that each of <n:word> <thing> of the one kind <thing:1> with probability "
        "$<p>$, <also> Write your answer as a fraction in lowest terms.",
    )
    fixed = ("mode",)
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        if p.p == p.q or p.k >= p.n + p.m:
            return False
        return p.p.denominator**p.n * p.q.denominator**p.m <= 20_000

    def same(self, p: Parameters) -> object:
        return (p.mode, p.k, frozenset(((p.n, p.p), (p.m, p.q))))

    def solve(self, p: Parameters) -> Any:
        total = p.n + p.m
        counts = {
            "exactly": range(p.k, p.k + 1),
            "at least": range(p.k, total + 1),
            "at most": range(p.k + 1),
        }[p.mode]
        a, b, c, d = p.p.numerator, p.p.denominator, p.q.numerator, p.q.denominator
        ways = 0
        for count in counts:
            for i in range(max(0, count - p.m), min(p.n, count) + 1):
                j = count - i
                first = comb(p.n, i) * a**i * (b - a) ** (p.n - i)
                ways += first * comb(p.m, j) * c**j * (d - c) ** (p.m - j)
        return Fraction(ways, b**p.n * d**p.m)

    def check(self, q: Parameters) -> Any:
        chances = [q.p] * q.n + ([q.q] * q.m if q.also == "two" else [])
        successes = [Fraction(1)]
        for chance in chances:
            stay, rise = [*successes, Fraction(0)], [Fraction(0), *successes]
            successes = [s * (1 - chance) + r * chance for s, r in zip(stay, rise, strict=True)]
        if q.mode == "exactly":
            return successes[q.k]
        return sum(successes[q.k :] if q.mode == "at least" else successes[: q.k + 1])
