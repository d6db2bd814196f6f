"""`rational-abs-inequality`: the solution of an inequality |quadratic|/quadratic < 0."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Interval, Span
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name, Poly
from generators.competition.template import Template

_PAIRS = tuple(combinations(range(-6, 7), 2))


class RationalAbsInequality(Template):
    """See the module's docstring."""

    level, answer = 4, Interval()
    kin = ("test/intermediate_algebra/1992.json",)
    numbers = Numbers(above=_PAIRS, below=_PAIRS, relation=("<", ">", r"\le", r"\ge"))
    prints = {
        "numerator": Poly(),
        "denominator": Poly(),
        "relation": Name("<", ">", r"\le", r"\ge"),
    }
    fixed = ("relation",)
    texts = (
        r"Find all real numbers $x$ that satisfy \[\frac{|<numerator>|}{<denominator>} <relation> "
        r"0.\] Enter your answer in interval notation.",
        r"Solve the inequality $\frac{|<numerator>|}{<denominator>} <relation> 0$, and express the "
        "answer in interval notation.",
        r"Let $S$ be the set of real $x$ such that \[\frac{|<numerator>|}{<denominator>} <relation> "
        r"0.\] Write $S$ as an interval or as a union of intervals.",
        r"For some real numbers $x$, the fraction \[\frac{|<numerator>|}{<denominator>}\] is not "
        "defined. For the other real numbers, it is defined and has a value, although the numerator "
        "may be 0. Let $f(x)$ be this value. Find the set of all $x$ for which $f(x)$ is defined "
        "and $f(x) <relation> 0$. Use interval notation, and take care to leave out every number "
        "that is not a solution.",
        r"For what values of $x$ is it true that \[\frac{|<numerator>|}{<denominator>} <relation> "
        r"0?\] Enter your answer in interval notation.",
        r"Find the set of all real $x$ such that $\frac{|<numerator>|}{<denominator>} <relation> 0$.",
        r"Solve \[\frac{|<numerator>|}{<denominator>} <relation> 0.\] Give your answer in interval "
        "notation.",
        r"Solve $\frac{|<numerator>|}{<denominator>} <relation> 0$, using interval notation.",
    )

    def nice(self, p: Parameters) -> Any:
        # Roots of the numerator lie where the others do, so that no solution stands alone.
        (low, high), inner = p.below, p.relation in ("<", r"\le")
        inside = [low <= root <= high if inner else not low < root < high for root in p.above]
        return all(inside) if p.relation in (r"\le", r"\ge") else any(inside)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "numerator": polynomial("x", 1, -sum(p.above), p.above[0] * p.above[1]),
            "denominator": polynomial("x", 1, -sum(p.below), p.below[0] * p.below[1]),
            "relation": p.relation,
        }

    def solve(self, p: Parameters) -> Any:
        (low, high), strict = p.below, p.relation in ("<", ">")
        spans = [(low, high)] if p.relation in ("<", r"\le") else [(None, low), (high, None)]
        for root in p.above if strict else ():
            spans = [
                part
                for a, b in spans
                for part in (
                    ((a, root), (root, b))
                    if (a is None or a < root) and (b is None or root < b)
                    else ((a, b),)
                )
            ]
        return [Span(a, b) for a, b in spans]

    def check(self, q: Parameters) -> Any:
        def true(x: Fraction | int) -> bool:
            above, below = abs(q.numerator.at(x=x)), q.denominator.at(x=x)
            if below == 0:
                return False
            value = above / below
            signs = {"<": value < 0, ">": value > 0, r"\le": value <= 0, r"\ge": value >= 0}
            return bool(signs[q.relation])

        zeros = [x for x in range(-9, 10) if not q.numerator.at(x=x) or not q.denominator.at(x=x)]
        edges = [-99, *zeros, 99]
        spans: list[Span] = []
        for a, b in pairwise(edges):
            if true(Fraction(a + b, 2)):
                if spans and spans[-1].high == a and true(a):
                    spans[-1] = spans[-1]._replace(high=b)
                else:
                    spans.append(Span(a, b))
            else:
                assert not true(a)  # no solution stands alone
        return [Span(None if a == -99 else a, None if b == 99 else b) for a, b, *_ in spans]
