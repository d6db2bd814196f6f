"""`squeezed-quadratic`: a value of a quadratic between two quadratics that touch."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly, Whole
from generators.competition.template import Template


class SqueezedQuadratic(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/intermediate_algebra/2146.json", "test/intermediate_algebra/47.json")
    numbers = Numbers(
        h=(-3, -2, -1, 1, 2, 3),
        k=range(-6, 8),
        low_leading=(1, 2, 3),
        more=(1, 2, 3),
        quarters=range(1, 12),
        to_given=(-4, -3, -2, -1, 1, 2, 3, 4),
        to_asked=(-6, -5, -4, -3, -2, 2, 3, 4, 5, 6),
    )
    prints = {
        "low": Poly(),
        "high": Poly(),
        **dict.fromkeys(("given", "value", "asked"), Whole()),
    }
    texts = (
        r"Let $P(x)$ be a quadratic polynomial with \[<low>\le P(x)\le <high>\] for all real numbers "
        "$x$, and let $P(<given>)=<value>$. Find $P(<asked>)$.",
        r"If $P$ is a quadratic, $<low>\le P(x)\le <high>$ for every real $x$, and "
        "$P(<given>)=<value>$, what is $P(<asked>)$?",
        r"A quadratic function $f$ satisfies \[<low>\le f(x)\le <high>\] for all real $x$. Compute "
        "$f(<asked>)$, given that $f(<given>)=<value>$.",
        "A quadratic function $Q(x)$ has real coefficients, and its graph never goes below the graph "
        r"of \[y=<low>.\] It also never goes above the graph of \[y=<high>.\] The graph of $Q$ "
        "passes through the point $(<given>,<value>)$. There is only one function $Q$ that has all "
        "of these properties. Find the value of $Q(<asked>)$.",
        r"Suppose that $f(x)=ax^2+bx+c$, where $a$, $b$, and $c$ are real, and that \[<low>\le f(x) "
        r"\quad \text{and} \quad f(x)\le <high>\] hold for every real number $x$. If "
        "$f(<given>)=<value>$, then find $f(<asked>)$.",
        r"Let $f$ be a quadratic such that $<low>\le f(x)\le <high>$ for all real $x$. If "
        "$f(<given>)=<value>$, find $f(<asked>)$.",
        r"Find $Q(<asked>)$ if $Q$ is a quadratic, $Q(<given>)=<value>$, and \[<low>\le Q(x)\le "
        r"<high>\] for all real $x$.",
        r"Find $P(<asked>)$ if $P(<given>)=<value>$ for a quadratic $P$ such that $<low>\le P(x)\le "
        "<high>$ for all $x$.",
    )

    def nice(self, p: Parameters) -> Any:
        return (
            p.quarters < 4 * p.more
            and abs(p.to_given) != abs(p.to_asked)
            and p.quarters * p.to_given**2 % 4 == 0
            and p.quarters * p.to_asked**2 % 4 == 0
        )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        def touching(leading: int) -> Polynomial:
            return polynomial("x", leading, -2 * leading * p.h, leading * p.h**2 + p.k)

        return {
            "low": touching(p.low_leading),
            "high": touching(p.low_leading + p.more),
            "given": p.h + p.to_given,
            "value": p.k + (4 * p.low_leading + p.quarters) * p.to_given**2 // 4,
            "asked": p.h + p.to_asked,
        }

    def solve(self, p: Parameters) -> Any:
        return p.k + (p.low_leading + Fraction(p.quarters, 4)) * p.to_asked**2

    def check(self, q: Parameters) -> Any:
        (c, b, a), (f, e, d) = q.low.coefficients(), q.high.coefficients()
        assert (e - b) ** 2 == 4 * (d - a) * (f - c)  # their difference is a multiple of a square
        # A quadratic between them that touches both divides the gap in the same ratio everywhere.
        low, high = q.low.at(x=q.given), q.high.at(x=q.given)
        share = (q.value - low) / (high - low)
        assert 0 < share < 1
        return (1 - share) * q.low.at(x=q.asked) + share * q.high.at(x=q.asked)
