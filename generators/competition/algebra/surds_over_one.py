"""`surds-over-one`: the form (a sqrt m + b sqrt n)/c of a sum of surds and reciprocals of surds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import gcd, isqrt, lcm
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Whole, Words
from generators.competition.template import Template

PAIRS = list(combinations((2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23), 2))
OVER = [value for value in range(-6, 7) if value]


class RootAndReciprocal(Kind):
    """A triple (p, q, n) for p sqrt(n) + q/sqrt(n), q not 0: 2\\sqrt{5}-\\frac{1}{\\sqrt{5}}."""

    pattern = r"\d*\\sqrt\{\d+\}[+-]\\frac\{\d+\}\{\\sqrt\{\d+\}\}"

    def print(self, value: tuple[int, int, int], words: Words) -> str:
        size, over, root = value
        sign = "-" if over < 0 else "+"
        before = rf"{size if size > 1 else ''}\sqrt{{{root}}}"
        return rf"{before}{sign}\frac{{{abs(over)}}}{{\sqrt{{{root}}}}}"

    def read(self, text: str, words: Words) -> tuple[int, int, int]:
        size, _, rest = text.partition(r"\sqrt{")
        root, _, rest = rest.partition("}")
        over = rest[1:].removeprefix(r"\frac{").partition("}")[0]
        return int(size or 1), int(rest[0] + over), int(root)


class SurdsOverOne(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/algebra/1082.json",
        "test/algebra/2058.json",
        "test/algebra/1519.json",
        "test/algebra/509.json",
    )
    numbers = Numbers(roots=PAIRS, p1=(1, 2), p2=OVER, q1=(1, 2), q2=OVER)
    prints = {
        **dict.fromkeys(("first", "second"), RootAndReciprocal()),
        **dict.fromkeys("mn", Whole()),
    }
    texts = (
        r"The sum $<first>+<second>$ equals $\frac{a\sqrt{<m>}+b\sqrt{<n>}}{c}$ with positive integers "
        "$a,$ $b,$ $c$ and $c$ as small as possible. Find $a+b+c$.",
        r"If $<first>+<second>=\frac{a\sqrt{<m>}+b\sqrt{<n>}}{c}$ for positive integers $a,$ $b,$ and "
        "$c$, where $c$ is the least possible, what is $a+b+c$?",
        r"What is the least possible value of $a+b+c$ if $a$, $b$, and $c$ are positive integers and "
        r"$<first>+<second>=\frac{a\sqrt{<m>}+b\sqrt{<n>}}{c}$?",
        "The expression $<first>+<second>$ is simplified until only one fraction is left and there is "
        r"no root in the denominator. The result is of the form $\frac{a\sqrt{<m>}+b\sqrt{<n>}}{c}$, "
        "where $a$, $b$, and $c$ are positive integers that have no common factor greater than 1. "
        "What is the value of $a+b+c$?",
        r"Let $a$, $b$, and $c$ be positive integers whose greatest common divisor is 1 such that "
        r"$<first>+<second>=\frac{a\sqrt{<m>}+b\sqrt{<n>}}{c}$. Find $a+b+c$.",
        r"In lowest terms, $<first>+<second>=\frac{a\sqrt{<m>}+b\sqrt{<n>}}{c}$ for positive "
        "integers $a$, $b$, $c$. What is $a+b+c$?",
        "Find the least $a+b+c$ for positive integers $a,b,c$ such that "
        r"$<first>+<second>=\frac{a\sqrt{<m>}+b\sqrt{<n>}}{c}$.",
    )

    def nice(self, p: Parameters) -> Any:
        m, n = p.roots
        if p.p1 * m + p.p2 <= 0 or p.q1 * n + p.q2 <= 0:
            return False
        return p.p2 % m and p.q2 % n and self.solve(p) <= 1000

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        m, n = p.roots
        return {"first": (p.p1, p.p2, m), "second": (p.q1, p.q2, n), "m": m, "n": n}

    def solve(self, p: Parameters) -> Any:
        m, n = p.roots
        first, second = Fraction(p.p1 * m + p.p2, m), Fraction(p.q1 * n + p.q2, n)
        c = lcm(first.denominator, second.denominator)
        return int(first * c + second * c) + c

    def check(self, q: Parameters) -> Any:
        # a^2 m = c^2 (p sqrt(m) + q/sqrt(m))^2: the first c for which both a and b are whole.
        squares = [
            (size * size * root * root + 2 * size * over * root + over * over, root * root)
            for size, over, root in (q.first, q.second)
        ]
        for c in range(1, 1000):
            found = []
            for above, below in squares:
                value, rest = divmod(c * c * above, below)
                whole = isqrt(value)
                if rest or whole * whole != value:
                    break
                found.append(whole)
            else:
                assert gcd(c, *found) == 1
                return c + sum(found)
        raise AssertionError(q)
