"""`rational-values`: a combination of values of a fractional linear function."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import gcd
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly, Whole
from generators.competition.template import Template
from generators.competition.words import FUNCTIONS, PEOPLE

NONZERO = [value for value in range(-9, 10) if value]


class RationalValues(Template):
    """See the module's docstring."""

    level, answer = 3, Rationals()
    kin = ("test/algebra/2584.json", "test/algebra/1960.json")
    numbers = Numbers(
        a=range(1, 8),
        b=NONZERO,
        c=(1, 2, 3),
        d=NONZERO,
        places=list(combinations(range(-5, 7), 3)),
        ask=("sum", "last", "product"),
    )
    prints = {
        "ask": Choice(
            sum="$<f>(<u>)+<f>(<v>)+<f>(<w>)$",
            last="$<f>(<u>)+<f>(<v>)-<f>(<w>)$",
            product="$<f>(<u>)<f>(<v>)+<f>(<w>)$",
        ),
        "top": Poly(),
        "bottom": Poly(),
        **dict.fromkeys("uvw", Whole()),
    }
    words = {"f": FUNCTIONS, "x": ("x", "t", "z", "n"), "name": PEOPLE}
    texts = (
        r"Let $<f>(<x>)=\frac{<top>}{<bottom>}$. What is <ask>? Express your answer as a common "
        "fraction.",
        r"If $<f>(<x>)=\frac{<top>}{<bottom>}$, find <ask>.",
        r"What is the value of <ask> if $<f>(<x>)=\frac{<top>}{<bottom>}$? Write it as a common "
        "fraction.",
        "The function $<f>$ is defined for all real numbers except one as "
        r"$<f>(<x>)=\frac{<top>}{<bottom>}$. Write the value of <ask> as a common fraction in "
        "lowest terms.",
        r"<name> stores the function $<f>(<x>)=\frac{<top>}{<bottom>}$ in a calculator and makes a "
        "table of its values at three integers. After that <name:1> needs to know <ask>, but the "
        "calculator shows rounded decimals only, so the calculation has to be done on paper. What is "
        "the exact value? Express your answer as a common fraction.",
        r"If $<f>(<x>)=\frac{<top>}{<bottom>}$, what is <ask>?",
        r"Compute <ask>, where \[<f>(<x>)=\frac{<top>}{<bottom>}.\]",
    )

    def nice(self, p: Parameters) -> Any:
        if p.a * p.d == p.b * p.c or gcd(p.a, p.b, p.c, p.d) > 1:
            return False
        if any(p.c * place + p.d == 0 for place in p.places):
            return False
        return 1 < self.solve(p).denominator <= 60

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        u, v, w = p.places
        top, bottom = polynomial("x", p.a, p.b), polynomial("x", p.c, p.d)
        return {"ask": p.ask, "top": top, "bottom": bottom, "u": u, "v": v, "w": w}

    def solve(self, p: Parameters) -> Any:
        # Everything over the product of the three denominators.
        (s, t), (u, v), (w, z) = ((p.a * x + p.b, p.c * x + p.d) for x in p.places)
        if p.ask == "product":
            return Fraction(s * u * z + w * t * v, t * v * z)
        return Fraction((s * v + u * t) * z + (w if p.ask == "sum" else -w) * t * v, t * v * z)

    def check(self, q: Parameters) -> Any:
        first, second, third = (q.top.at(x=x) / q.bottom.at(x=x) for x in (q.u, q.v, q.w))
        if q.ask == "last":
            third = -third
        return third + (first * second if q.ask == "product" else first + second)
