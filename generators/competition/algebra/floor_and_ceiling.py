"""`floor-and-ceiling`: the square of a rounded root plus or minus a rounded decimal."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, DecimalNumber, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class FloorAndCeiling(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/algebra/2232.json", "test/algebra/824.json", "test/algebra/435.json")
    numbers = Numbers(
        n=[n for n in range(2, 120) if isqrt(n) ** 2 != n],
        tenths=[tenths for tenths in range(-99, 100) if tenths % 10],
        root=("floor", "ceil"),
        decimal=("floor", "ceil"),
        sign=("+", "-"),
    )
    prints = {
        "n": Whole(),
        "d": DecimalNumber(),
        "root": Choice(floor=r"\lfloor\sqrt{<n>}\rfloor", ceil=r"\lceil\sqrt{<n>}\rceil"),
        "decimal": Choice(floor=r"\lfloor <d>\rfloor", ceil=r"\lceil <d>\rceil"),
        "sign": Choice({"+": "+", "-": "-"}),
    }
    words = {"name": PEOPLE}
    texts = (
        "Evaluate $<root>^2<sign><decimal>$.",
        "What is the value of $<root>^2<sign><decimal>$?",
        "If $a=<root>$ and $b=<decimal>$, what is $a^2<sign>b$?",
        r"For a real number $x$, let $\lfloor x\rfloor$ be the greatest integer that is at most $x$, "
        r"and let $\lceil x\rceil$ be the least integer that is at least $x$. What is the value of "
        "$<root>^2<sign><decimal>$?",
        r"<name> knows that $\lfloor x\rfloor$ means the largest integer less than or equal to $x$, "
        r"and that $\lceil x\rceil$ means the smallest integer greater than or equal to $x$. On a "
        "sheet of paper <name:1> first computes $a=<root>$, then $b=<decimal>$, and at last the "
        "number $a^2<sign>b$. What number does <name> get at the end?",
        "What is $<root>^2<sign><decimal>$?",
        "Compute $<root>^2<sign><decimal>$.",
        r"Find the value of \[<root>^2<sign><decimal>.\]",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "d": Fraction(p.tenths, 10)}

    def solve(self, p: Parameters) -> Any:
        root = isqrt(p.n) + (p.root == "ceil")
        d = Fraction(p.tenths, 10)
        last = floor(d) if p.decimal == "floor" else ceil(d)
        return root**2 + (last if p.sign == "+" else -last)

    def check(self, q: Parameters) -> Any:
        whole = range(-20, 21)
        if q.root == "floor":
            root = max(k for k in whole if k * k <= q.n)
        else:
            root = min(k for k in whole if k >= 0 and k * k >= q.n)
        if q.decimal == "floor":
            last = max(k for k in whole if k <= q.d)
        else:
            last = min(k for k in whole if k >= q.d)
        return root * root + last * (1 if q.sign == "+" else -1)
