"""`surd-power`: a combination of the coefficients of a power of a sum of two surds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import comb, gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

ROOTS = (2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21)
PAIRS = [pair for pair in combinations(ROOTS, 2) if gcd(*pair) == 1]
FACTORS = [(u, v) for u in range(1, 6) for v in range(-5, 6) if gcd(u, v) == 1 and v]
BASES = [(u, m, v, n) for m, n in PAIRS for u, v in FACTORS if u * u * m + v * v * n <= 350]


class SurdPower(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/algebra/2779.json",
        "test/algebra/1082.json",
        "test/intermediate_algebra/607.json",
    )
    numbers = Numbers(
        base=BASES,
        form=("odd", "even"),
        longer=(False, True),
        ask=("a+b", "a-b"),
    )
    prints = {
        "form": Choice(
            odd=r"a\sqrt{<m:again>}+b\sqrt{<n:again>}",
            even=r"a+b\sqrt{<mn>}",
        ),
        "ask": Choice({"a+b": "a+b", "a-b": "a-b"}),
        **dict.fromkeys(("u", "v", "m", "n", "mn", "power"), Whole()),
    }
    words = {"name": PEOPLE}
    texts = (
        r"The number $(<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>})^<power>$ can be written as $<form>$ with "
        "integers $a$ and $b$. What is $<ask>$?",
        r"If $(<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>})^<power>=<form>$, where $a$ and $b$ are integers, what "
        "is the value of $<ask>$?",
        "Find $<ask>$ if $a$ and $b$ are integers such that "
        r"$(<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>})^<power>=<form>$.",
        r"<name> expands $(<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>})^<power>$ and then collects like terms, so "
        "that only two terms are left. The simplified result is $<form>$, where the integers $a$ and "
        "$b$ are positive or negative. What is the value of $<ask>$?",
        r"Let $x=<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>}$. When $x^<power>$ is written in the form $<form>$ "
        "for some integers $a$ and $b$, what is $<ask>$?",
        r"If $(<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>})^<power>=<form>$ for integers $a$ and $b$, what is "
        "$<ask>$?",
        r"Find $<ask>$, where $(<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>})^<power>=<form>$ and $a,b$ are "
        "integers.",
        "There are integers $a$ and $b$ such that "
        r"\[(<u:c>\sqrt{<m>}<v:+c>\sqrt{<n>})^<power>=<form>.\] What is $<ask>$?",
    )

    def nice(self, p: Parameters) -> Any:
        return all(abs(part) <= 8000 for part in self.parts(p))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        u, m, v, n = p.base
        return {**vars(p), "power": self.exponent(p), "u": u, "v": v, "m": m, "n": n, "mn": m * n}

    def exponent(self, p: Parameters) -> int:
        """The exponent."""
        return {"odd": 3, "even": 4}[p.form] + (2 if p.longer else 0)

    def parts(self, p: Parameters) -> tuple[int, int]:
        """The coefficients a and b."""
        (u, m, v, n), power, sums = p.base, self.exponent(p), [0, 0]
        for k in range(power + 1):
            # The term u^(power-k) v^k sqrt(m)^(power-k) sqrt(n)^k without its last roots.
            roots = m ** ((power - k) // 2) * n ** (k // 2)
            sums[k % 2] += comb(power, k) * u ** (power - k) * v**k * roots
        return sums[0], sums[1]

    def solve(self, p: Parameters) -> Any:
        a, b = self.parts(p)
        return a + b if p.ask == "a+b" else a - b

    def check(self, q: Parameters) -> Any:
        # Multiply step by step in the basis 1, sqrt(m), sqrt(n), sqrt(mn).
        one, first, second, both = 1, 0, 0, 0
        for _ in range(q.power):
            one, first, second, both = (
                q.u * q.m * first + q.v * q.n * second,
                q.u * one + q.v * q.n * both,
                q.v * one + q.u * q.m * both,
                q.u * second + q.v * first,
            )
        if q.form == "odd":
            assert one == both == 0
            a, b = first, second
        else:
            assert first == second == 0 and q.mn == q.m * q.n
            a, b = one, both
        return a + b * (1 if q.ask == "a+b" else -1)
