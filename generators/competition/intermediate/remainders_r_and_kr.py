"""`remainders-r-and-kr`: a value of a monic cubic that has remainders R and kR."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Whole, Words
from generators.competition.template import Template

_ROOTS = tuple(
    (0, a + b) if not a * b else (a, b) for a, b in combinations(range(-3, 7), 2) if a + b or a * b
)


class Factors(Kind):
    """Two roots (p, q) as (x-p)(x-q); 0 is printed as x."""

    pattern = r"(?:x|\(x[+-]\d+\)){2}"

    def print(self, value: tuple[int, int], words: Words) -> str:
        return "".join(f"(x{-root:+d})" if root else "x" for root in value)

    def read(self, text: str, words: Words) -> tuple[int, ...]:
        return tuple(-int(part.strip("()") or 0) for part in text.split("x")[1:])


class RemaindersRAndKR(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/intermediate_algebra/117.json", "test/intermediate_algebra/1210.json")
    numbers = Numbers(
        one=_ROOTS,
        two=_ROOTS,
        k=(2, 3, -1),
        root=range(-9, 10),
        given=range(-2, 7),
        asked=range(-3, 8),
    )
    prints = {"one": Factors(), "two": Factors(), "value": Whole()}
    texts = (
        "A monic polynomial $P(x)$ of degree $3$ leaves the remainder $R(x)$ when divided by "
        "$<one>$ and the remainder $<k:c>R(x)$ when divided by $<two>$. If $P(<given>)=<value>$, "
        "find $P(<asked>)$.",
        "Let $P(x)$ be a monic cubic polynomial such that "
        r"\[P(x)=<one>A(x)+R(x)=<two>B(x)<k:+c>R(x),\] where $A(x)$ and $B(x)$ are polynomials and "
        "$R(x)$ has degree less than 2. Given $P(<given>)=<value>$, what is $P(<asked>)$?",
        r"A cubic $f(x)=x^3+ax^2+bx+c$ is divided by \[<one> \quad \text{and} \quad <two>.\] The "
        "first remainder is $r(x)$ and the second one is $<k:c>r(x)$. Compute $f(<asked>)$ if "
        "$f(<given>)=<value>$.",
        "When the monic polynomial $p(x)$, which has degree 3, is divided by the quadratic "
        "polynomial $<one>$, there is a quotient and a remainder, and we call the remainder $r(x)$. "
        "When the same polynomial $p(x)$ is divided by the quadratic polynomial $<two>$, the "
        "quotient is another one, and the remainder is equal to $<k:c>r(x)$. We also know that "
        "$p(<given>)=<value>$. Find the value of $p(<asked>)$.",
        r"Let \[P(x)=<one>(x+a)+R(x)=<two>(x+b)<k:+c>R(x),\] where $R(x)=cx+d$ and "
        "$a$, $b$, $c$, $d$ are constants. If $P(<given>)=<value>$, find $P(<asked>)$.",
        "If $P(x)=<one>(x+a)+R(x)=<two>(x+b)<k:+c>R(x)$, $R(x)=cx+d$, and $P(<given>)=<value>$ for "
        "some constants $a$, $b$, $c$, $d$, find $P(<asked>)$.",
        "When a monic cubic $P(x)$ is divided by $<one>$ and by $<two>$, the remainders are $R(x)$ "
        "and $<k:c>R(x)$, respectively. Find $P(<asked>)$, given that $P(<given>)=<value>$.",
    )

    def nice(self, p: Parameters) -> Any:
        return (
            not set(p.one) & set(p.two)
            and p.given != p.asked
            and all(
                value and value.denominator == 1 and abs(value) <= 60
                for value in (self._value(p, p.given), self._value(p, p.asked))
            )
            # The value given determines the third root of P-R.
            and self._product(p.two, p.given) != p.k * self._product(p.one, p.given)
        )

    def _product(self, roots: tuple[int, int], x: int) -> int:
        return (x - roots[0]) * (x - roots[1])

    def _value(self, p: Parameters, x: int) -> Fraction:
        """P(x), for P=(x-root)(x-..)(x-..)+R."""
        other: int = p.root + sum(p.one) - sum(p.two)
        first = self._product(p.one, x) * (x - p.root)
        second = self._product(p.two, x) * (x - other)
        return Fraction(p.k * first - second, p.k - 1)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "one": p.one,
            "two": p.two,
            "k": p.k,
            "given": p.given,
            "value": int(self._value(p, p.given)),
            "asked": p.asked,
        }

    def same(self, p: Parameters) -> object:
        divisors = frozenset((p.one, p.two)) if p.k == -1 else (p.one, p.two)
        return (divisors, p.k, p.root, p.given, p.asked)

    orbit = 2

    def solve(self, p: Parameters) -> Any:
        return self._value(p, p.asked)

    def check(self, q: Parameters) -> Any:
        # x^3+ax^2+bx+c at five places, where the remainder is dx+e
        rows = [[x * x, x, 1, -x, -1, -(x**3)] for x in q.one]
        rows += [[x * x, x, 1, -q.k * x, -q.k, -(x**3)] for x in q.two]
        rows.append([q.given**2, q.given, 1, 0, 0, q.value - q.given**3])
        system = [list(map(Fraction, row)) for row in rows]
        for column in range(5):
            pivot = next(row for row in system[column:] if row[column])
            system.remove(pivot)
            pivot = [entry / pivot[column] for entry in pivot]
            system = [
                [entry - row[column] * pivoted for entry, pivoted in zip(row, pivot, strict=True)]
                for row in system
            ]
            system.insert(column, pivot)
        a, b, c = (row[5] for row in system[:3])
        return q.asked**3 + a * q.asked**2 + b * q.asked + c
