"""`sum-of-multiples`: the sum of the multiples of an integer, or their neighbors, between bounds."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class SumOfMultiples(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/algebra/2570.json",
        "test/algebra/769.json",
        "test/algebra/529.json",
        "test/algebra/1184.json",
    )
    numbers = Numbers(
        k=range(3, 20), low=range(20, 201, 5), high=range(60, 401, 5), kind=(0, 1, -1)
    )
    prints = {
        "kind": Choice(
            {
                0: "multiples of <k>",
                1: "integers that are one more than a multiple of <k>",
                -1: "integers that are one less than a multiple of <k>",
            }
        )
    }
    words = {"name": PEOPLE}
    texts = (
        "What is the sum of all <kind> that lie between <low> and <high>?",
        "Among the integers from <low> to <high>, find the sum of all <kind>.",
        "From the integers between <low> and <high>, all <kind> are put into a set $S$. What is the sum "
        "of the elements of $S$?",
        "<name> writes the integers from <low> to <high> in a long row. Then <name:1> circles all "
        "<kind>. If neither the first nor the last integer of the row is circled, what is the sum of "
        "all circled integers?",
        "If $n$ ranges over all <kind> such that $<low> < n < <high>$, what is the sum of all values "
        "of $n$?",
        "The lockers in a school corridor are labeled in order, and the labels that are visible from "
        "the door run from <low> to <high>. On the first day of school, a sticker is put on every "
        "locker whose label is among the <kind>. What is the sum of the labels that are visible from "
        "the door and belong to a locker that got a sticker?",
        "In the range from <low> to <high>, compute the sum of all <kind>.",
        "Between <low> and <high>, what is the sum of all <kind>?",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        # No bound is a multiple or one of the integers that are asked for. So it does not matter
        # whether bounds count, and whether the multiples or their neighbors lie between them.
        clear = all((bound - kind) % p.k for bound in (p.low, p.high) for kind in {0, p.kind})
        return clear and 5 * p.k <= p.high - p.low <= 60 * p.k

    def solve(self, p: Parameters) -> Any:
        first = p.low + (p.kind - p.low) % p.k
        last = p.high - (p.high - p.kind) % p.k
        return (first + last) * ((last - first) // p.k + 1) // 2

    def check(self, q: Parameters) -> Any:
        return sum(n for n in range(q.low + 1, q.high) if (n - q.kind) % q.k == 0)
