"""`gcd-of-forms`: the greatest possible common divisor of two linear expressions."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class GcdOfForms(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/number_theory/156.json",
        "test/number_theory/357.json",
        "test/number_theory/45.json",
    )
    numbers = Numbers(
        lead=[(a, c) for a in range(1, 7) for c in range(a + 1, 8) if gcd(a, c) == 1],
        b=range(1, 31),
        d=range(1, 31),
    )
    prints = {"f": Poly(), "g": Poly()}
    words = {"n": ("n", "k", "x", "a", "m"), "name": PEOPLE}
    texts = (
        r"For different positive integers $<n>$, the number $\gcd(<f>, <g>)$ can be different. How "
        r"large can it be at most?",
        r"Let $<n>$ be a positive integer. What is the largest value that $\gcd(<f>,<g>)$ can have?",
        "What is the greatest integer that divides both $<f>$ and $<g>$ for at least one positive "
        "integer $<n>$?",
        "If $<n>$ is a positive integer, what is the maximum value of the greatest common divisor "
        "of $<f>$ and $<g>$?",
        "<name> chooses a positive integer $<n>$ and computes the values of $<f>$ and $<g>$. Then "
        "<name:1> finds the greatest common divisor of these two values. For most choices of $<n>$ "
        "the result is small, but for some it is larger. What is the largest result that <name> "
        "can get?",
        r"How large can $\gcd(<f>,<g>)$ be for a positive integer $<n>$?",
        r"What is the maximum of $\gcd(<f>,<g>)$ over all positive integers $<n>$?",
        r"Determine the greatest value of $\gcd(<f>,<g>)$ for positive integers $<n>$.",
    )

    def nice(self, p: Parameters) -> Any:
        return 5 <= self.solve(p) <= 90

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, c = p.lead
        return {"f": polynomial("n", a, p.b), "g": polynomial("n", c, p.d)}

    def solve(self, p: Parameters) -> Any:
        # It divides |ad - bc|, and since a and c are coprime, that is attained.
        a, c = p.lead
        return abs(a * p.d - p.b * c)

    def check(self, q: Parameters) -> Any:
        (b, a), (d, c) = (tuple(map(int, f.coefficients("n"))) for f in (q.f, q.g))
        return max(gcd(a * n + b, c * n + d) for n in range(1, 3000))
