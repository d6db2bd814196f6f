"""`factors-at-one`: the sum of the values of the irreducible factors of a polynomial in x^k."""

from __future__ import annotations

from cmath import exp, pi
from collections.abc import Mapping
from functools import cache
from itertools import combinations
from math import isqrt, prod
from typing import Any

from generators.competition.algebraic import Polynomial, power_of
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly, Whole
from generators.competition.template import Template


def split(k: int, a: int, x: int) -> list[int]:
    """The values at x of the irreducible factors of x^k-a, for k from 2 to 4."""
    size = abs(a)
    square, cube = isqrt(size), round(size ** (1 / 3))
    if k == 3 and cube**3 == size:
        root = cube if a > 0 else -cube
        return [x - root, x * x + root * x + root * root]
    if k != 3 and a > 0 and square**2 == size:
        half = k // 2
        return (
            split(half, square, x) + split(half, -square, x)
            if half > 1
            else [x - square, x + square]
        )
    if k == 4 and a < 0 and size % 4 == 0 and isqrt(isqrt(size // 4)) ** 4 == size // 4:
        c = isqrt(isqrt(size // 4))
        return [x * x + 2 * c * x + 2 * c * c, x * x - 2 * c * x + 2 * c * c]
    return [x**k - a]


@cache
def smallest_sets(k: int, a: int) -> list[list[int]]:
    """The coefficients of the factors of x^k-a, lowest first, from the smallest sets of its complex
    roots whose product of x-r has integer coefficients."""
    size = abs(a) ** (1 / k)
    left = [size * exp(1j * pi * (2 * i + (a < 0)) / k) for i in range(k)]
    factors = []
    while left:
        first, *others = left
        for count in range(len(left)):
            found = False
            for more in combinations(others, count):
                factor = [1 + 0j]
                for root in (first, *more):
                    factor = [
                        low - root * high
                        for low, high in zip([0, *factor], [*factor, 0], strict=True)
                    ]
                whole = [round(value.real) for value in factor]
                if max(abs(v - w) for v, w in zip(factor, whole, strict=True)) < 1e-6:
                    factors.append(whole)
                    left = [root for root in others if root not in more]
                    found = True
                    break
            if found:
                break
    return factors


class FactorsAtOne(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/intermediate_algebra/279.json", "test/intermediate_algebra/431.json")
    numbers = Numbers(
        k=(2, 3, 4),
        a=tuple(a for a in range(-27, 50) if a),
        b=tuple(b for b in range(-27, 50) if b),
        at=(1, 2, -1, -2),
    )
    prints = {"polynomial": Poly(), "at": Whole()}
    fixed = ("k",)
    texts = (
        "Factor $<polynomial>$ into monic polynomials with integer coefficients that cannot be "
        "factored further over the integers, and let $S$ be the sum of the values of these factors "
        "at $x=<at>$. Find $S$.",
        r"Let \[<polynomial>=f_1(x)f_2(x) \dotsm f_m(x),\] where the factors $f_i(x)$ are monic, "
        "have integer coefficients and degree 1 or more, and are irreducible over the integers. "
        r"Compute $f_1(<at>)+f_2(<at:again>)+\dots+f_m(<at:again>)$.",
        "What is the sum of the values at $x=<at>$ of all irreducible monic factors, over the "
        "integers, of $<polynomial>$?",
        r"The polynomial \[<polynomial>\] is a product of several polynomials that all have integer "
        "coefficients and leading coefficient 1. None of them is constant, and none of them can be "
        "written as a product of two polynomials of smaller degree whose coefficients are integers. "
        "We replace $x$ in each of these factors by $<at>$ and add the results. Find the sum.",
        "Suppose that $<polynomial>$ is factored completely over the integers into monic "
        r"polynomials $p_1(x)$, $p_2(x)$, $\dots$, $p_m(x)$. Find "
        r"\[p_1(<at>)+p_2(<at:again>)+\dots+p_m(<at:again>).\]",
        "Find the sum of the values at $x=<at>$ of the irreducible monic factors of $<polynomial>$ "
        "over the integers.",
        "Factor $<polynomial>$ over the integers into irreducible monic factors. Find the sum of "
        "their values at $x=<at>$.",
        "Compute the sum of the values at $x=<at>$ of the monic irreducible factors, over the "
        r"integers, of \[<polynomial>.\]",
    )

    def nice(self, p: Parameters) -> Any:
        return p.a != p.b and len(split(p.k, p.a, 1)) + len(split(p.k, p.b, 1)) >= 3

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        terms = [
            (1, power_of("x", 2 * p.k)),
            (-p.a - p.b, power_of("x", p.k)),
            (p.a * p.b, ""),
        ]
        return {"polynomial": Polynomial(terms), "at": p.at}

    def solve(self, p: Parameters) -> Any:
        return sum(split(p.k, p.a, p.at) + split(p.k, p.b, p.at))

    def check(self, q: Parameters) -> Any:
        values = q.polynomial.coefficients()
        k = len(values) // 2
        low, middle = int(values[0]), int(values[k])
        a = next(a for a in range(-64, 65) if a and low % a == 0 and a + low // a == -middle)
        factors = smallest_sets(k, a) + smallest_sets(k, low // a)
        whole = [sum(c * q.at**i for i, c in enumerate(factor)) for factor in factors]
        assert prod(whole) == q.polynomial.at(x=q.at)
        return sum(whole)
