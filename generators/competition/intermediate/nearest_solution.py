"""`nearest-solution`: the least difference of two integers with a given weighted sum."""

from __future__ import annotations

from math import gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template


class NearestSolution(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = (
        "test/intermediate_algebra/991.json",
        "test/number_theory/13.json",
        "test/prealgebra/1227.json",
    )
    numbers = Numbers(a=range(2, 16), b=range(2, 16), c=range(40, 241))
    words = {
        "things": (
            ("adult tickets", "child tickets", "a museum"),
            ("large candles", "small candles", "a craft shop"),
            ("pies", "muffins", "a bakery"),
            ("hardcovers", "paperbacks", "a secondhand bookstore"),
            ("roses", "tulips", "a flower stand"),
        )
    }
    texts = (
        "The integers $m$ and $n$ satisfy $<a>m+<b>n=<c>$. Find the smallest possible value of "
        "$|m-n|$.",
        "Find the least possible value of $|x-y|$ if $x$ and $y$ are integers such that "
        "$<a>x+<b>y=<c>$.",
        r"Let $x$ and $y$ be integers such that \[<a>x+<b>y=<c>.\] Compute the minimum value of "
        "$|x-y|$.",
        r"Consider all pairs of integers $(a,b)$ that are solutions of the equation \[<a>a+<b>b=<c>.\] "
        "What is the smallest value that $|a-b|$ takes for one of these pairs?",
        "One day, <things:2> took in exactly $<c>$ dollars from the sale of <things> at $<a>$ dollars "
        "each and <things:1> at $<b>$ dollars each. Nobody wrote down how many <things> and how many "
        "<things:1> were sold. Find the smallest possible difference between the number of <things> and "
        "the number of <things:1>.",
        "If $<a>p+<b>q=<c>$, where $p$ and $q$ are integers, then how small can $|p-q|$ be?",
        "If $<a>m+<b>n=<c>$ for integers $m$ and $n$, find the least value of $|m-n|$.",
        r"Find the minimum of $|x-y|$ for integers $x$, $y$ such that \[<a>x+<b>y=<c>.\]",
        "Let $<a>x+<b>y=<c>$, where $x$ and $y$ are integers. Find the minimum value of $|x-y|$.",
    )

    def nice(self, p: Parameters) -> Any:
        # The nearest solution is positive, so that it is one of the story, too.
        wide = 2 * p.c >= (p.a + p.b) * (max(p.a, p.b) + 2)
        return gcd(p.a, p.b) == 1 and p.a + p.b > 12 and wide and p.c % (p.a + p.b)

    def same(self, p: Parameters) -> object:
        return (frozenset((p.a, p.b)), p.c)

    orbit = 2
    version = 2

    def solve(self, p: Parameters) -> Any:
        n = p.c * pow(p.b, -1, p.a) % p.a
        m = (p.c - p.b * n) // p.a
        gap = (m - n) % (p.a + p.b)
        return min(gap, p.a + p.b - gap)

    def check(self, q: Parameters) -> Any:
        left = ((m, q.c - q.a * m) for m in range(-500, 501))
        return min(abs(m - rest // q.b) for m, rest in left if rest % q.b == 0)
