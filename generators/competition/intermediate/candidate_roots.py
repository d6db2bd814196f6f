"""`candidate-roots`: how many rational numbers can be roots of a polynomial with known ends."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.algebraic import Polynomial, power_of
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE

LETTERS = {3: "$b$ and $c$", 4: "$b$, $c$, and $d$", 5: "$b$, $c$, $d$, and $e$"}


def divisors(number: int) -> list[int]:
    """The positive divisors."""
    return [d for d in range(1, number + 1) if number % d == 0]


class CandidateRoots(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/intermediate_algebra/1422.json", "test/intermediate_algebra/1350.json")
    numbers = Numbers(
        first=range(2, 26),
        last=(*range(-50, -1), *range(2, 51)),
        degree=(3, 4, 5),
        kind=("all", "positive", "broken", "small"),
    )
    prints = {
        "f": Poly(),
        "letters": Name(*LETTERS.values()),
        "kind": Choice(
            all="rational numbers",
            positive="positive rational numbers",
            broken="non-integer rational numbers",
            small="rational numbers strictly between 0 and 1",
        ),
    }
    words = {"name": PEOPLE}
    fixed = ("degree",)
    texts = (
        r"The polynomial \[<f>\] has integer coefficients <letters>. How many different <kind> are "
        "possible as its roots?",
        "If <letters> are integers, find the number of <kind> that are possible roots of $<f>$.",
        r"Let <letters> be integers. Find how many <kind> can be a root of \[<f>=0.\]",
        r"<name> has a polynomial \[p(x)=<f>,\] where <letters> are integers that <name:1> keeps "
        "secret. A friend wants to guess the rational roots of $p(x)$. The friend applies the "
        "Rational Root Theorem and writes down all of the roots that are still possible. Find the "
        "number of <kind> on the list.",
        r"In the equation \[<f>=0,\] the coefficients <letters> are unknown integers. Find how many "
        "<kind> could be solutions, according to the Rational Root Theorem.",
        "For integers <letters>, find how many <kind> can be roots of $<f>$.",
        "Find how many <kind> can be roots of $<f>$, where <letters> are integers.",
        r"If <letters> are integers, find how many <kind> are possible roots of \[<f>.\]",
    )

    def nice(self, p: Parameters) -> Any:
        return 4 <= self.solve(p) <= 60

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        powers = range(p.degree - 1, 0, -1)
        middle = [(1, f"{x}{power_of('x', k)}") for x, k in zip("bcde", powers, strict=False)]
        terms = [(p.first, power_of("x", p.degree)), *middle, (p.last, "")]
        return {"f": Polynomial(terms), "letters": LETTERS[p.degree], "kind": p.kind}

    def same(self, p: Parameters) -> object:
        return (p.first, abs(p.last), p.kind)

    orbit = 6

    def solve(self, p: Parameters) -> Any:
        above, below = divisors(abs(p.last)), divisors(p.first)
        pairs = [(u, v) for u in above for v in below if gcd(u, v) == 1]
        if p.kind == "small":
            return sum(u < v for u, v in pairs)
        if p.kind == "positive":
            return len(pairs)
        return 2 * len(pairs) - (2 * len(above) if p.kind == "broken" else 0)

    def check(self, q: Parameters) -> Any:
        degree = 1 + (q.letters.count("$")) // 2
        first, last = int(q.f.coefficient(power_of("x", degree))), abs(int(q.f.coefficient()))
        roots = {
            Fraction(sign * u, v)
            for v in range(1, first + 1)
            if first % v == 0
            for u in range(1, last + 1)
            if last % u == 0
            for sign in (1, -1)
        }
        wanted = {
            "all": roots,
            "positive": {r for r in roots if r > 0},
            "broken": {r for r in roots if r.denominator > 1},
            "small": {r for r in roots if 0 < r < 1},
        }
        return len(wanted[q.kind])
