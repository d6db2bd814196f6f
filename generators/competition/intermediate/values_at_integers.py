"""`values-at-integers`: the next value of a polynomial that agrees with a fraction at integers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly, Whole
from generators.competition.template import Template


class ValuesAtIntegers(Template):
    """See the module's docstring."""

    level, answer = 5, Rationals()
    kin = ("test/intermediate_algebra/1197.json", "test/intermediate_algebra/117.json")
    numbers = Numbers(
        degree=(3, 4, 5),
        first=(1, 2, 3, 4),
        a=(0, 0, 1, 2, 3),
        b=range(-2, 8),
        c=range(-7, 10),
        step=(-1, 1, 2),
    )
    prints = {
        **dict.fromkeys(("size", "asked", *(f"n{i}" for i in range(6))), Whole()),
        "numerator": Poly(),
        "denominator": Poly(),
        "degree": Choice(
            {
                3: "$n=<n0>$, <n1>, <n2>, and <n3>",
                4: "$n=<n0>$, <n1>, <n2>, <n3>, and <n4>",
                5: r"$n=<n0>$, <n1>, <n2>, $\dots$, <n5>",
            }
        ),
    }
    texts = (
        "Let $p(x)$ be a polynomial of degree $<size>$ with "
        r"\[p(n)=\frac{<numerator>}{<denominator>}\] for <degree>. Find $p(<asked>)$.",
        r"If $p$ is a polynomial of degree <size> and $p(n)=\frac{<numerator>}{<denominator>}$ for "
        "<degree>, what is $p(<asked>)$?",
        "The values of a polynomial $f(x)$, whose degree is at most <size>, are "
        r"\[f(n)=\frac{<numerator>}{<denominator>}\] for <degree>. Compute $f(<asked>)$.",
        "For <degree>, a polynomial $q(x)$ has the same value at $x=n$ as the fraction "
        r"\[\frac{<numerator>}{<denominator>}.\] However, the polynomial and the fraction do not "
        "agree at any other place. The degree of $q(x)$ is <size>, and its coefficients are "
        "rational. Find the value of $q(<asked>)$. Express your answer as a common fraction if it "
        "is not an integer.",
        "Find $p(<asked>)$, where $p$ is the polynomial of degree $<size>$ such that "
        r"$p(n)=\frac{<numerator>}{<denominator>}$ for <degree>.",
        r"A polynomial $f(x)$ of degree $<size>$ has $f(n)=\frac{<numerator>}{<denominator>}$ for "
        "<degree>. Find $f(<asked>)$.",
        "Find $f(<asked>)$, if $f$ is a polynomial of degree $<size>$ and "
        r"\[f(n)=\frac{<numerator>}{<denominator>}\] for <degree>.",
        r"Let $q(n)=\frac{<numerator>}{<denominator>}$ for <degree>, where $q$ is a polynomial of "
        "degree $<size>$. Compute $q(<asked>)$.",
    )

    def nice(self, p: Parameters) -> Any:
        at = self._asked(p)
        return (
            p.first + p.b > 0
            and at + p.b != 0
            and p.c != p.a * p.b
            and (p.a or p.c > 0)
            and self.solve(p) != 0
        )

    def _asked(self, p: Parameters) -> int:
        return int(p.first - 1 if p.step < 0 else p.first + p.degree + p.step)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "degree": p.degree,
            "size": p.degree,
            "numerator": polynomial("n", p.a, p.c),
            "denominator": polynomial("n", 1, p.b),
            "asked": self._asked(p),
            **{f"n{i}": p.first + i for i in range(6)},
        }

    def same(self, p: Parameters) -> object:
        return (p.degree, p.first, p.a, p.b, p.c, p.step)

    def solve(self, p: Parameters) -> Any:
        # (x+b)p(x)-(ax+c) vanishes at the given places, and x=-b gives its leading coefficient.
        places = range(p.first, p.first + p.degree + 1)
        leading = Fraction(p.a * p.b - p.c, prod(-p.b - i for i in places))
        x = self._asked(p)
        return (leading * prod(x - i for i in places) + p.a * x + p.c) / (x + p.b)

    def check(self, q: Parameters) -> Any:
        places = range(q.n0, q.n0 + q.degree + 1)
        values = [q.numerator.at(n=i) / q.denominator.at(n=i) for i in places]
        total = Fraction(0)
        for i, value in zip(places, values, strict=True):
            total += value * prod(Fraction(q.asked - j, i - j) for j in places if j != i)
        return total
