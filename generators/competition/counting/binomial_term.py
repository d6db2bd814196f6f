"""`binomial-term`: the constant term, or another coefficient, of a power of a binomial."""

from __future__ import annotations

from math import comb
from typing import Any

from generators.competition.algebraic import power_of
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Name, Whole, Words
from generators.competition.template import Template

SHAPES = [
    (p, q, n, j)
    for p in range(1, 4)
    for q in range(1, 4)
    for n in range(4, 10)
    for j in range(1, n)
    if p * (n - j) >= q * j
]
"""The powers of x, the exponent of the binomial, and the index of the term that is asked."""


class Power(Kind):
    """The exponent of a power of the letter `x`: x, x^3, x^{12}."""

    pattern = r"[a-z](?:\^\d|\^\{\d+\})?"

    def print(self, value: int, words: Words) -> str:
        return power_of(words["x"][0], value)

    def read(self, text: str, words: Words) -> int:
        return int(text[2:].strip("{}") or 1)


class BinomialTerm(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/counting_and_probability/119.json",)
    numbers = Numbers(
        ask=("constant", "power"), shape=SHAPES, a=range(1, 7), b=range(1, 7), sign=("+", "-")
    )
    prints = {
        "ask": Choice(constant="constant term", power="coefficient of $<m>$"),
        "sign": Name("+", "-"),
        "n": Whole(),
        **dict.fromkeys("muv", Power()),
    }
    words = {"x": ("x", "y", "t", "z", "a")}
    texts = (
        r"Find the <ask> in the expansion of $\left(<a:c><u><sign>\frac{<b>}{<v>}\right)^<n>$.",
        r"What is the <ask> when $\left(<a:c><u><sign>\frac{<b>}{<v>}\right)^<n>$ is expanded?",
        r"In the expansion of $\left(<a:c><u><sign>\frac{<b>}{<v>}\right)^<n>$, what is the <ask>?",
        r"Compute the <ask> in the expanded form of $\left(<a:c><u><sign>\frac{<b>}{<v>}\right)^<n>$.",
        r"The expression $\left(<a:c><u><sign>\frac{<b>}{<v>}\right)^<n>$ is multiplied out and like "
        "terms are collected. What is the <ask>?",
        r"If we expand $\left(<a:c><u><sign>\frac{<b>}{<v>}\right)^<n>$ as a sum of multiples of "
        "powers of $<x>$, what is the <ask>?",
        r"For $<x>\ne 0$, let $B=<a:c><u><sign>\frac{<b>}{<v>}$. A student multiplies $<n>$ factors, "
        "all of them equal to $B$, and writes the product as a sum of terms, each of which is a "
        "number times a power of $<x>$. No two terms of this sum have the same power. Determine the "
        "<ask> in the student's result.",
    )
    fixed = ("sign",)

    def nice(self, p: Parameters) -> Any:
        power = p.shape[0] * (p.shape[2] - p.shape[3]) - p.shape[1] * p.shape[3]
        if (p.ask == "constant") != (power == 0) or p.a * p.b == 1:
            return False
        return abs(self.solve(p)) <= 20_000

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        up, down, n, j = p.shape
        power = up * (n - j) - down * j
        asked = {"ask": p.ask, "m": power}
        return {**asked, "a": p.a, "u": up, "sign": p.sign, "b": p.b, "v": down, "n": n}

    def same(self, p: Parameters) -> object:
        return tuple(vars(p).values())

    def solve(self, p: Parameters) -> Any:
        _, _, n, j = p.shape
        b = p.b if p.sign == "+" else -p.b
        return comb(n, j) * p.a ** (n - j) * b**j

    def check(self, q: Parameters) -> Any:
        second = q.b if q.sign == "+" else -q.b
        product = {0: 1}
        for _ in range(q.n):
            longer: dict[int, int] = {}
            for power, value in product.items():
                longer[power + q.u] = longer.get(power + q.u, 0) + value * q.a
                longer[power - q.v] = longer.get(power - q.v, 0) + value * second
            product = longer
        return product[0 if q.ask == "constant" else q.m]
