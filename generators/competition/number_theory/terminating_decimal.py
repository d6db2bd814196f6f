"""`terminating-decimal`: a fraction whose denominator divides a power of ten as a decimal."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Decimal
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template
from generators.competition.words import PEOPLE

DENOMINATORS = tuple(
    2**i * 5**j
    for i in range(8)
    for j in range(6)
    if i != j and max(i, j) >= 2 and 2**i * 5**j <= 3200
)


class TerminatingDecimal(Template):
    """See the module's docstring."""

    level, answer = 2, Decimal()
    kin = (
        "test/number_theory/410.json",
        "test/number_theory/255.json",
        "test/prealgebra/572.json",
        "test/prealgebra/2019.json",
        "test/number_theory/598.json",
    )
    numbers = Numbers(a=range(3, 700), d=DENOMINATORS)
    words = {"name": PEOPLE, "thing": ("string", "rope", "wire", "ribbon", "board")}
    texts = (
        r"Write $\frac{<a>}{<d>}$ as a terminating decimal.",
        r"What is $\frac{<a>}{<d>}$ written as a decimal?",
        r"If the fraction $\frac{<a>}{<d>}$ is written as a decimal, what is the result?",
        "Every fraction whose denominator divides a power of 10 is equal to a terminating decimal. "
        r"What is the terminating decimal that is equal to $\frac{<a>}{<d>}$?",
        r"A computer cuts a <thing> that is exactly $\frac{<a>}{<d>}$ meters long, but on its "
        r"screen all lengths appear as decimals. What length, in meters, does the screen show for "
        r"the <thing>? Write all of the digits of the decimal.",
        "<name> divides <a> by <d> with pencil and paper. After a few steps the remainder is 0, so "
        "<name:2> answer is a decimal with finitely many digits. What decimal does <name> get?",
        r"Express $\frac{<a>}{<d>}$ as a decimal.",
        r"What decimal is equal to $\frac{<a>}{<d>}$?",
        r"What is the decimal representation of $\frac{<a>}{<d>}$?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.a < 2 * p.d and gcd(p.a, p.d) == 1

    def solve(self, p: Parameters) -> Any:
        return Fraction(p.a, p.d)

    def check(self, q: Parameters) -> Any:
        whole, rest = divmod(q.a, q.d)
        text = f"{whole}."
        while rest:
            digit, rest = divmod(10 * rest, q.d)
            text += str(digit)
        return Fraction(text)
