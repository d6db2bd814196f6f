"""`domain-least`: the least number in the domain of the root of a difference of squares."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template
from generators.competition.words import FUNCTIONS

NONZERO = [value for value in range(-9, 10) if value]


class DomainLeast(Template):
    """See the module's docstring."""

    level, answer = 5, Rationals()
    kin = ("test/algebra/2023.json", "test/algebra/1031.json")
    numbers = Numbers(
        m=(1, 2, 3), a=NONZERO, b=NONZERO, c=[value for value in range(-20, 21) if value]
    )
    prints = {"first": Poly(), "second": Poly()}
    words = {"f": FUNCTIONS, "x": ("x", "t", "y", "z")}
    texts = (
        r"What is the least real number $<x>$ such that $\sqrt{(<first>)^2-(<second>)^2<c:+>}$ is "
        "real?",
        "Find the smallest number in the domain of the function "
        r"$<f>(<x>)=\sqrt{(<first>)^2-(<second>)^2<c:+>}$.",
        r"Let $<f>(<x>)=\sqrt{(<first>)^2-(<second>)^2<c:+>}$. If $<f>(<x>)$ has to be a real number, "
        "what is the smallest possible value of $<x>$? Express your answer as a common fraction.",
        r"The domain of the real-valued function $<f>(<x>)=\sqrt{(<first>)^2-(<second>)^2<c:+>}$ is "
        r"the set of all $<x>$ such that $<x>\ge m$. What is the value of $m$?",
        r"A plotting program draws the graph of $<f>(<x>)=\sqrt{(<first>)^2-(<second>)^2<c:+>}$. It "
        "leaves a gap wherever the expression under the square root is negative. The picture "
        "therefore begins at a leftmost point and continues to the right without any gap. What is the "
        "$<x>$-coordinate of the leftmost point? Express your answer as a common fraction.",
        r"What is the least $<x>$ in the domain of $\sqrt{(<first>)^2-(<second>)^2<c:+>}$?",
        r"Find the smallest real $<x>$ such that $\sqrt{(<first>)^2-(<second>)^2<c:+>}$ is real.",
        "What is the smallest value of $<x>$ in the domain of "
        r"\[<f>(<x>)=\sqrt{(<first>)^2-(<second>)^2<c:+>}?\]",
    )

    def nice(self, p: Parameters) -> Any:
        answer = self.solve(p) if p.a < p.b <= p.a + 10 else Fraction(1)
        return 1 < answer.denominator <= 12

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        first, second = polynomial("x", p.m, -p.a), polynomial("x", p.m, -p.b)
        return {"first": first, "second": second, "c": p.c}

    def solve(self, p: Parameters) -> Any:
        # The radicand is 2m(b-a)x + a^2 - b^2 + c.
        return Fraction(p.b**2 - p.a**2 - p.c, 2 * p.m * (p.b - p.a))

    def check(self, q: Parameters) -> Any:
        def inside(x: Fraction | int) -> Any:
            return q.first.at(x=x) ** 2 - q.second.at(x=x) ** 2 + q.c

        # The zero of the secant is the place where the sign changes.
        zero = -inside(0) / (inside(1) - inside(0))
        small = Fraction(1, 10**6)
        assert inside(zero) == 0 and inside(zero - small) < 0 < inside(zero + small)
        assert inside(zero - 50) < 0 < inside(zero + 50)
        return zero
