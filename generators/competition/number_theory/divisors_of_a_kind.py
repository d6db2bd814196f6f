"""`divisors-of-a-kind`: how many divisors are multiples of d, are squares, or are below a bound."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from generators.competition.algebraic import prime_exponents
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE

RICH = tuple(n for n in range(60, 2701) if prod(e + 1 for e in prime_exponents(n).values()) >= 15)


class DivisorsOfAKind(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/number_theory/572.json",
        "test/number_theory/1201.json",
        "test/number_theory/978.json",
        "test/number_theory/72.json",
        "test/number_theory/838.json",
        "test/prealgebra/1686.json",
        "test/prealgebra/1908.json",
    )
    numbers = Numbers(
        kind=("multiple", "other", "square", "below"),
        n=RICH,
        d=(2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 18, 20, 30, 50),
    )
    prints = {
        "kind": Choice(
            multiple="multiples of <d>",
            other="not multiples of <d>",
            square="perfect squares",
            below="less than <d>",
        )
    }
    words = {"name": PEOPLE, "letter": ("a", "n", "k", "x")}
    texts = (
        "How many positive divisors of <n> are <kind>?",
        "Let $D$ be the set of all positive divisors of <n>. How many elements of $D$ are <kind>?",
        "What is the number of positive integers that divide <n> and are <kind>?",
        "If $<letter>$ is one of those positive factors of <n> that are <kind>, how many possible "
        "values of $<letter>$ are there?",
        "<name> lists every positive divisor of <n>, including 1 and <n:again>. Then <name:1> "
        "circles those that are <kind>. How many of the divisors does <name> circle?",
        "A gardener has <n> seedlings and plants them in rows of equal length, so that none are "
        "left over. She makes a list of all possible lengths of a row, from a single plant in each "
        "row to all <n:again> in one long row. How many of the integers in her list are <kind>?",
        "How many positive factors of <n> are <kind>?",
        "Compute the number of positive divisors of <n> that are <kind>.",
        "Of the positive factors of <n>, how many are <kind>?",
    )

    def nice(self, p: Parameters) -> Any:
        if p.kind in ("multiple", "other"):
            fits = p.n % p.d == 0
        else:
            fits = p.d == 2 if p.kind == "square" else p.d >= 10 and p.d % 10 == 0
        if not fits:
            return False
        answer = self.solve(p)  # 8 and 12 are thinned out, since they are frequent
        return 3 <= answer <= 40 and (answer not in (8, 12) or (p.n + p.d) % 3 == 0)

    def same(self, p: Parameters) -> object:
        return (p.kind, p.n, p.d)

    def solve(self, p: Parameters) -> Any:
        powers = prime_exponents(p.n)
        if p.kind == "square":
            return prod(exponent // 2 + 1 for exponent in powers.values())
        if p.kind == "below":
            choices = product(*([q**i for i in range(e + 1)] for q, e in powers.items()))
            return sum(prod(factors) < p.d for factors in choices)
        multiples = prod(exponent + 1 for exponent in prime_exponents(p.n // p.d).values())
        if p.kind == "multiple":
            return multiples
        return prod(exponent + 1 for exponent in powers.values()) - multiples

    def check(self, q: Parameters) -> Any:
        divisors = [d for d in range(1, q.n + 1) if q.n % d == 0]
        if q.kind == "square":
            return sum(root * root in divisors for root in range(1, q.n))
        if q.kind == "below":
            return len([d for d in divisors if d < q.d])
        return len([d for d in divisors if (d % q.d == 0) == (q.kind == "multiple")])
