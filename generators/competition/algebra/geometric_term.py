"""`geometric-term`: a far term of a geometric sequence that is given by its first terms."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Number
from generators.competition.template import Template

RATIOS = [(a, b) for a in range(1, 8) for b in range(2, 8) if gcd(a, b) == 1 and a != b]


class GeometricTerm(Template):
    """See the module's docstring."""

    level, answer = 4, Rationals()
    kin = ("test/algebra/1072.json", "test/algebra/2430.json", "test/algebra/791.json")
    numbers = Numbers(ratio=RATIOS, c=range(1, 31), up=range(7), down=range(4), n=range(5, 10))
    prints = dict.fromkeys(("first", "second", "third", "fourth"), Number())
    texts = (
        r"The geometric sequence $<first>, <second>, <third>, <fourth>, \ldots$ goes on forever. What "
        "is its <n:th> term? Express your answer as a common fraction.",
        r"What is the <n:th> term of the geometric sequence $<first>,<second>,<third>,<fourth>,\ldots$? "
        "Express your answer as a common fraction.",
        r"If $<first>,<second>,<third>,<fourth>,\ldots$ is a geometric sequence, find its <n:th> term.",
        r"Let $a_1,a_2,a_3,\ldots$ be the geometric sequence that begins $<first>,<second>,<third>,"
        r"<fourth>$. If every term is written as a common fraction in lowest terms, what is the value "
        "of the <n:th> term?",
        "A researcher measures the mass of a crystal once a day, always at noon. The first four "
        "results, in grams, are $<first>, <second>, <third>, <fourth>$, in this order. Each result "
        "after the first is the one of the day before times the same constant. If this goes on, what "
        "is the <n:th> result, in grams? Express your answer as a common fraction.",
        r"In the sequence $<first>, <second>, <third>, <fourth>, \ldots$, the ratio of each term to the "
        "term just before it is always the same. What is the <n:th> term? Express your answer as a "
        "common fraction.",
        "What is the <n:th> term of the geometric sequence $<first>, <second>, <third>, <fourth>, "
        r"\ldots$?",
        r"Find the <n:th> term of the geometric sequence \[<first>, <second>, <third>, <fourth>, "
        r"\ldots.\]",
    )

    def nice(self, p: Parameters) -> Any:
        a, b = p.ratio
        if gcd(p.c, a * b) > 1 or (a == 1 and p.down):
            return False
        start = Fraction(p.c * b**p.up, a**p.down)
        ends = start, start * Fraction(a**3, b**3), self.solve(p)
        return ends[2].denominator > 1 and all(
            max(end.numerator, end.denominator) <= 5000 for end in ends
        )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, b = p.ratio
        first = Fraction(p.c * b**p.up, a**p.down)
        second, third, fourth = (first * Fraction(a**i, b**i) for i in (1, 2, 3))
        return {"first": first, "second": second, "third": third, "fourth": fourth, "n": p.n}

    def solve(self, p: Parameters) -> Any:
        a, b = p.ratio
        return Fraction(p.c * b**p.up * a ** (p.n - 1), a**p.down * b ** (p.n - 1))

    def check(self, q: Parameters) -> Any:
        ratio = q.second / q.first
        assert q.second * ratio == q.third and q.third * ratio == q.fourth
        term = q.fourth
        for _ in range(4, q.n):
            term *= ratio
        return term
