"""`free-root`: a sum or difference of two values of a polynomial of which one root is unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Name, Whole, Words
from generators.competition.template import Template


class Listing(Kind):
    """Integers in a sentence: $2$, $5$, and $8$."""

    pattern = r"-?\d+(?:, -?\d+)*,? and -?\d+"

    def print(self, value: Sequence[int], words: Words) -> str:
        *first, last = (f"${number}$" for number in value)
        return ", ".join(first) + ("," if len(first) > 1 else "") + f" and {last}"

    def read(self, text: str, words: Words) -> tuple[int, ...]:
        return tuple(map(int, re.findall(r"-?\d+", text)))


PAIRS = [(d, e) for d in range(1, 15) for e in range(d + 2, 15, 2)]
GAPS = (
    *((-d, d) for d in range(1, 15)),
    *((-d, 0, d) for d in range(2, 15, 2)),
    *((-e, -d, d, e) for d, e in PAIRS),
    *((-e, -d, 0, d, e) for d, e in PAIRS if d % 2 == 0),
)
"""Twice the distances of the known roots from their center."""


class FreeRoot(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/intermediate_algebra/591.json", "test/intermediate_algebra/117.json")
    numbers = Numbers(gaps=GAPS, s=range(-8, 23), u=range(-4, 10))
    prints = {"degree": Whole(), "roots": Listing(), "w": Whole(), "sign": Name("+", "-")}
    texts = (
        "A monic polynomial $p(x)$ of degree $<degree>$ has <roots> among its roots. Find "
        "$p(<u>)<sign>p(<w>)$.",
        "Let $p(x)$ be monic and of degree $<degree>$. All but one of its roots are known: "
        "they are <roots>. Compute $p(<u>)<sign>p(<w>)$.",
        "If <roots> are roots of a monic polynomial $p(x)$ of degree $<degree>$, what is the value "
        "of $p(<u>)<sign>p(<w>)$?",
        "A polynomial $p(x)$ has degree $<degree>$ and leading coefficient 1. It is known that "
        "<roots> are roots of $p(x)$, but nobody has told us the remaining root. Surprisingly, it is "
        "not needed to find one special combination of values of the polynomial. Compute "
        r"\[p(<u>)<sign>p(<w>).\]",
        r"Find \[p(<u>)<sign>p(<w>)\] if <roots> are all but one of the roots of a monic polynomial "
        r"$p(x)$ of degree $<degree>$.",
        "Find $p(<u>)<sign>p(<w>)$ if $p(x)$ is monic of degree $<degree>$ and has the roots <roots>.",
        "If $p(x)$ is monic, has degree $<degree>$, and has <roots> as roots, find "
        "$p(<u>)<sign>p(<w>)$.",
        "A monic polynomial $p(x)$ of degree $<degree>$ has the roots <roots>. Find "
        r"\[p(<u>)<sign>p(<w>).\]",
    )

    def nice(self, p: Parameters) -> Any:
        roots = self.known(p)
        fits = (p.s - p.gaps[0]) % 2 == 0 and 2 * p.u < p.s
        small = fits and roots[0] >= -6 and roots[-1] <= 15 and p.u not in roots
        return small and abs(self.solve(p)) <= 10_000

    def known(self, p: Parameters) -> tuple[int, ...]:
        """The roots that the text tells."""
        return tuple((p.s + gap) // 2 for gap in p.gaps)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "degree": len(p.gaps) + 1,
            "roots": self.known(p),
            "u": p.u,
            "w": p.s - p.u,
            "sign": "+" if len(p.gaps) % 2 else "-",
        }

    def solve(self, p: Parameters) -> Any:
        # p(u) = (u - t) Q and p(s - u) = +-(s - u - t) Q, so that t drops out.
        return (2 * p.u - p.s) * prod(p.u - root for root in self.known(p))

    def check(self, q: Parameters) -> Any:
        sign = -1 if q.sign == "-" else 1
        results = set()
        for free in (-31, 0, 17, 100):
            first = second = 1
            for root in (*q.roots, free):
                first, second = first * (q.u - root), second * (q.w - root)
            results.add(first + sign * second)
        (result,) = results
        return result
