"""`two-prices`: the price of one thing from two baskets that differ only in its number."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import DecimalNumber, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class TwoPrices(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/algebra/2743.json", "test/algebra/1035.json", "test/algebra/722.json")
    numbers = Numbers(
        counts=list(combinations(range(2, 10), 2)), price=range(12, 241), other=range(25, 181)
    )
    prints = {
        **dict.fromkeys(("m", "n"), Whole()),
        **dict.fromkeys(("few", "many"), DecimalNumber(2)),
    }
    words = {
        "thing": (
            ("notebooks", "a notebook", "notebook"),
            ("pencils", "a pencil", "pencil"),
            ("stamps", "a stamp", "stamp"),
            ("badges", "a badge", "badge"),
            ("postcards", "a postcard", "postcard"),
            ("apples", "an apple", "apple"),
            ("envelopes", "an envelope", "envelope"),
        ),
        "other": (
            ("a ruler", "ruler"),
            ("a glue stick", "glue stick"),
            ("an orange", "orange"),
            ("a ribbon", "ribbon"),
            ("a magnet", "magnet"),
        ),
        "name": PEOPLE,
        "friend": PEOPLE,
    }
    texts = (
        r"<m:Word> <thing> and <other> cost \$<few>. <n:Word> of the <thing> and the same <other:1> "
        r"cost \$<many>. How many cents does <thing:1> cost?",
        r"If <m:word> <thing> and <other> cost \$<few>, and <n:word> <thing> and <other> cost \$<many>, "
        "what is the price of <thing:1> in cents?",
        r"<name> pays \$<few> for <m:word> <thing> and <other>. <friend> pays \$<many> for <n:word> of "
        "the same <thing> and the same <other:1>. In cents, what is the cost of one <thing:2>?",
        r"At a school store, <m:word> <thing> and <other> cost \$<few> together, while <n:word> <thing> "
        r"and <other> cost \$<many> together. No tax is added. How many cents does one <thing:2> cost?",
        "<name> went to a small shop and bought <other> and <m:word> <thing>. All of the <thing> had "
        r"the same price, and the total was \$<few>. On the next day, <friend> went to the same shop, "
        "where no price had changed. <friend:1^> bought the same kind of <other:1>, but <n:word> of "
        r"the <thing>, and had to pay \$<many>. Find the price of one <thing:2> in cents.",
        r"The price of <m:word> <thing> and <other> is \$<few>. The price of <n:word> <thing> and "
        r"<other> is \$<many>. What is the price, in cents, of one <thing:2>?",
        r"If <m> <thing> and <other> cost \$<few>, and <n> <thing> and <other> cost \$<many>, how "
        "many cents does <thing:1> cost?",
        r"Find the price in cents of <thing:1>, if <m> <thing> and <other> cost \$<few>, while <n> "
        r"<thing> and <other> cost \$<many>.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        m, n = p.counts
        few, many = m * p.price + p.other, n * p.price + p.other
        return {"m": m, "n": n, "few": Fraction(few, 100), "many": Fraction(many, 100)}

    def solve(self, p: Parameters) -> Any:
        return p.price

    def check(self, q: Parameters) -> Any:
        few, many = int(100 * q.few), int(100 * q.many)
        (price,) = (x for x in range(1, few) if few - q.m * x == many - q.n * x > 0)
        return price
