"""`simplify-root`: a sum or difference of multiples of two square roots as one square root."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import Surd
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class SimplifyRoot(Template):
    """See the module's docstring."""

    level, answer = 4, Radical()
    kin = ("test/prealgebra/1302.json",)
    numbers = Numbers(
        k=range(1, 10),
        i=range(2, 10),
        j=range(2, 10),
        d=(2, 3, 5, 6, 7, 10, 11, 13, 14, 15),
        s=("+", "-"),
    )
    prints = {"a": Whole(), "b": Whole(), "s": Name("+", "-")}
    words = {"name": PEOPLE}
    texts = (
        r"Simplify $<k:c>\sqrt{<a>}<s>\sqrt{<b>}$.",
        r"What is $<k:c>\sqrt{<a>}<s>\sqrt{<b>}$ in simplest radical form?",
        r"Write the expression $<k:c>\sqrt{<a>}<s>\sqrt{<b>}$ as a single square root that is "
        "multiplied by an integer. Give the answer in simplest radical form.",
        r"Express $<k:c>\sqrt{<a>}<s>\sqrt{<b>}$ in simplest radical form.",
        "At the end of a long calculation about the sides of a triangle, <name> is left with "
        r"$<k:c>\sqrt{<a>}<s>\sqrt{<b>}$. In the back of the book, the answer has only one square "
        "root in it, and the number under this root has no square factor except 1. Both of the "
        "answers are correct. What is the answer in the book?",
        r"The number $<k:c>\sqrt{<a>}<s>\sqrt{<b>}$ can be written as $m\sqrt{n}$, where $m$ is an "
        "integer and $n$ is a positive integer without square factors except 1. What is "
        r"$m\sqrt{n}$?",
        r"What is the value of $<k:c>\sqrt{<a>}<s>\sqrt{<b>}$ in simplest form?",
        r"Compute $<k:c>\sqrt{<a>}<s>\sqrt{<b>}$. Express your answer in simplest radical form.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"k": p.k, "s": p.s, "a": p.i**2 * p.d, "b": p.j**2 * p.d}

    def nice(self, p: Parameters) -> Any:
        return p.i != p.j and (p.s == "+" or p.k * p.i != p.j)

    def same(self, p: Parameters) -> object:
        if p.k == 1 and p.s == "+":
            return (1, "+", p.d, min(p.i, p.j), max(p.i, p.j))
        return (p.k, p.s, p.d, p.i, p.j)

    def solve(self, p: Parameters) -> Any:
        return Surd(Fraction(p.k * p.i + (p.j if p.s == "+" else -p.j)), p.d)

    def check(self, q: Parameters) -> Any:
        # The square of the value is an integer; take its largest square factor out.
        first, second = q.k**2 * q.a, q.b
        middle = isqrt(4 * first * second)
        if middle**2 != 4 * first * second:
            raise ValueError("expected roots of one kind")
        square = first + second + (middle if q.s == "+" else -middle)
        outside = max(m for m in range(1, isqrt(square) + 1) if square % (m * m) == 0)
        sign = 1 if q.s == "+" or first > second else -1
        return Surd(Fraction(sign * outside), square // outside**2)
