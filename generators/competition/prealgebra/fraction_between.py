"""`fraction-between`: the only numerator that puts a fraction between two others."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Number
from generators.competition.template import Template
from generators.competition.words import PEOPLE, UNKNOWNS

PROPER = tuple(sorted({Fraction(n, d) for d in (*range(2, 13), 15) for n in range(1, d)}))
PAIRS = tuple(
    (low, high)
    for low in PROPER
    for high in PROPER
    if Fraction(1, 100) < high - low < Fraction(1, 6)
)


class FractionBetween(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/prealgebra/1238.json",)
    numbers = Numbers(ends=PAIRS, m=range(5, 90))
    prints = {"low": Number(), "high": Number()}
    words = {"x": UNKNOWNS, "name": PEOPLE}
    texts = (
        r"Which integer $<x>$ satisfies $<low> < \frac{<x>}{<m>} < <high>$?",
        r"What is the integer $<x>$ such that $<low> < \frac{<x>}{<m>} < <high>$?",
        r"If $<x>$ is an integer and $\frac{<x>}{<m>}$ is greater than $<low>$ but less than "
        "$<high>$, what is the value of $<x>$?",
        r"There is only one integer $<x>$ that makes \[<low> < \frac{<x>}{<m>} < <high>\] a true "
        "statement. What is $<x>$?",
        "<name> cuts a ribbon into <m> equal pieces and uses $<x>$ of them for a present. After that "
        "<name:1> knows that more than $<low>$ of the ribbon, but less than $<high>$ of it, has been "
        "used. What is the value of $<x>$?",
        "The <m> seats of a bus are all free in the morning. At the first stop, some people get on, "
        "and every one of them takes a seat. The driver looks into the mirror and says that more "
        "than $<low>$ of the seats are now taken. A passenger in the last row says that less than "
        "$<high>$ of them are taken. Both are right, and from what they say the number $<x>$ of "
        "people on the seats can be found. What is $<x>$?",
        r"For which integer $<x>$ is $<low> < \frac{<x>}{<m>} < <high>$?",
        r"If $<low> < \frac{<x>}{<m>} < <high>$, what is the integer $<x>$?",
        r"Compute the only integer $<x>$ that satisfies $<low> < \frac{<x>}{<m>} < <high>$.",
    )

    def printed_values(self, p: Parameters) -> Any:
        return {"low": p.ends[0], "high": p.ends[1], "m": p.m}

    def nice(self, p: Parameters) -> Any:
        first = floor(p.ends[0] * p.m) + 1
        return first >= 2 and first < p.ends[1] * p.m <= first + 1

    def solve(self, p: Parameters) -> Any:
        return floor(p.ends[0] * p.m) + 1

    def check(self, q: Parameters) -> Any:
        (found,) = (
            x
            for x in range(q.m + 1)
            if q.low.numerator * q.m < x * q.low.denominator
            and x * q.high.denominator < q.high.numerator * q.m
        )
        return found
