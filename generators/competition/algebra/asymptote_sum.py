"""`asymptote-sum`: a combination of the values in the equations of all asymptotes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template


class AsymptoteSum(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/algebra/305.json",
        "test/algebra/1425.json",
        "test/intermediate_algebra/515.json",
    )
    numbers = Numbers(
        lead=range(1, 10),
        linear=range(-9, 10),
        constant=range(-9, 10),
        poles=list(combinations(range(-9, 10), 2)),
        ask=("a+b+c", "ab+c"),
    )
    prints = {
        "above": Poly(),
        "below": Poly(),
        "ask": Choice({"a+b+c": "a+b+c", "ab+c": "ab+c"}),
    }
    texts = (
        "The lines $x=a$, $x=b$, and $y=c$ are all the asymptotes of the curve "
        r"$y=\frac{<above>}{<below>}$. What is $<ask>$?",
        r"The graph of $y=\frac{<above>}{<below>}$ has exactly three asymptotes, and their equations "
        "are $x=a$, $x=b$, and $y=c$. Find $<ask>$.",
        r"Let $f(x)=\frac{<above>}{<below>}$. If the graph of $f$ gets closer and closer to the lines "
        "$x=a$, $x=b$, and $y=c$, which are its only asymptotes, what is the value of $<ask>$?",
        r"When the function $f(x)=\frac{<above>}{<below>}$ is graphed, the picture shows two vertical "
        "dashed lines, which the graph never crosses, and one horizontal dashed line, which the graph "
        "approaches at the far left and at the far right. These lines are the asymptotes of $f$. The "
        "vertical ones are $x=a$ and $x=b$, and the horizontal one is $y=c$. What is $<ask>$?",
        r"If $x=a$, $x=b$ and $y=c$ are the asymptotes of $y=\frac{<above>}{<below>}$, compute "
        "$<ask>$.",
        r"The asymptotes of $y=\frac{<above>}{<below>}$ are $x=a$, $x=b$, and $y=c$. What is "
        "$<ask>$?",
        r"Find $<ask>$ if $y=\frac{<above>}{<below>}$ has the asymptotes $x=a$, $x=b$, $y=c$.",
        "Let $x=a$, $x=b$, and $y=c$ be the three asymptotes of the graph of "
        r"\[y=\frac{<above>}{<below>}.\] Compute $<ask>$.",
    )

    def nice(self, p: Parameters) -> Any:
        for pole in p.poles:
            if p.lead * pole**2 + p.linear * pole + p.constant == 0:
                return False
        low, high = p.poles
        return low * high and low + high and -40 <= self.solve(p) <= 40

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        low, high = p.poles
        above = polynomial("x", p.lead, p.linear, p.constant)
        return {"above": above, "below": polynomial("x", 1, -low - high, low * high), "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        low, high = p.poles
        return p.lead + (low + high if p.ask == "a+b+c" else low * high)

    def check(self, q: Parameters) -> Any:
        def value(x: Fraction) -> Any:
            return q.above.at(x=x) / q.below.at(x=x)

        # The function is large next to a pole, and close to the horizontal asymptote far out.
        step = Fraction(1, 10**6)
        poles = [x for x in range(-12, 13) if abs(value(x + step)) > 1000]
        level = round(value(Fraction(10**6)))
        assert abs(value(Fraction(-(10**6))) - level) < Fraction(1, 1000)
        low, high = poles
        return level + (low + high if q.ask == "a+b+c" else low * high)
