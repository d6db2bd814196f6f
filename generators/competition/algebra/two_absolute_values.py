"""`two-absolute-values`: a solution, or the sum or product of both, of |ax+b|=|cx+d|."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class TwoAbsoluteValues(Template):
    """See the module's docstring."""

    level, answer = 4, Rationals()
    kin = ("test/algebra/972.json", "test/algebra/425.json", "test/algebra/567.json")
    numbers = Numbers(
        a=range(1, 10),
        b=range(-12, 13),
        c=range(1, 10),
        d=range(-12, 13),
        ask=("largest", "smallest", "sum", "product"),
    )
    prints = {
        "ask": Choice(
            largest="largest value",
            smallest="smallest value",
            sum="sum of all values",
            product="product of all values",
        ),
        "left": Poly(),
        "right": Poly(),
    }
    words = {"x": ("x", "y", "z", "t", "n", "a", "w", "k"), "name": PEOPLE}
    texts = (
        "What is the <ask> of $<x>$ for which $|<left>|=|<right>|$? Express your answer as a common "
        "fraction.",
        "Find the <ask> of $<x>$ if $|<left>|-|<right>|=0$.",
        "If $|<left>|=|<right>|$, what is the <ask> of $<x>$ that this equation allows? Express your "
        "answer as a common fraction.",
        "Let $<x>$ be a real number such that $|<left>|$ is equal to $|<right>|$. What is the <ask> "
        "that $<x>$ can take? Express your answer as a common fraction.",
        "<name> chooses a real number $<x>$ and computes $|<left>|$. Then <name:1> computes $|<right>|$ "
        "from the same $<x>$, and both results turn out to be equal. When <name:1> looks for another "
        "start that does this, <name:1> finds exactly one. What is the <ask> of $<x>$ that <name:1> "
        "could have chosen? Express your answer as a common fraction.",
        "What is the <ask> of $<x>$ if $|<left>|=|<right>|$?",
        r"Compute the <ask> of $<x>$ such that \[|<left>|=|<right>|.\]",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        if p.a == p.c or p.a * p.d == p.b * p.c:
            return False
        answer = self.solve(p)
        return 1 < answer.denominator <= 60

    def same(self, p: Parameters) -> object:
        return (frozenset(((p.a, p.b), (p.c, p.d))), p.ask)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        left, right = polynomial("x", p.a, p.b), polynomial("x", p.c, p.d)
        return {"left": left, "right": right, "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        equal, opposite = Fraction(p.d - p.b, p.a - p.c), Fraction(-p.d - p.b, p.a + p.c)
        if p.ask == "sum":
            return equal + opposite
        if p.ask == "product":
            return equal * opposite
        return max(equal, opposite) if p.ask == "largest" else min(equal, opposite)

    def check(self, q: Parameters) -> Any:
        def gap(x: Fraction) -> Any:
            return abs(q.left.at(x=x)) - abs(q.right.at(x=x))

        # The gap is linear between the kinks: its zeros are found by the secant of each piece.
        kinks = sorted(-side.coefficient() / side.coefficient("x") for side in (q.left, q.right))
        ends = [kinks[0] - 1000, *kinks, kinks[1] + 1000]
        zeros = set()
        for low, high in pairwise(ends):
            at_low, at_high = gap(low), gap(high)
            if at_low * at_high <= 0 and at_low != at_high:
                zeros.add(low + (high - low) * at_low / (at_low - at_high))
        first, last = sorted(zeros)
        total = {"sum": first + last, "product": first * last}
        return total.get(q.ask, last if q.ask == "largest" else first)
