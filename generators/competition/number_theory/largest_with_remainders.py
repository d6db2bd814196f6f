"""`largest-with-remainders`: the integer next to a bound that has three given remainders."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template

MODULI = tuple(
    (a, b, c)
    for a in range(5, 16)
    for b in range(a + 1, 17)
    for c in range(b + 1, 18)
    if gcd(a, b) == gcd(a, c) == gcd(b, c) == 1 and a * b * c <= 1600
)


class LargestWithRemainders(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/number_theory/1002.json",
        "test/number_theory/1055.json",
        "test/number_theory/149.json",
        "test/number_theory/631.json",
    )
    numbers = Numbers(
        ask=("largest", "smallest"),
        moduli=MODULI,
        x=range(20, 1600),
        bound=range(600, 4001, 10),
    )
    prints = {
        "ask": Choice(
            largest="largest integer less than <bound>",
            smallest="smallest integer above <bound>",
        ),
        **dict.fromkeys(("r", "s", "t", "a", "b", "c"), Whole()),
    }
    texts = (
        "What is the <ask> with the remainders <r> upon division by <a>, <s> upon division by <b>, and "
        "<t> upon division by <c>?",
        r"Let $x$ be the <ask> such that $x \equiv <r> \pmod{<a>}$, $x \equiv <s> \pmod{<b>}$, and "
        r"$x \equiv <t> \pmod{<c>}$. What is the value of $x$?",
        "Compute the <ask> that is <r> more than a multiple of <a>, <s> more than a multiple of "
        "<b>, and <t> more than a multiple of <c>.",
        "A museum owns a large collection of coins. When the coins are put into bags of <a>, the "
        "number of coins that remain is <r>. Bags of <b> would leave <s>, and bags of <c> would "
        "leave <t>. The director remembers that the number of coins in the collection is the <ask> "
        "for which all of this is true. How many coins does the museum own?",
        "The number of seats in a stadium is the <ask> that satisfies three conditions. If the "
        "seats are counted in groups of <a>, the last and incomplete group has size <r>. If they "
        "are counted in groups of <b>, it has size <s>, and if they are counted in groups of <c>, "
        "it has size <t>. How many seats are there in the stadium?",
        "What is the <ask> that is <r> modulo <a>, <s> modulo <b>, and <t> modulo <c>?",
        "Determine the <ask> that leaves remainders <r>, <s>, <t> modulo <a>, <b>, <c>, "
        "respectively.",
        r"What is the <ask> that is a solution of $x \equiv <r> \pmod{<a>}$, $x \equiv <s> "
        r"\pmod{<b>}$, and $x \equiv <t> \pmod{<c>}$?",
    )

    def nice(self, p: Parameters) -> Any:
        a, b, c = p.moduli
        remainders = (p.x % a, p.x % b, p.x % c)
        return p.x < a * b * c <= p.bound and all(remainders) and len(set(remainders)) > 1

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, b, c = p.moduli
        r, s, t = (p.x % m for m in p.moduli)
        return {"ask": p.ask, "bound": p.bound, "a": a, "b": b, "c": c, "r": r, "s": s, "t": t}

    def solve(self, p: Parameters) -> Any:
        a, b, c = p.moduli
        period = a * b * c
        if p.ask == "largest":
            return p.bound - 1 - (p.bound - 1 - p.x) % period
        return p.bound + 1 + (p.x - p.bound - 1) % period

    def check(self, q: Parameters) -> Any:
        step = -1 if q.ask == "largest" else 1
        n = q.bound + step
        while (n % q.a, n % q.b, n % q.c) != (q.r, q.s, q.t):
            n += step
        return n
