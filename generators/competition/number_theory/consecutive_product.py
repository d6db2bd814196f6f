"""`consecutive-product`: two pairs of consecutive integers from their products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class ConsecutiveProduct(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/number_theory/521.json",)
    numbers = Numbers(
        ask=("all", "greater", "lesser"),
        kinds=("even", "odd"),
        x=range(3, 46),
        y=range(3, 46),
    )
    prints = {
        "ask": Choice(
            all="the sum of all four integers",
            greater="the sum of the greater integers of the two pairs",
            lesser="the product of the lesser integers of the two pairs",
        ),
        "kinds": Choice(even="even", odd="odd"),
        "first": Whole(),
        "second": Whole(),
    }
    words = {"name": PEOPLE, "other": PEOPLE}
    texts = (
        "A pair of consecutive positive integers has product <first>, and a pair of consecutive "
        "positive <kinds> integers has product <second>. What is <ask>?",
        "Two consecutive positive integers have product <first>. Two consecutive positive <kinds> "
        "integers have product <second>. What is <ask>?",
        "If the product of a pair of consecutive positive integers is <first> and the product of a "
        "pair of consecutive positive <kinds> integers is <second>, what is <ask>?",
        "<name> multiplies two consecutive positive integers and gets <first>. <other> multiplies "
        "two consecutive positive <kinds> integers and gets <second>. What is <ask>?",
        "Two boxes contain two cards each, and on every card there is a positive integer. The "
        "cards in the red box show consecutive integers, whose product is <first>. The cards in "
        "the blue box show consecutive <kinds> integers, whose product is <second>. The cards of "
        "one box form a pair. What is <ask>?",
        "Express <first> as a product of consecutive positive integers, and <second> as a product "
        "of consecutive positive <kinds> integers, two factors each. Compute <ask>.",
        "Two consecutive positive integers multiply to <first>, and two consecutive positive "
        "<kinds> integers multiply to <second>. What is <ask>?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.y % 2 == (p.kinds == "odd")

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        first, second = p.x * (p.x + 1), p.y * (p.y + 2)
        return {"ask": p.ask, "kinds": p.kinds, "first": first, "second": second}

    def solve(self, p: Parameters) -> Any:
        if p.ask == "lesser":
            return p.x * p.y
        return p.x + 1 + p.y + 2 + (p.x + p.y if p.ask == "all" else 0)

    def check(self, q: Parameters) -> Any:
        pairs = []
        for target, step in ((q.first, 1), (q.second, 2)):
            ((a, b),) = ((n, n + step) for n in range(1, 100) if n * (n + step) == target)
            assert step == 1 or a % 2 == (q.kinds == "odd")
            pairs.append((a, b))
        (a, b), (c, d) = pairs
        return {"all": a + b + c + d, "greater": b + d, "lesser": a * c}[q.ask]
