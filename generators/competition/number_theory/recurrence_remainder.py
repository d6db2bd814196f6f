"""`recurrence-remainder`: the remainder of a far term of a Fibonacci-like sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

Matrix = tuple[int, int, int, int]


def times(x: Matrix, y: Matrix, m: int) -> Matrix:
    """The product of two matrices modulo m."""
    a, b, c, d = x
    e, f, g, h = y
    return ((a * e + b * g) % m, (a * f + b * h) % m, (c * e + d * g) % m, (c * f + d * h) % m)


class RecurrenceRemainder(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/number_theory/483.json", "test/intermediate_algebra/90.json")
    numbers = Numbers(
        rule=("sum", "double"),
        a=range(1, 10),
        b=range(1, 10),
        m=range(3, 14),
        n=range(30, 301),
    )
    prints = {
        "rule": Choice(
            sum="the sum of the two terms before it",
            double="the sum of twice the term before it and the term before that",
        ),
        "c": Whole(),
        "d": Whole(),
    }
    words = {"name": PEOPLE}
    texts = (
        r"A sequence begins $<a>, <b>, <c>, <d>, \ldots$, and each term after the second is <rule>. "
        r"What is the remainder when the <n:th> term is divided by <m>?",
        r"Each term of the sequence $<a>, <b>, <c>, <d>, \ldots$ from the third one on is <rule>. "
        "Determine the <n:th> term modulo <m>.",
        "Let $x_1=<a>$, $x_2=<b>$, $x_3=<c>$, $x_4=<d>$, and so on, where every term from $x_3$ on "
        "is <rule>. If the <n:th> term is divided by <m>, what is the remainder?",
        "The first four terms of a sequence are <a>, <b>, <c>, and <d>. From the third term on, "
        "each term is <rule>. Compute the remainder that the <n:th> term leaves when it is divided "
        "by <m>.",
        "<name> starts a list of integers. The first two terms of the list are <a> and <b>, and "
        "every new term is <rule>, so the third term is <c> and the fourth term is <d>. After a "
        "long time, <name> reaches the <n:th> term and divides it by <m>. What is the remainder?",
        r"Each term of $<a>, <b>, <c>, <d>, \ldots$ from the third on is <rule>. What is the <n:th> "
        "term modulo <m>?",
        r"In the sequence $<a>, <b>, <c>, <d>, \ldots$, each new term is <rule>. What remainder "
        "does the <n:th> term leave modulo <m>?",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        factor = 1 if p.rule == "sum" else 2
        c = factor * p.b + p.a
        return {**vars(p), "c": c, "d": factor * c + p.b}

    def solve(self, p: Parameters) -> Any:
        factor = 1 if p.rule == "sum" else 2
        pair = first = (p.a % p.m, p.b % p.m)
        period: list[int] = []
        while not period or pair != first:  # the step is invertible, so the first pair returns
            period.append(pair[0])
            pair = (pair[1], (factor * pair[1] + pair[0]) % p.m)
        return period[(p.n - 1) % len(period)]

    def check(self, q: Parameters) -> Any:
        power: Matrix = (1, 0, 0, 1)
        step: Matrix = (2 if q.rule == "double" else 1, 1, 1, 0)
        for bit in f"{q.n - 1:b}":
            power = times(power, power, q.m)
            power = times(power, step, q.m) if bit == "1" else power
        return (power[2] * q.b + power[3] * q.a) % q.m
