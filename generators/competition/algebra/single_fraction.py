"""`single-fraction`: a sum or difference of two linear fractions as one fraction."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Expression
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name
from generators.competition.template import Template
from generators.competition.words import PEOPLE

NONZERO = [value for value in range(-9, 10) if value]


def linear(constant: int, slope: int, order: str) -> Polynomial:
    """A linear polynomial that starts with its constant, or with its letter."""
    terms = [(constant, ""), (slope, "t")]
    return Polynomial(terms if order == "constant" else terms[::-1])


class SingleFraction(Template):
    """See the module's docstring."""

    level, answer = 2, Expression()
    kin = (
        "test/algebra/2735.json",
        "test/algebra/2680.json",
        "test/algebra/2080.json",
        "test/algebra/1547.json",
        "test/prealgebra/1298.json",
        "test/prealgebra/1924.json",
    )
    numbers = Numbers(
        a=NONZERO,
        b=NONZERO,
        c=NONZERO,
        d=NONZERO,
        m=range(2, 10),
        n=range(2, 10),
        sign=("+", "-"),
        order=("constant", "letter"),
    )
    prints = {
        "sign": Name("+", "-"),
        "order": Choice(
            constant=r"\frac{<a><b:+c><t>}{<m>}<sign>\frac{<c><d:+c><t>}{<n>}",
            letter=r"\frac{<b:c><t><a:+>}{<m>}<sign>\frac{<d:c><t><c:+>}{<n>}",
        ),
    }
    words = {"t": ("t", "a", "k", "w", "y", "x", "r"), "name": PEOPLE}
    fixed = ("sign",)
    orbit = 4
    texts = (
        r"Write $<order>$ as a single fraction in lowest terms.",
        r"Simplify $<order>$, and express your answer as a single "
        "fraction in $<t>$ in lowest terms.",
        "Express $<order>$ as one fraction whose denominator is the smallest positive integer possible "
        "and whose numerator is of the form $p<t>+q$ for integers $p$ and $q$.",
        r"If the expression \[<order>\] is written as a single "
        "fraction in simplest form, what is this fraction in terms of $<t>$?",
        "For a homework problem, <name> has to combine two fractions that contain the same variable "
        r"$<t>$. The problem says: Write \[<order>\] as a single "
        "fraction. The numerator and the denominator of the result must not contain any fractions, and "
        "there must be no common factor left that could be cancelled. What is the right answer?",
        "Simplify $<order>$.",
        "What is $<order>$ as a single fraction in lowest terms?",
        "Combine $<order>$ into one fraction in lowest terms.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.m == p.n or gcd(p.a, p.b, p.m) > 1 or gcd(p.c, p.d, p.n) > 1:
            return False
        constant, slope = self.collected(p)
        below = lcm(p.m, p.n)
        return below <= 40 and constant and slope and gcd(constant, slope, below) == 1

    def collected(self, p: Parameters) -> tuple[int, int]:
        """Constant and slope of the numerator over the least common multiple."""
        below = lcm(p.m, p.n)
        left, right = below // p.m, below // p.n if p.sign == "+" else -below // p.n
        return left * p.a + right * p.c, left * p.b + right * p.d

    def same(self, p: Parameters) -> object:
        parts = ((p.a, p.b, p.m), (p.c, p.d, p.n))
        return (p.sign, frozenset(parts) if p.sign == "+" else parts)

    def solve(self, p: Parameters) -> Any:
        constant, slope = self.collected(p)
        return linear(constant, slope, p.order), lcm(p.m, p.n)

    def check(self, q: Parameters) -> Any:
        def value(t: int) -> Fraction:
            second = Fraction(q.c + q.d * t, q.n)
            return Fraction(q.a + q.b * t, q.m) + (second if q.sign == "+" else -second)

        constant, slope = value(0), value(1) - value(0)
        assert value(7) == constant + 7 * slope
        below = next(
            n for n in range(1, 100) if (constant * n).denominator == 1 == (slope * n).denominator
        )
        terms = [(constant * below, ""), (slope * below, "t")]
        return Polynomial(
            sorted(terms, key=lambda term: term[1], reverse=q.order == "letter")
        ), below
