"""`root-equation`: the solution of an equation of a linear term and a square root."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class RootEquation(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/algebra/2193.json",
        "test/algebra/1338.json",
        "test/algebra/2257.json",
        "test/algebra/2251.json",
    )
    numbers = Numbers(m=range(1, 4), h=range(-12, 13), true=range(-15, 16), false=range(-15, 16))
    prints = {"left": Poly(), "inside": Poly()}
    words = {"x": ("x", "y", "t", "z", "n", "r", "w"), "name": PEOPLE}
    texts = (
        r"Find all real numbers $<x>$ with $<left>=\sqrt{<inside>}$.",
        r"Solve the equation $\sqrt{<inside>}=<left>$ for $<x>$.",
        r"What value of $<x>$ satisfies $\sqrt{<inside>}=<left>$?",
        r"If $<x>$ is a real number and $<left>=\sqrt{<inside>}$, what is the value of $<x>$?",
        r"<name> squares both sides of the equation $<left>=\sqrt{<inside>}$ and solves the quadratic "
        "equation that results. It has two solutions, and <name:1> writes down both of them. However, "
        "when <name:1> puts them into the original equation, only one is correct. Find the correct "
        "value of $<x>$.",
        r"Let $f(<x>)=\sqrt{<inside>}$ and $g(<x>)=<left>$. The graphs of $f$ and $g$ meet in just "
        "one point. What is the value of $<x>$ at this point?",
        r"What real number $<x>$ satisfies $<left>=\sqrt{<inside>}$?",
        r"Find $<x>$ if \[\sqrt{<inside>}=<left>.\]",
        r"Solve $<left>=\sqrt{<inside>}$ for $<x>$.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.m * p.true <= p.h or p.m * p.false >= p.h:
            return False
        slope = p.m * (p.m * (p.true + p.false) - 2 * p.h)
        constant = p.h**2 - p.m**2 * p.true * p.false
        return slope and abs(slope) <= 36 and abs(constant) <= 160

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        # (mx-h)^2 - inside = m^2 (x-true)(x-false)
        slope = p.m * (p.m * (p.true + p.false) - 2 * p.h)
        inside = polynomial("x", slope, p.h**2 - p.m**2 * p.true * p.false)
        return {"left": polynomial("x", p.m, -p.h), "inside": inside}

    def solve(self, p: Parameters) -> Any:
        return next(x for x in (p.true, p.false) if p.m * x > p.h)

    def check(self, q: Parameters) -> Any:
        found = []
        for x in range(-60, 61):
            left, inside = int(q.left.at(x=x)), int(q.inside.at(x=x))
            if left >= 0 and inside >= 0 and isqrt(inside) ** 2 == inside == left * left:
                found.append(x)
        (solution,) = found
        # Any other solution is the second root of the squared equation, from the sum of its roots.
        slope, constant = q.left.coefficient("x"), q.left.coefficient()
        other = (q.inside.coefficient("x") - 2 * slope * constant) / slope**2 - solution
        assert slope * other + constant < 0
        return solution
