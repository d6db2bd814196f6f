"""`quadratic-value`: a quadratic function at a number, or an operation at two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template
from generators.competition.words import FUNCTIONS, PEOPLE

NONZERO = [value for value in range(-11, 12) if value]


class QuadraticValue(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = (
        "test/algebra/849.json",
        "test/algebra/2789.json",
        "test/algebra/109.json",
        "test/algebra/2159.json",
    )
    numbers = Numbers(
        rule=("function", "operation"),
        a=range(1, 10),
        b=NONZERO,
        c=NONZERO,
        u=[u for u in range(-6, 8) if u not in (0, 1)],
        v=range(1, 10),
    )
    prints = {
        "rule": Choice(function="$<f>(<t>)=<square>$", operation="$a<op>b=<a:c>a<b:+c>b-ab<c:+>$"),
        "asked": Choice(function="$<f>(<u>)$", operation="$<u><op><v>$"),
        "square": Poly(),
    }
    words = {
        "f": FUNCTIONS,
        "t": ("x", "t", "n", "z"),
        "op": ("@", r"\#", r"\&", "*"),
        "name": PEOPLE,
    }
    texts = (
        "If <rule>, what is <asked>?",
        "Let <rule>. What is the value of <asked>?",
        "Find the value of <asked> if <rule>.",
        "Given that <rule>, compute <asked>.",
        "Suppose that <rule>, where each letter may stand for any real number. What is <asked> equal "
        "to?",
        "<name> has written a short program for a new key of a calculator. The program computes what "
        "the definition <rule> says, for whatever is typed in place of the letters. As a test, "
        "<name:1> works out the value of <asked> on paper, and then presses the key. The two results "
        "are the same. What does the calculator show?",
        "What is <asked> if <rule>?",
        "Compute <asked>, where <rule>.",
        "Evaluate <asked> if <rule>.",
    )

    def nice(self, p: Parameters) -> Any:
        return (p.rule == "function" or p.u > 0) and abs(self.solve(p)) <= 400

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "asked": p.rule, "square": polynomial("t", p.a, p.b, p.c)}

    def same(self, p: Parameters) -> object:
        return (p.rule, p.a, p.b, p.c, p.u, p.v if p.rule == "operation" else None)

    def solve(self, p: Parameters) -> Any:
        if p.rule == "operation":
            return p.a * p.u + p.b * p.v - p.u * p.v + p.c
        return (p.a * p.u + p.b) * p.u + p.c

    def check(self, q: Parameters) -> Any:
        if q.rule == "operation":
            # The value grows by b - u for every step of the second number from 0 on.
            return q.c + sum([q.a] * q.u) + sum([q.b - q.u] * q.v)
        return q.square.at(t=q.u)
