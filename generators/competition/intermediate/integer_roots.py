"""`integer-roots`: all integer roots of a polynomial of degree four."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import NumberSet
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template


class IntegerRoots(Template):
    """See the module's docstring."""

    level, answer = 1, NumberSet()
    kin = (
        "test/intermediate_algebra/1102.json",
        "test/intermediate_algebra/428.json",
        "test/algebra/858.json",
    )
    numbers = Numbers(p=range(-7, 8), q=range(-7, 8), b=range(-5, 6), c=range(1, 10))
    prints = {"f": Poly()}
    texts = (
        r"Find all integer roots of \[<f>=0.\] Enter them separated by commas.",
        "What are the integer solutions of $<f>=0$? Enter all of them, separated by commas.",
        r"Two of the roots of the equation \[<f>=0\] are integers. Find these two integers, and enter "
        "them separated by a comma.",
        "Let $f(x)=<f>$. Find all integers $n$ such that $f(n)=0$. Separate your answers with commas.",
        r"The polynomial \[f(x)=<f>\] has integer coefficients and degree 4. Some of its four complex "
        "roots are not real. All of its other roots are integers, and they can be found among the "
        "divisors of the constant term. Enter all of the integer roots of $f(x)$, separated by commas.",
        r"For some integers $x$, the value of \[<f>\] is equal to 0. Compute all of these integers, and "
        "enter them as a list separated by commas.",
        "Find all integers $x$ such that $<f>=0$, separated by commas.",
        "Find the integer roots of $<f>$, separated by commas.",
        r"Let \[f(x)=<f>.\] Find all integer roots of $f(x)$, separated by commas.",
    )

    def nice(self, p: Parameters) -> Any:
        lower = p.p < p.q and p.p * p.q and p.b * p.b < 4 * p.c
        return lower and max(map(abs, self.expanded(p))) <= 100

    def expanded(self, p: Parameters) -> tuple[int, ...]:
        """The coefficients, highest power first."""
        s, t = -(p.p + p.q), p.p * p.q
        return (1, p.b + s, p.c + p.b * s + t, p.c * s + p.b * t, p.c * t)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"f": polynomial("x", *self.expanded(p))}

    def solve(self, p: Parameters) -> Any:
        return [p.p, p.q]

    def check(self, q: Parameters) -> Any:
        coefficients = [int(c) for c in q.f.coefficients()]
        return [
            n for n in range(-250, 251) if not sum(c * n**i for i, c in enumerate(coefficients))
        ]
