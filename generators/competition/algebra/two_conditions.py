"""`two-conditions`: the interval of the solutions of two linear inequalities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Interval, Span
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SLOPES = [*range(-9, -1), *range(2, 10)]


class Condition(NamedTuple):
    """A linear polynomial, a relation, and an integer."""

    left: Polynomial
    relation: str
    right: int


class Inequality(Poly):
    """A `Condition`: 7-4p < 2."""

    pattern = Poly.pattern + r"(?:<|>|\\le|\\ge)-?\d+"

    def print(self, value: Condition, words: Words) -> str:  # type: ignore[override]
        return f"{super().print(value.left, words)} {value.relation} {value.right}"

    def read(self, text: str, words: Words) -> Condition:  # type: ignore[override]
        left, relation, right = re.split(r"(<|>|\\le|\\ge)", text)
        return Condition(super().read(left, words), relation, int(right))


class TwoConditions(Template):
    """See the module's docstring."""

    level, answer = 5, Interval()
    kin = (
        "test/algebra/2486.json",
        "test/algebra/2043.json",
        "test/algebra/2700.json",
        "test/algebra/2517.json",
    )
    numbers = Numbers(
        slope1=SLOPES,
        constant1=range(-12, 13),
        right1=range(-12, 25),
        strict1=(True, False),
        slope2=SLOPES,
        constant2=range(-12, 13),
        right2=range(-12, 25),
        strict2=(True, False),
        swapped=(False, True),
    )
    prints = {"first": Inequality(), "second": Inequality()}
    words = {"p": ("p", "x", "y", "t", "n", "r", "z"), "name": PEOPLE}
    texts = (
        "Find all $<p>$ with $<first>$ and $<second>$. Write your answer in interval notation and "
        "reduce any fractions.",
        "Which real numbers $<p>$ satisfy both $<first>$ and $<second>$? Express your answer in "
        "interval notation.",
        "If $<p>$ is a real number such that $<first>$ and $<second>$, what are all possible values "
        "of $<p>$? Write them in interval notation, where every fraction is in lowest terms.",
        "The real number $<p>$ has two properties: $<first>$, and also $<second>$. Find the interval "
        "of all such $<p>$. Use common fractions.",
        "<name> and a friend think about the same real number $<p>$. The friend claims that "
        "$<first>$, and <name> adds that $<second>$. Both of these statements are true, and nothing "
        "else is known about $<p>$. What are the possible values of $<p>$? Give your answer in "
        "interval notation, and reduce any fractions in it.",
        "What is the intersection of the solution sets of the inequalities $<first>$ and $<second>$ "
        "in the real variable $<p>$? Write it in interval notation.",
        "What is the interval of all $<p>$ such that $<first>$ and $<second>$?",
        "Solve $<first>$ and $<second>$. Give the interval of all such $<p>$.",
        "In interval notation, find all $<p>$ such that both $<first>$ and $<second>$.",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        low, high = self.end(p, 1), self.end(p, 2)
        return low < high < low + 12 and low.denominator > 1 < high.denominator

    def end(self, p: Parameters, number: int) -> Fraction:
        """Where both sides of an inequality are equal."""
        if number == 1:
            return Fraction(p.right1 - p.constant1, p.slope1)
        return Fraction(p.right2 - p.constant2, p.slope2)

    def same(self, p: Parameters) -> object:
        values = self.printed_values(p)
        return frozenset((values["first"], values["second"]))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        # The first inequality bounds from below, the second from above.
        pair = []
        for slope, constant, right, strict, upper in (
            (p.slope1, p.constant1, p.right1, p.strict1, False),
            (p.slope2, p.constant2, p.right2, p.strict2, True),
        ):
            terms = [(slope, "p"), (constant, "")]
            left = Polynomial(terms if slope > 0 else reversed(terms))
            less = upper == (slope > 0)
            relation = ("<" if less else ">") if strict else (r"\le" if less else r"\ge")
            pair.append(Condition(left, relation, right))
        first, second = reversed(pair) if p.swapped else pair
        return {"first": first, "second": second}

    def solve(self, p: Parameters) -> Any:
        return Span(self.end(p, 1), self.end(p, 2), not p.strict1, not p.strict2)

    def check(self, q: Parameters) -> Any:
        conditions = (q.first, q.second)

        def holds(x: Fraction) -> bool:
            compare = {
                "<": lambda gap: gap < 0,
                ">": lambda gap: gap > 0,
                r"\le": lambda gap: gap <= 0,
                r"\ge": lambda gap: gap >= 0,
            }
            return all(compare[c.relation](c.left.at(p=x) - c.right) for c in conditions)

        # Zeros of left minus right by the secant through 0 and 1, then tests at and between them.
        zeros = []
        for condition in conditions:
            at_zero = condition.left.at(p=0) - condition.right
            at_one = condition.left.at(p=1) - condition.right
            zeros.append(at_zero / (at_zero - at_one))
        low, high = sorted(zeros)
        assert holds((low + high) / 2) and not holds(low - 1) and not holds(high + 1)
        return Span(low, high, holds(low), holds(high))
