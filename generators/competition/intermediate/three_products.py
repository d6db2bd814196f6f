"""`three-products`: a value of three positive numbers from the products of their pairs."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, isqrt
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template


class ThreeProducts(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = (
        "test/intermediate_algebra/337.json",
        "test/algebra/1457.json",
        "test/intermediate_algebra/1407.json",
    )
    numbers = Numbers(
        a=range(2, 18), b=range(2, 18), c=range(2, 18), ask=("sum", "product", "weighted")
    )
    prints = {
        "p": Whole(),
        "q": Whole(),
        "r": Whole(),
        "ask": Choice(sum="$<v>+<v:1>+<v:2>$", product="$<v><v:1><v:2>$", weighted="$<v>+2<v:1>$"),
    }
    words = {"v": (("x", "y", "z"), ("a", "b", "c"), ("p", "q", "r"))}
    texts = (
        "Positive numbers $<v>$, $<v:1>$, and $<v:2>$ satisfy $<v><v:1>=<p>$, $<v><v:2>=<q>$, and "
        "$<v:1><v:2>=<r>$. Find <ask>.",
        "If $<v><v:1>=<p>$, $<v><v:2>=<q>$, $<v:1><v:2>=<r>$, and $<v>$, $<v:1>$, $<v:2>$ are all "
        "positive, what is the value of <ask>?",
        "The positive numbers $<v>$, $<v:1>$, and $<v:2>$ are a solution of the system "
        r"\[\begin{aligned}<v><v:1>&=<p>, \\ <v><v:2>&=<q>, \\ <v:1><v:2>&=<r>.\end{aligned}\] "
        "Compute <ask>.",
        "The edges that meet at a corner of a closed rectangular box are $<v>$, $<v:1>$, and $<v:2>$ "
        "inches long. The face on which the edges $<v>$ and $<v:1>$ meet has an area of $<p>$ square "
        "inches. The face on which $<v>$ and $<v:2>$ meet has an area of $<q>$ square inches, and "
        "the face on which $<v:1>$ and $<v:2>$ meet has an area of $<r>$ square inches. Find <ask>.",
        r"Find <ask> if $<v>$, $<v:1>$, $<v:2>$ are positive, \[<v><v:1>=<p>, \quad <v><v:2>=<q>, "
        r"\quad \text{and} \quad <v:1><v:2>=<r>.\]",
        "The product of the positive numbers $<v>$ and $<v:1>$ is $<p>$. When $<v>$ is multiplied by "
        "a third positive number $<v:2>$, the result is $<q>$, and when $<v:1>$ is multiplied by "
        "$<v:2>$, the result is $<r>$. Find <ask>.",
        "Let $<v>$, $<v:1>$, $<v:2>$ be positive. If $<v><v:1>=<p>$, $<v><v:2>=<q>$, and "
        "$<v:1><v:2>=<r>$, find <ask>.",
        r"If \[<v><v:1>=<p>, \quad <v><v:2>=<q>, \quad <v:1><v:2>=<r>\] for positive $<v>$, $<v:1>$, "
        "$<v:2>$, find <ask>.",
        "Find <ask>, where $<v>,<v:1>,<v:2> > 0$, $<v><v:1>=<p>$, $<v><v:2>=<q>$, and "
        "$<v:1><v:2>=<r>$.",
    )

    def nice(self, p: Parameters) -> Any:
        # The sum and the product are the same for all orders.
        different = p.a != p.b and p.a != p.c and p.b != p.c
        return different if p.ask == "weighted" else p.a < p.b < p.c

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"p": p.a * p.b, "q": p.a * p.c, "r": p.b * p.c, "ask": p.ask}

    def same(self, p: Parameters) -> object:
        return (p.ask, p.a, p.b, p.c)

    def solve(self, p: Parameters) -> Any:
        first, second, third = p.a * p.b, p.a * p.c, p.b * p.c
        a = isqrt(first * second // third)
        b, c = first // a, second // a
        return {"sum": a + b + c, "product": a * b * c, "weighted": a + 2 * b}[p.ask]

    def check(self, q: Parameters) -> Any:
        shared = gcd(q.p, q.q)
        fits = [
            (d, q.p // d, q.q // d)
            for d in range(1, shared + 1)
            if shared % d == 0 and q.p // d * (q.q // d) == q.r
        ]
        ((x, y, z),) = fits
        if q.ask == "sum":
            return x + y + z
        return x * y * z if q.ask == "product" else x + y + y
