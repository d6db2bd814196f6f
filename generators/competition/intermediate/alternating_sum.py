"""`alternating-sum`: the value of an arithmetic sequence added and subtracted in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Signed, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class AlternatingSum(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = ("test/intermediate_algebra/134.json", "test/intermediate_algebra/1462.json")
    numbers = Numbers(start=range(1, 16), step=range(1, 6), terms=range(8, 64))
    prints = {
        **dict.fromkeys(("a", "b", "c", "d"), Whole()),
        **dict.fromkeys(("y", "z"), Signed()),
    }
    words = {"name": PEOPLE}
    texts = (
        r"Find $<a>-<b>+<c>-<d>+\dots<y><z>$.",
        r"What is the value of $<a>-<b>+<c>-<d>+\dots<y><z>$?",
        r"Compute the alternating sum \[<a>-<b>+<c>-<d>+\dots<y><z>.\]",
        r"The terms of the sum \[<a>-<b>+<c>-<d>+\dots<y><z>\] alternate in sign, and their absolute "
        "values grow at a constant rate. Evaluate the sum.",
        r"<name> types \[<a>-<b>+<c>-<d>+\dots<y><z>\] into a calculator. Apart from their signs, the "
        "numbers form an arithmetic sequence, and plus and minus signs take turns from the first "
        "number to the last. Find the number that the calculator shows at the end, if <name:1> makes "
        "no mistake.",
        r"Let \[S=<a>-<b>+<c>-<d>+\dots<y><z>,\] where the terms without their signs form an "
        "arithmetic sequence. Find $S$.",
        r"Find the sum \[<a>-<b>+<c>-<d>+\dots<y><z>.\]",
        r"Evaluate $<a>-<b>+<c>-<d>+\dots<y><z>$.",
        r"Find the value of the alternating sum $<a>-<b>+<c>-<d>+\dots<y><z>$.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, b, c, d = (p.start + i * p.step for i in range(4))
        y, z = ((p.start + i * p.step) * (-1) ** i for i in (p.terms - 2, p.terms - 1))
        return {"a": a, "b": b, "c": c, "d": d, "y": y, "z": z}

    def solve(self, p: Parameters) -> Any:
        pairs = p.terms // 2
        return -pairs * p.step if p.terms % 2 == 0 else p.start + pairs * p.step

    def check(self, q: Parameters) -> Any:
        terms = range(q.a, abs(q.z) + 1, q.b - q.a)
        if terms[-1] != abs(q.z):
            raise ValueError("expected the last term in the sequence")
        return sum(terms[::2]) - sum(terms[1::2])
