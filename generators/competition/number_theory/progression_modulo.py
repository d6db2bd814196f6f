"""`progression-modulo`: the remainder of a long arithmetic series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template


class ProgressionModulo(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/number_theory/109.json",
        "test/number_theory/911.json",
        "test/number_theory/239.json",
    )
    numbers = Numbers(a=range(1, 21), step=range(2, 10), terms=range(25, 121), m=range(5, 14))
    prints = dict.fromkeys(("b", "c", "d", "y", "z"), Whole())
    texts = (
        r"Find the modulo <m> remainder of the sum $<a>+<b>+<c>+<d>+\dots+<y>+<z>$.",
        r"If $<a>+<b>+<c>+<d>+\dots+<y>+<z> \equiv n \pmod{<m>}$ and $0 \le n < <m:again>$, what is "
        r"the value of $n$?",
        r"Let $S=<a>+<b>+<c>+<d>+\dots+<y>+<z>$, where each term is obtained when the same integer "
        r"is added to the one before it. What is the remainder of $S$ after division by <m>?",
        r"The terms of the arithmetic sequence $<a>, <b>, <c>, <d>, \dots, <y>, <z>$ are added. "
        r"What remainder does their sum leave when it is divided by <m>?",
        "The pages of a large picture book hold more and more stamps. There are <a> on the first "
        "page, <b> on the second, <c> on the third, <d> on the fourth, and so on, always growing "
        "at the same rate, up to <y> and <z> stamps on the last two pages. The owner takes all of "
        "them out and packs them into envelopes of <m>. If as many envelopes as possible are "
        "filled, how many stamps are left over?",
        r"What is the remainder of $<a>+<b>+<c>+<d>+\dots+<y>+<z>$ modulo <m>?",
        r"Compute the remainder of $<a>+<b>+<c>+<d>+\dots+<y>+<z>$ modulo <m>.",
        r"If the sum $<a>+<b>+<c>+<d>+\dots+<y>+<z>$ is divided by <m>, what is the remainder?",
    )

    def nice(self, p: Parameters) -> Any:
        rare = self.solve(p) or (p.a + p.terms) % 4 == 0
        return rare and p.a + (p.terms - 1) * p.step <= 999

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        z = p.a + (p.terms - 1) * p.step
        b, c, d = (p.a + i * p.step for i in (1, 2, 3))
        return {"a": p.a, "b": b, "c": c, "d": d, "y": z - p.step, "z": z, "m": p.m}

    def solve(self, p: Parameters) -> Any:
        return (p.terms * p.a + p.step * (p.terms * (p.terms - 1) // 2)) % p.m

    def check(self, q: Parameters) -> Any:
        remainder, term = 0, q.a
        while term <= q.z:
            remainder = (remainder + term) % q.m
            term += q.d - q.c
        return remainder
