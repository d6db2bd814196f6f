"""`fuel-saved`: how much less one rate takes than another one."""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Whole, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE

PAIRS = tuple((r, s) for r in range(8, 61) for s in range(8, 61) if r < s)


class Thousands(Kind):
    """A positive integer from 1000 on in a formula, in groups of three digits: 12{,}000."""

    pattern = r"\d{1,3}(?:\{,\}\d{3})+"

    def print(self, value: int, words: Words) -> str:
        return f"{value:,}".replace(",", "{,}")

    def read(self, text: str, words: Words) -> int:
        return int(text.replace("{,}", ""))


class FuelSaved(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/prealgebra/2037.json",
        "test/prealgebra/1973.json",
        "test/prealgebra/954.json",
        "test/prealgebra/1991.json",
    )
    numbers = Numbers(rates=PAIRS, times=range(1, 41))
    prints = {"d": Thousands(), "r": Whole(), "s": Whole()}
    words = {"name": PEOPLE}
    texts = (
        "Last year <name> drove <name:2> van $<d>$ miles, and it went <r> miles on a gallon of "
        "gasoline. A small car would have gone <s> miles on a gallon. How many gallons would "
        "<name:1> have saved?",
        "An old pump moves <r> gallons of water in a minute, and a new pump moves <s>. How many "
        "minutes less does the new pump take to move $<d>$ gallons?",
        "A book shop has to print $<d>$ pages. If one printer makes <r> pages per minute and a "
        "second one makes <s> pages per minute, how many minutes longer would the first printer need "
        "for all of the pages?",
        "How many more hours does it take to fill $<d>$ bottles at <r> bottles per hour than at <s> "
        "bottles per hour?",
        "For many years a delivery company has used trucks that run <r> miles per gallon of fuel. "
        "The owner, <name>, is thinking about new trucks that run <s> miles per gallon. In a month "
        "the trucks of the company travel $<d>$ miles in total, and this will not change. If all of "
        "the trucks are replaced, how many gallons of fuel will the company save in a month?",
        "<name> can pack <r> boxes in an hour, and a machine can pack <s>. There are $<d>$ boxes. "
        "What is the difference, in hours, between the time that <name> would need for them and the "
        "time that the machine would need?",
        "How many fewer gallons does a car use on $<d>$ miles at <s> miles per gallon than at <r>?",
        "How many minutes longer does it take to print $<d>$ pages at <r> pages per minute than at "
        "<s>?",
        "Compute how many gallons of gasoline a car saves on $<d>$ miles when it goes <s> miles "
        "per gallon instead of <r> miles per gallon.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        r, s = p.rates
        return {"d": lcm(r, s) * p.times, "r": r, "s": s}

    def nice(self, p: Parameters) -> Any:
        r, s = p.rates
        d = lcm(r, s) * p.times
        return 1000 <= d <= 24_000 and d % 10 == 0 and 5 <= d // r - d // s <= 900

    def solve(self, p: Parameters) -> Any:
        r, s = p.rates
        return (lcm(r, s) // r - lcm(r, s) // s) * p.times

    def check(self, q: Parameters) -> Any:
        first = second = 0
        left = q.d
        while left > 0:
            left, first = left - q.r, first + 1
        while left < q.d:
            left, second = left + q.s, second + 1
        if left != q.d:
            raise ValueError("expected whole numbers")
        return first - second
