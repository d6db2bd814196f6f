"""`lattice-ring`: how many pairs of integers lie between two circles or ellipses."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from generators.competition.algebraic import square_root
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Root
from generators.competition.template import Template


class LatticeRing(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/intermediate_algebra/232.json",
        "test/counting_and_probability/25149.json",
        "test/geometry/1097.json",
    )
    numbers = Numbers(
        form=("modulus", "open", "sum", "strict"),
        low=range(1, 26),
        high=range(4, 42),
        weight=(1, 2, 3),
    )
    prints = {
        "inner": Root(),
        "outer": Root(),
        "form": Choice(
            modulus=r"<inner>\le|a+bi|\le <outer>$, where $i^2=-1",
            open="<inner> < |a+bi| < <outer>$, where $i^2=-1",
            sum=r"<low>\le a^2+<weight:c>b^2\le <high>",
            strict="<low> < a^2+<weight:c>b^2 < <high>",
        ),
    }
    texts = (
        "How many ordered pairs $(a,b)$ of integers have $<form>$?",
        "Find the number of ordered pairs of integers $(a,b)$ such that $<form>$.",
        "Let $a$ and $b$ be integers such that $<form>$. Find the number of ordered pairs $(a,b)$ "
        "that are possible.",
        "A point of the plane whose two coordinates are integers is called a grid point. At first, "
        "all of the grid points are white. Then a grid point $(a,b)$ is painted red when $<form>$, "
        "and all of the other grid points stay white. The numbers $a$ and $b$ may be "
        "negative or equal to 0. Find how many grid points are painted red.",
        "Integers $a$ and $b$, which may be positive, negative, or zero, are chosen so that $<form>$. "
        "Find the number of ways in which the ordered pair $(a,b)$ can be chosen.",
        "Find how many ordered pairs $(a,b)$ of integers satisfy $<form>$.",
        "For integers $a$ and $b$, find the number of ordered pairs $(a,b)$ such that $<form>$.",
        "Compute the number of ordered integer pairs $(a,b)$ that satisfy $<form>$.",
    )

    def nice(self, p: Parameters) -> Any:
        ring = p.form in ("modulus", "open")
        return p.high >= p.low + 3 and (p.weight == 1 or not ring) and self.solve(p)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "inner": square_root(p.low), "outer": square_root(p.high)}

    def same(self, p: Parameters) -> object:
        return (p.form, p.low, p.high, p.weight)

    def solve(self, p: Parameters) -> Any:
        strict = p.form in ("open", "strict")
        low, high = p.low + strict, p.high - strict
        count = 0
        for b in range(-isqrt(high), isqrt(high) + 1):
            row = high - p.weight * b * b
            if row >= 0:
                least = low - p.weight * b * b
                inside = 2 * isqrt(least - 1) + 1 if least > 0 else 0
                count += 2 * isqrt(row) + 1 - inside
        return count

    def check(self, q: Parameters) -> Any:
        if q.form in ("modulus", "open"):
            low, high = (root.coefficient**2 * root.radicand for root in (q.inner, q.outer))
            low, high, weight = int(low), int(high), 1
        else:
            low, high, weight = q.low, q.high, q.weight
        values = [a * a + weight * b * b for a in range(-9, 10) for b in range(-9, 10)]
        if q.form in ("open", "strict"):
            return sum(low < value < high for value in values)
        return sum(low <= value <= high for value in values)
