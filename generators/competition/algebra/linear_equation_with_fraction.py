"""`linear-equation-with-fraction`: the solution of a linear equation with a fraction."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE, UNKNOWNS

PAIRS = [(a, b) for a in range(2, 10) for b in range(2, 10) if gcd(a, b) == 1]
SHIFTS = [value for value in range(-12, 13) if value]


class LinearEquationWithFraction(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = ("test/algebra/988.json", "test/algebra/251.json", "test/algebra/2391.json")
    numbers = Numbers(
        pair=PAIRS, times=range(1, 10), d=SHIFTS, form=("below", "above", "factor", "outside")
    )
    prints = {
        "form": Choice(
            below=r"\frac{<a>}{<b>}=\frac{<c>}{<x><d:+>}",
            above=r"\frac{<x><d:+>}{<c>}=\frac{<a>}{<b>}",
            factor=r"\frac{<a>}{<b>}(<x><d:+>)=<c>",
            outside=r"\frac{<a><x>}{<b>}<d:+>=<c>",
        ),
        **dict.fromkeys("abc", Whole()),
    }
    words = {"x": UNKNOWNS, "name": PEOPLE}
    texts = (
        "If $<form>$, what is the value of $<x>$?",
        "Solve for $<x>$: $<form>$.",
        r"Find the value of $<x>$ that satisfies the equation \[<form>.\]",
        "What is the solution $<x>$ of the equation $<form>$?",
        "<name> multiplies both sides of the equation $<form>$ by a suitable expression, so that no "
        "fraction is left, and then solves the equation that <name:1> gets. At the end <name:1> checks "
        "that both sides are really equal. What is the correct value of $<x>$?",
        "What must $<x>$ be, if $<form>$?",
        "Find $<x>$ if $<form>$.",
        "What is $<x>$ if $<form>$?",
        r"What value of $<x>$ satisfies \[<form>?\]",
    )

    def constant(self, p: Parameters) -> int:
        """The third number of the equation."""
        a, b = p.pair
        if p.form == "outside":
            return int(a * p.times + p.d)
        return int((b if p.form == "above" else a) * p.times)

    def nice(self, p: Parameters) -> Any:
        c = self.constant(p)
        return c and abs(c) <= 60 and self.solve(p)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, b = p.pair
        return {"form": p.form, "a": a, "b": b, "c": self.constant(p), "d": p.d}

    def solve(self, p: Parameters) -> Any:
        a, b = p.pair
        if p.form == "outside":
            return b * p.times
        return (a if p.form == "above" else b) * p.times - p.d

    def check(self, q: Parameters) -> Any:
        def holds(x: int) -> bool:
            if q.form == "below":
                return x != -q.d and Fraction(q.c, x + q.d) == Fraction(q.a, q.b)
            if q.form == "above":
                return Fraction(x + q.d, q.c) == Fraction(q.a, q.b)
            if q.form == "factor":
                return bool(Fraction(q.a, q.b) * (x + q.d) == q.c)
            return bool(Fraction(q.a * x, q.b) + q.d == q.c)

        (x,) = filter(holds, range(-100, 101))
        return x
