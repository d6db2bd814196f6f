"""`fraction-chain`: the value of a product and quotient of three fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 18, 20)
PROPER = tuple((n, d) for n in SIZES for d in SIZES if n < d and gcd(n, d) == 1)


class FractionChain(Template):
    """See the module's docstring."""

    level, answer = 3, Rationals()
    kin = ("test/prealgebra/1995.json", "test/prealgebra/153.json", "test/prealgebra/1787.json")
    numbers = Numbers(one=PROPER, two=PROPER, three=PROPER, chain=("last", "middle"))
    prints = {
        **dict.fromkeys("abcdef", Whole()),
        "chain": Choice(
            last=r"\frac{<a>}{<b>}\cdot\frac{<c>}{<d>}\div\frac{<e>}{<f>}",
            middle=r"\frac{<a>}{<b>}\div\frac{<e>}{<f>}\cdot\frac{<c>}{<d>}",
        ),
    }
    words = {"name": PEOPLE, "friend": PEOPLE}
    texts = (
        "Simplify $<chain>$.",
        "What common fraction is equal to $<chain>$?",
        "Write $<chain>$ as a fraction in lowest terms.",
        r"Evaluate the expression \[<chain>.\]",
        "<name> multiplies and divides from left to right to find the value of $<chain>$. What "
        "result should <name:1> get?",
        "<name> and <friend> are quizzing each other before a test on fractions. Now <friend> "
        "reads out an exercise in which some of the factors cancel. It says to work out $<chain>$ "
        "without a calculator, and to write the result as a fraction that cannot be reduced. What is "
        "the result?",
        "What is the value of $<chain>$?",
        "Compute $<chain>$. Express your answer as a common fraction.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        values = (*p.one, *p.two, *p.three)
        return {"chain": p.chain, **dict(zip("abcdef", values, strict=True))}

    def nice(self, p: Parameters) -> Any:
        (a, b), (c, d), (e, f) = p.one, p.two, p.three
        above, below = a * c * f, b * d * e
        common = gcd(above, below)
        return common >= 6 and max(above, below) <= 60 * common and below != common

    def same(self, p: Parameters) -> object:
        return (p.three, *sorted((p.one, p.two)))

    orbit = 4

    def solve(self, p: Parameters) -> Any:
        return Fraction(*p.one) * Fraction(*p.two) / Fraction(*p.three)

    def check(self, q: Parameters) -> Any:
        powers = {2: 0, 3: 0, 5: 0, 7: 0}
        for number, sign in ((q.a, 1), (q.c, 1), (q.f, 1), (q.b, -1), (q.d, -1), (q.e, -1)):
            for prime in powers:
                while number % prime == 0:
                    number //= prime
                    powers[prime] += sign
        above = below = 1
        for prime, power in powers.items():
            above *= prime ** max(power, 0)
            below *= prime ** max(-power, 0)
        return Fraction(above, below)
