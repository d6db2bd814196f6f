"""`complete-square-decimal`: the constants of a completed square, where coefficients are decimals."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Decimal
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, DecimalNumber, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class SignedDecimal(DecimalNumber):
    """A decimal with its sign, as a later term of a sum: +2.6, -3."""

    number = False
    pattern = r"[+-]\d+(?:\.\d+)?"

    def print(self, value: Fraction | int, words: Words) -> str:
        return ("" if value < 0 else "+") + super().print(value, words)


class CompleteSquareDecimal(Template):
    """See the module's docstring."""

    level, answer = 4, Decimal()
    kin = ("test/algebra/621.json",)
    numbers = Numbers(
        linear=[fifths for fifths in range(-49, 50) if fifths % 5],
        constant=[tenths for tenths in range(-99, 100) if tenths % 10],
        ask=("b+c", "c", "c-b"),
    )
    prints = {
        "p": SignedDecimal(),
        "q": SignedDecimal(),
        "ask": Choice({"b+c": "b+c", "c": "c", "c-b": "c-b"}),
    }
    words = {"x": ("x", "y", "t", "z"), "name": PEOPLE}
    texts = (
        "The quadratic $<x>^2<p><x><q>$ is equal to $(<x>+b)^2+c$ for some constants $b$ and $c$. "
        "What is $<ask>$ (as a decimal)?",
        "If $<x>^2<p><x><q>=(<x>+b)^2+c$ for all real $<x>$, what is the value of $<ask>$?",
        "Complete the square to write $<x>^2<p><x><q>$ in the form $(<x>+b)^2+c$. What is $<ask>$? "
        "Express your answer as a decimal.",
        "Suppose that $(<x>+b)^2+c$ has the same value as $<x>^2<p><x><q>$ for every $<x>$, where $b$ "
        "and $c$ are constants. Find $<ask>$ as a decimal.",
        "<name> wants to find the least value of the expression $<x>^2<p><x><q>$. To do so, <name:1> "
        "rewrites the expression as $(<x>+b)^2+c$, where $b$ and $c$ are constants, and sees that it "
        "is least when the square is zero. Both constants are decimals. What is $<ask>$? Do not round "
        "your answer.",
        "If $<x>^2<p><x><q>$ is written as $(<x>+b)^2+c$, what is $<ask>$?",
        "Find $<ask>$ if $<x>^2<p><x><q>=(<x>+b)^2+c$ for all $<x>$.",
        r"Let $b$ and $c$ be the constants such that \[<x>^2<p><x><q>=(<x>+b)^2+c\] for all $<x>$. "
        "What is $<ask>$?",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"p": Fraction(p.linear, 5), "q": Fraction(p.constant, 10), "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        b = Fraction(p.linear, 10)
        c = Fraction(p.constant, 10) - b**2
        return {"b+c": b + c, "c": c, "c-b": c - b}[p.ask]

    def check(self, q: Parameters) -> Any:
        # The axis of symmetry: the tenth b with equal values one to the left and right of -b.
        linear, constant = int(10 * q.p), int(10 * q.q)

        def hundredfold(tenths: int) -> int:
            return tenths * tenths + linear * tenths + 10 * constant

        (b,) = (b for b in range(-60, 61) if hundredfold(-b - 10) == hundredfold(-b + 10))
        c = hundredfold(-b)
        return Fraction(c + {"b+c": 10 * b, "c": 0, "c-b": -10 * b}[q.ask], 100)
