"""`periodic-recurrence`: a sum of two far terms of a sequence whose recurrence has a short period."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SEEDS = {"six": 2, "four": 3, "ten": 4}


class PeriodicRecurrence(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/intermediate_algebra/90.json",
        "test/intermediate_algebra/1063.json",
        "test/intermediate_algebra/1508.json",
        "test/algebra/1184.json",
    )
    numbers = Numbers(
        a=range(1, 10),
        b=range(1, 10),
        c=range(1, 10),
        d=range(1, 10),
        i=range(20, 100),
        j=range(20, 100),
        rule=tuple(SEEDS),
    )
    prints = {
        "rule": Choice(
            six=r"$<s>_1=<a>$, $<s>_2=<b>$, and $<s>_n=<s>_{n-1}-<s>_{n-2}$ for $n\ge 3$",
            four=r"$<s>_1=<a>$, $<s>_2=<b>$, $<s>_3=<c>$, and $<s>_n=<s>_{n-1}-<s>_{n-2}+<s>_{n-3}$ for "
            r"$n\ge 4$",
            ten=r"$<s>_1=<a>$, $<s>_2=<b>$, $<s>_3=<c>$, $<s>_4=<d>$, and "
            r"$<s>_n=<s>_{n-1}-<s>_{n-2}+<s>_{n-3}-<s>_{n-4}$ for $n\ge 5$",
        )
    }
    words = {"s": ("a", "x", "t", "u", "b"), "name": PEOPLE}
    texts = (
        "A sequence has <rule>. Find $<s>_{<i>}+<s>_{<j>}$.",
        "If <rule>, then what is the value of $<s>_{<i>}+<s>_{<j>}$?",
        r"Let <rule>. Compute \[<s>_{<i>}+<s>_{<j>}.\]",
        r"The sequence $<s>_1$, $<s>_2$, $<s>_3$, $\dots$ is defined as follows: <rule>. Find the sum "
        "of the terms $<s>_{<i>}$ and $<s>_{<j>}$.",
        "<name> finds the beginning of a sequence of integers in an old notebook, together with a "
        "rule that gives all later terms. It says that <rule>. <name:1^> writes down some terms and "
        "soon notices that they repeat, so that <name:1> does not have to go on for dozens of "
        "lines. Find the sum $<s>_{<i>}+<s>_{<j>}$.",
        "Find $<s>_{<i>}+<s>_{<j>}$ if <rule>.",
        "If <rule>, find $<s>_{<i>}+<s>_{<j>}$.",
        r"Given that <rule>, find \[<s>_{<i>}+<s>_{<j>}.\]",
        r"Compute \[<s>_{<i>}+<s>_{<j>}\] if <rule>.",
    )

    def nice(self, p: Parameters) -> Any:
        return p.i < p.j

    def same(self, p: Parameters) -> object:
        return (p.rule, p.i, p.j, (p.a, p.b, p.c, p.d)[: SEEDS[p.rule]])

    orbit = 9**2

    def solve(self, p: Parameters) -> Any:
        a, b, c, d = p.a, p.b, p.c, p.d
        half = [a, b, c, d, d - c + b - a]
        terms = {
            "six": [a, b, b - a, -a, -b, a - b],
            "four": [a, b, c, a - b + c],
            "ten": [*half, *(-term for term in half)],
        }[p.rule]
        return sum(terms[(place - 1) % len(terms)] for place in (p.i, p.j))

    def check(self, q: Parameters) -> Any:
        terms = [q.a, q.b]
        if q.rule == "six":
            while len(terms) < q.j:
                terms.append(terms[-1] - terms[-2])
        elif q.rule == "four":
            terms.append(q.c)
            while len(terms) < q.j:
                terms.append(terms[-1] - terms[-2] + terms[-3])
        else:
            terms += [q.c, q.d]
            while len(terms) < q.j:
                terms.append(terms[-1] - terms[-2] + terms[-3] - terms[-4])
        return terms[q.i - 1] + terms[q.j - 1]
