"""`equal-powers`: the exponent that makes two powers of one prime equal."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE, UNKNOWNS

MOST = {2: 6, 3: 4, 5: 3, 7: 2, 10: 3}
BASES = [
    (base, m, n)
    for base, most in MOST.items()
    for m in range(1, most + 1)
    for n in range(1, most + 1)
    if m != n
]
NONZERO = [value for value in range(-9, 10) if value]


class Power(Kind):
    """(factor, base, slope, shift) for a power of a linear exponent: 8\\cdot 4^{x-3}, 27^x, 4^5."""

    pattern = r"(?:\d+\\cdot)?\d+\^(?:[a-z0-9]|\{[a-z0-9+-]+\})"

    def print(self, value: tuple[int, int, int, int], words: Words) -> str:
        factor, base, slope, shift = value
        letter = f"{slope if slope > 1 else ''}{words['x'][0]}"
        text = f"{letter}{shift:+d}" if shift and slope else letter if slope else str(shift)
        power = f"{base}^{text}" if len(text) == 1 else f"{base}^{{{text}}}"
        return power if factor == 1 else rf"{factor}\cdot {power}"

    def read(self, text: str, words: Words) -> tuple[int, int, int, int]:
        factor, _, power = text.rpartition(r"\cdot")
        base, _, exponent = power.partition("^")
        before, letter, after = exponent.strip("{}").rpartition(words["x"][0])
        slope = int(before or 1) if letter else 0
        return int(factor or 1), int(base), slope, int(after or 0)


class EqualPowers(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = (
        "test/algebra/1004.json",
        "test/algebra/2157.json",
        "test/algebra/1214.json",
        "test/prealgebra/1317.json",
        "test/prealgebra/192.json",
    )
    numbers = Numbers(
        bases=BASES,
        slopes=((1, 0), (2, 0), (1, 1), (2, 1), (1, 2)),
        loose=range(3),
        shift=range(-6, 10),
        x=NONZERO,
    )
    prints = {"left": Power(), "right": Power()}
    words = {"x": UNKNOWNS, "name": PEOPLE}
    fixed = ("slopes",)
    texts = (
        "For which value of $<x>$ does $<left>=<right>$ hold?",
        "If $<left>=<right>$, what is the value of $<x>$?",
        "Find $<x>$, if $<left>=<right>$.",
        "What is the exponent $<x>$ that makes $<left>$ equal to $<right>$? The answer is an integer.",
        "The equation $<left>=<right>$ has exactly one solution $<x>$, and it is an integer. What is "
        "it?",
        "<name> types $<left>$ into a calculator that knows the letter $<x>$ as the last number that "
        "was stored. Then <name:1> types $<right>$. The two results are equal. There is only one "
        "number in the memory of the calculator for which this can happen, and it is an integer. What "
        "is the value of $<x>$?",
        "Solve $<left>=<right>$ for $<x>$.",
        "What is $<x>$ if $<left>=<right>$?",
        r"Compute the value of $<x>$ such that \[<left>=<right>.\]",
    )

    def second(self, p: Parameters) -> tuple[int, int]:
        """The shift of the exponent on the right, and what is left of it if it is no integer."""
        (_, m, n), (u, v) = p.bases, p.slopes
        total = int(m * (u * p.x + p.shift) - p.loose - n * v * p.x)
        return total // n, total % n

    def nice(self, p: Parameters) -> Any:
        (base, m, n), (u, v) = p.bases, p.slopes
        second, rest = self.second(p)
        if rest or m * u == n * v or abs(second) > 10 or base**p.loose > 100:
            return False
        return (second > 0 and not p.loose) if v == 0 else (p.shift or u > 1)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        (base, m, n), (u, v) = p.bases, p.slopes
        right = (base**p.loose, base**n, v, self.second(p)[0])
        return {"left": (1, base**m, u, p.shift), "right": right}

    def same(self, p: Parameters) -> object:
        return frozenset(self.printed_values(p).values())

    def solve(self, p: Parameters) -> Any:
        (_, m, n), (u, v) = p.bases, p.slopes
        return Fraction(n * self.second(p)[0] + p.loose - m * p.shift, m * u - n * v)

    def check(self, q: Parameters) -> Any:
        def side(x: int, factor: int, base: int, slope: int, shift: int) -> Fraction:
            return factor * Fraction(base) ** (slope * x + shift)

        (x,) = (x for x in range(-15, 16) if side(x, *q.left) == side(x, *q.right))
        return x
