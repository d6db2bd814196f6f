"""`repeating-to-fraction`: numerator and denominator of a repeating decimal in lowest terms."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class Repeating(Kind):
    """A pair of digits before the period and the period: 0.4\\overline{36}."""

    pattern = r"0\.\d*\\overline\{\d+\}"

    def print(self, value: tuple[str, str], words: Words) -> str:
        return rf"0.{value[0]}\overline{{{value[1]}}}"

    def read(self, text: str, words: Words) -> tuple[str, str]:
        before, _, period = text[2:-1].partition(r"\overline{")
        return (before, period)


def decimals() -> Iterator[tuple[str, str]]:
    """Decimals of fractions with a denominator up to 1111 that are printed as short as possible."""
    for before in ("", *"0123456789"):
        for size in range(1, 5):
            nines = 10**size - 1
            scale = nines * (10 if before else 1)
            for number in range(1, nines):
                period = f"{number:0{size}}"
                if scale // gcd(int(before or 0) * nines + number, scale) > 1111:
                    continue
                shortest = (period * 2).index(period, 1) == size
                if shortest and period[-1] != before and (before or size > 1):
                    yield (before, period)


class RepeatingToFraction(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/number_theory/533.json",
        "test/prealgebra/153.json",
        "test/prealgebra/465.json",
    )
    numbers = Numbers(ask=("sum", "difference"), x=tuple(decimals()))
    prints = {"ask": Choice(sum="$a+b$", difference="$b-a$"), "x": Repeating()}
    words = {"name": PEOPLE}
    texts = (
        r"The repeating decimal $<x>$ equals $\frac{a}{b}$, where $a$ and $b$ are positive integers "
        r"without a common factor greater than 1. What is <ask>?",
        r"In lowest terms, $<x>=\frac{a}{b}$. What is <ask>?",
        r"Let $a$ and $b$ be relatively prime positive integers such that $\frac{a}{b}=<x>$. What "
        "is the value of <ask>?",
        r"If $\frac{a}{b}$ is the common fraction in lowest terms that has the same value as $<x>$, "
        r"what is the value of <ask>?",
        r"<name> divides one positive integer by another. The result is the repeating decimal "
        r"$<x>$, in which the digits under the bar repeat forever. Later, <name:1> writes the same "
        r"result as a fraction $\frac{a}{b}$, where the positive integers $a$ and $b$ have no "
        r"common prime factor. Compute <ask>.",
        r"If $<x>=\frac{a}{b}$ in lowest terms, what is <ask>?",
        r"Compute <ask> if $<x>=\frac{a}{b}$ in lowest terms.",
        r"What is <ask> if $\frac{a}{b}$ is the reduced fraction equal to $<x>$?",
    )

    def solve(self, p: Parameters) -> Any:
        before, period = p.x
        nines = 10 ** len(period) - 1
        value = Fraction(int(before or 0) * nines + int(period), nines * 10 ** len(before))
        a, b = value.numerator, value.denominator
        return a + b if p.ask == "sum" else b - a

    def check(self, q: Parameters) -> Any:
        digits = (q.x[0] + q.x[1] * 24)[:24]
        near = int(digits[:12]) / 10**12
        for b in range(2, 1112):
            a = round(near * b)
            if abs(a - near * b) < 1e-8 and str(a * 10**24 // b).zfill(24) == digits:
                return a + b if q.ask == "sum" else b - a
        raise AssertionError("no fraction with a denominator up to 1111")
