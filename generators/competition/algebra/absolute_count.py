"""`absolute-count`: how many integers satisfy an inequality of an absolute value."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, DecimalNumber, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class AbsoluteCount(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/algebra/170.json",
        "test/algebra/224.json",
        "test/algebra/2023.json",
        "test/algebra/425.json",
    )
    numbers = Numbers(
        a=range(1, 6),
        b=[b for b in range(-12, 13) if b],
        tenths=range(11, 200),
        kind=("all", "positive"),
        rel=("<=", "<"),
    )
    prints = {
        "kind": Choice(all="integers", positive="positive integers"),
        "rel": Choice({"<=": r"\le ", "<": " < "}),
        "left": Poly(),
        "c": DecimalNumber(),
    }
    words = {"n": ("n", "x", "k", "m", "t", "y"), "name": PEOPLE}
    texts = (
        "How many <kind> $<n>$ have $|<left>|<rel><c>$?",
        "How many <kind> $<n>$ satisfy the inequality $|<left>|<rel><c>$?",
        "If $<n>$ can be any of the <kind> such that $|<left>|<rel><c>$, what is the total count of "
        "possible values of $<n>$?",
        "Let $S$ be the set of all <kind> $<n>$ such that $|<left>|<rel><c>$. How many elements are in "
        "$S$?",
        "What is the count of <kind> $<n>$ that satisfy $|<left>|<rel><c>$?",
        "<name> writes down every solution of the inequality $|<left>|<rel><c>$ among the <kind> "
        "$<n>$, each of them once. Then <name:1> counts what is on the page. How many solutions has "
        "<name> written down, if nothing was forgotten?",
        "Determine the number of <kind> $<n>$ that are solutions of $|<left>|<rel><c>$.",
        r"How many <kind> $<n>$ are solutions of \[|<left>|<rel><c>?\]",
    )

    def nice(self, p: Parameters) -> Any:
        return 2 <= self.solve(p) <= 40

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        left = polynomial("n", p.a, p.b)
        return {"left": left, "c": Fraction(p.tenths, 10), "kind": p.kind, "rel": p.rel}

    def solve(self, p: Parameters) -> Any:
        low, high = (
            Fraction(-p.tenths - 10 * p.b, 10 * p.a),
            Fraction(p.tenths - 10 * p.b, 10 * p.a),
        )
        first, last = ceil(low), floor(high)
        if p.rel == "<":
            first, last = first + (first == low), last - (last == high)
        return max(last - (max(first, 1) if p.kind == "positive" else first) + 1, 0)

    def check(self, q: Parameters) -> Any:
        constant, slope = map(int, q.left.coefficients("n"))
        found = 0
        for n in range(1 if q.kind == "positive" else -100, 101):
            distance = 10 * abs(slope * n + constant)
            found += distance < 10 * q.c or (q.rel == "<=" and distance == 10 * q.c)
        return found
