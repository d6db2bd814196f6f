"""`zeros-at-end`: the zeros at the end of a product of consecutive integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class ZerosAtEnd(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/prealgebra/1297.json", "test/number_theory/1185.json")
    numbers = Numbers(a=range(2, 120), n=range(20, 251))
    prints = {"b": Whole(), "c": Whole()}
    words = {"name": PEOPLE}
    texts = (
        r"How many zeros are at the end of the product $<a>\cdot <b>\cdot <c>\cdots <n>$?",
        r"The product $<a>\cdot <b>\cdot <c>\cdots <n>$ ends in exactly $k$ zeros. What is the value "
        "of $k$?",
        r"What is the largest integer $n$ such that $10^n$ is a divisor of $<a>\cdot <b>\cdot "
        r"<c>\cdots <n>$?",
        r"<name> writes the integer $<a>\cdot <b>\cdot <c>\cdots <n>$ on a long strip of paper. Then "
        "<name:1> cuts off all of the zeros that stand to the right of the last nonzero digit. How "
        "many zeros does <name:1> cut off?",
        r"Let $P$ be the product $<a>\cdot <b>\cdot <c>\cdots <n>$ of consecutive integers. A computer "
        "divides $P$ by 10, divides the result by 10, and so on. It stops as soon as a result cannot "
        "be divided by 10 without a remainder. How many times does the computer divide by 10? (For "
        r"example, $3\cdot 4\cdot 5=60$ can be divided by 10 only once.)",
        r"When the product \[<a>\cdot <b>\cdot <c>\cdots <n>\] of consecutive integers is written as "
        "a single integer, how many zeros come after its last nonzero digit?",
        r"In how many zeros does $<a>\cdot <b>\cdot <c>\cdots <n>$ end?",
        r"Compute the number of zeros at the end of $<a>\cdot <b>\cdot <c>\cdots <n>$.",
        r"How many times is 10 a factor of $<a>\cdot <b>\cdot <c>\cdots <n>$?",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "b": p.a + 1, "c": p.a + 2}

    def nice(self, p: Parameters) -> Any:
        return p.n - p.a >= 12

    def solve(self, p: Parameters) -> Any:
        return min(self.order(q, p.n) - self.order(q, p.a - 1) for q in (2, 5))

    def order(self, prime: int, n: int) -> int:
        """The highest power of a prime in n!."""
        total = 0
        while n:
            n //= prime
            total += n
        return total

    def check(self, q: Parameters) -> Any:
        product = 1
        for factor in range(q.a, q.n + 1):
            product *= factor
        digits = str(product)
        return len(digits) - len(digits.rstrip("0"))
