"""`interval-of-reciprocal`: the solution of an inequality k/(ax+b) > 0."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Interval, Span
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name, Poly
from generators.competition.template import Template


class IntervalOfReciprocal(Template):
    """See the module's docstring."""

    level, answer = 1, Interval()
    kin = ("test/intermediate_algebra/1714.json",)
    numbers = Numbers(
        k=range(1, 10),
        a=(-4, -3, -2, -1, 1, 1, 2, 3, 4, 5),
        b=tuple(b for b in range(-12, 13) if b),
        sign=("", "-"),
        relation=("<", ">", r"\le", r"\ge"),
    )
    prints = {
        "below": Poly(),
        "sign": Name("", "-"),
        "relation": Name("<", ">", r"\le", r"\ge"),
    }
    fixed = ("relation",)
    texts = (
        r"Find all $x$ such that \[<sign>\frac{<k>}{<below>} <relation> 0.\] Enter your answer in "
        "interval notation.",
        r"Solve $<sign>\frac{<k>}{<below>} <relation> 0$ for $x$, using interval notation for the "
        "answer.",
        r"For which real $x$ do we have $<sign>\frac{<k>}{<below>} <relation> 0$? Write the solution "
        "as an interval.",
        r"The fraction in the inequality \[<sign>\frac{<k>}{<below>} <relation> 0\] is undefined for "
        "exactly one real number. On one side of this number on the number line, the inequality is "
        "true, and on the other side it is false. Find the interval of all real solutions $x$.",
        r"What is the solution set of \[<sign>\frac{<k>}{<below>} <relation> 0?\] Express the set as "
        "an interval.",
        r"Find the interval of all $x$ such that $<sign>\frac{<k>}{<below>} <relation> 0$.",
        r"Solve \[<sign>\frac{<k>}{<below>} <relation> 0.\] Enter your answer as an interval.",
        r"If $<sign>\frac{<k>}{<below>} <relation> 0$, find the interval of all possible values of "
        "$x$.",
    )

    def nice(self, p: Parameters) -> Any:
        return p.a > 0 or (p.b > 0 and not p.sign)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        terms = [(p.a, "x"), (p.b, "")]
        return {**vars(p), "below": Polynomial(terms if p.a > 0 else terms[::-1])}

    def solve(self, p: Parameters) -> Any:
        place = Fraction(-p.b, p.a)
        rising = (p.a > 0) == (p.sign == "")
        right = rising == (p.relation in (">", r"\ge"))
        return Span(place, None) if right else Span(None, place)

    def check(self, q: Parameters) -> Any:
        start, step = q.below.at(x=0), q.below.at(x=1) - q.below.at(x=0)
        edge = next(
            Fraction(n, d) for d in range(1, 6) for n in range(-60, 61) if start * d + step * n == 0
        )

        def true(x: Fraction) -> bool:
            value = q.k / q.below.at(x=x) * (-1 if q.sign else 1)
            signs = {"<": value < 0, ">": value > 0, r"\le": value <= 0, r"\ge": value >= 0}
            return bool(signs[q.relation])

        after = true(edge + 1)
        assert after != true(edge - 1) and after == true(edge + 99)
        return Span(edge, None) if after else Span(None, edge)
