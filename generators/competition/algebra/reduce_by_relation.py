"""`reduce-by-relation`: the value of a cubic expression of a root of a quadratic equation."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from generators.competition.algebraic import Polynomial, polynomial, read_polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE

NONZERO = [value for value in range(-6, 7) if value]


class AnyLetter(Poly):
    """A polynomial in any one letter, which is read as x."""

    def read(self, text: str, words: Words) -> Polynomial:
        read = read_polynomial(text)
        letters = {letter for _, monomial in read.terms for letter in monomial[:1]}
        return read.renamed(dict.fromkeys(letters, "x"))


class ReduceByRelation(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/algebra/907.json", "test/algebra/246.json")
    numbers = Numbers(
        b=NONZERO, c=NONZERO, lead=(1, 2), square=range(-4, 5), constant=range(-12, 13)
    )
    prints = {"given": AnyLetter(), "wanted": AnyLetter()}
    words = {"x": ("x", "y", "t", "z", "n", "a", "r"), "name": PEOPLE}
    texts = (
        "If $<given>=0$, what is the value of $<wanted>$?",
        "Let $<x>$ be a real number such that $<given>=0$. Find the value of $<wanted>$.",
        "The expression $<wanted>$ has the same value for both solutions of the equation $<given>=0$ in "
        "$<x>$. What is this value?",
        "Suppose that $<x>$ satisfies $<given>=0$. Compute $<wanted>$.",
        "<name> has to evaluate $<wanted>$ for a number $<x>$ that is a solution of the equation "
        "$<given>=0$. The two solutions of the equation are irrational, but <name:1> finds out that "
        "the result is an integer, and that it does not depend on which of the two solutions is used. "
        "What is the result?",
        "What is the value of $<wanted>$ if $<x>$ is a root of $<given>$?",
        "Find $<wanted>$ if $<given>=0$.",
        "What is $<wanted>$ if $<given>=0$?",
        r"Given that \[<given>=0,\] what is the value of $<wanted>$?",
    )

    def nice(self, p: Parameters) -> Any:
        root = p.b**2 + 4 * p.c
        linear = p.lead * (p.b**2 + p.c) + p.square * p.b
        if root <= 0 or isqrt(root) ** 2 == root or not 0 < abs(linear) <= 40:
            return False
        return p.constant and 0 < abs(self.solve(p)) <= 60

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        linear = -p.lead * (p.b**2 + p.c) - p.square * p.b
        wanted = polynomial("x", p.lead, p.square, linear, p.constant)
        return {"given": polynomial("x", 1, -p.b, -p.c), "wanted": wanted}

    def solve(self, p: Parameters) -> Any:
        # x^2 = bx+c and x^3 = (b^2+c)x+bc; the terms in x cancel.
        return p.lead * p.b * p.c + p.square * p.c + p.constant

    def check(self, q: Parameters) -> Any:
        c, b, _ = map(int, q.given.coefficients("x"))
        root = b * b - 4 * c
        values = []
        for sign in (1, -1):
            # Horner's scheme in numbers u + v sqrt(root) at x = (-b + sign sqrt(root)) / 2.
            u, v, scale = 0, 0, 1
            for coefficient in reversed(q.wanted.coefficients("x")):
                scale *= 2
                u, v = -b * u + sign * root * v + int(coefficient) * scale, sign * u - b * v
            assert v == 0
            values.append(u // scale)
            assert u % scale == 0
        first, second = values
        assert first == second
        return first
