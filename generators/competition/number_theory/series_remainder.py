"""`series-remainder`: the remainder of a short sum of equally spaced integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template


class SeriesRemainder(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = (
        "test/number_theory/466.json",
        "test/number_theory/239.json",
        "test/number_theory/132.json",
        "test/number_theory/342.json",
        "test/number_theory/109.json",
    )
    numbers = Numbers(a=range(1, 41), step=range(1, 4), terms=range(8, 21), m=range(4, 14))
    prints = dict.fromkeys(("b", "c", "z"), Whole())
    texts = (
        r"What is the remainder when $<a>+<b>+<c>+\dots+<z>$ is divided by <m>?",
        r"Determine the remainder of $<a>+<b>+<c>+\dots+<z>$ modulo <m>.",
        r"If the sum $<a>+<b>+<c>+\dots+<z>$ is divided by <m>, what is the remainder?",
        r"The terms of the sum $<a>+<b>+<c>+\dots+<z>$ form an arithmetic sequence. The sum is "
        r"divided by <m>. What is the remainder of this division?",
        "The shelves of a storeroom hold <a>, <b>, <c>, and so on up to <z> jars. From each shelf "
        "to the next, the number of jars increases by the same amount. All of the jars are packed "
        "into boxes of <m>. How many jars are left over after as many boxes as possible have been "
        "filled?",
        r"What is the remainder of $<a>+<b>+<c>+\dots+<z>$ modulo <m>?",
        r"Find the remainder when <m> is divided into $<a>+<b>+<c>+\dots+<z>$.",
        r"What remainder does $<a>+<b>+<c>+\dots+<z>$ leave when divided by <m>?",
    )

    def nice(self, p: Parameters) -> Any:
        return self.solve(p) or (p.a + p.terms) % 4 == 0

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        z = p.a + (p.terms - 1) * p.step
        return {"a": p.a, "b": p.a + p.step, "c": p.a + 2 * p.step, "z": z, "m": p.m}

    def solve(self, p: Parameters) -> Any:
        return p.terms * (2 * p.a + (p.terms - 1) * p.step) // 2 % p.m

    def check(self, q: Parameters) -> Any:
        remainder = 0
        for term in range(q.a, q.z + 1, q.b - q.a):
            remainder = (remainder + term) % q.m
        return remainder
