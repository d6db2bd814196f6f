"""`cubes-of-roots`: the multiple in x^3 (or x^2) of a given cubic."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Point
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template


class CubesOfRoots(Template):
    """See the module's docstring."""

    level, answer = 5, Point()
    kin = (
        "test/intermediate_algebra/956.json",
        "test/intermediate_algebra/1410.json",
        "test/intermediate_algebra/1247.json",
    )
    numbers = Numbers(
        e1=range(-7, 8),
        e2=range(-8, 9),
        e3=tuple(e for e in range(-8, 9) if e),
        power=(3, 2),
    )
    prints = {
        "cubic": Poly(),
        "power": Choice({3: "x^9+px^6+qx^3+r", 2: "x^6+px^4+qx^2+r"}),
    }
    texts = (
        "The polynomial $<cubic>$ divides $<power>$. Enter the ordered triple $(p,q,r)$.",
        r"If \[<power>\] is divisible by $<cubic>$, find the ordered triple $(p,q,r)$.",
        "What is the ordered triple $(p,q,r)$, if division of $<power>$ by $<cubic>$ leaves no "
        "remainder?",
        r"Each of the three complex roots of the equation \[<cubic>=0\] is also a root of the "
        r"polynomial \[<power>.\] In this polynomial, $p$, $q$, and $r$ stand for three integers, "
        "which are the only ones that make this true. Compute them, and enter your answer as an "
        "ordered triple $(p,q,r)$.",
        r"For some constants $p$, $q$, and $r$, we have \[<power>=(<cubic>)f(x),\] where $f(x)$ is "
        "also a polynomial. Find $(p,q,r)$.",
        "Find $(p,q,r)$ if $<cubic>$ divides $<power>$.",
        r"The polynomial \[<power>\] is a multiple of $<cubic>$. Find $(p,q,r)$.",
        "If $<power>$ is divisible by $<cubic>$, compute $(p,q,r)$.",
    )

    def nice(self, p: Parameters) -> Any:
        b, c, d = self.solve(p)
        distinct = b * b * c * c - 4 * c**3 - 4 * b**3 * d - 27 * d * d + 18 * b * c * d
        return distinct and max(abs(b), abs(c), abs(d)) <= 400

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"cubic": polynomial("x", 1, -p.e1, p.e2, -p.e3), "power": p.power}

    def solve(self, p: Parameters) -> Any:
        e1, e2, e3 = p.e1, p.e2, p.e3
        if p.power == 2:
            return 2 * e2 - e1**2, e2**2 - 2 * e1 * e3, -(e3**2)
        return -(e1**3) + 3 * e1 * e2 - 3 * e3, e2**3 - 3 * e1 * e2 * e3 + 3 * e3**2, -(e3**3)

    def check(self, q: Parameters) -> Any:
        low = q.cubic.coefficients()[:3]
        remainders = [[Fraction(1), Fraction(0), Fraction(0)]]
        for _ in range(3 * q.power):
            r0, r1, r2 = remainders[-1]
            remainders.append([-r2 * low[0], r0 - r2 * low[1], r1 - r2 * low[2]])
        one, two, three = (remainders[q.power * i] for i in (1, 2, 3))
        # three + p two + q one + r = 0, compared at x and x^2
        det = two[1] * one[2] - two[2] * one[1]
        assert det
        p = (three[2] * one[1] - three[1] * one[2]) / det
        s = (three[1] * two[2] - three[2] * two[1]) / det
        return p, s, -three[0] - p * two[0] - s * one[0]
