"""`exchange-chain`: how many of one unit equal so many of another one, through a third."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

THINGS = "quills beads shells feathers pebbles ribbons marbles buttons acorns gems pins".split()
COINS = "zims taks plons morks grets luns dobs fips wugs sneds lorps".split()


class ExchangeChain(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/prealgebra/2086.json",
        "test/prealgebra/1436.json",
        "test/prealgebra/993.json",
        "test/prealgebra/2066.json",
    )
    numbers = Numbers(
        a=range(2, 10), b=range(2, 10), c=range(2, 10), d=range(2, 10), times=range(1, 9)
    )
    prints = {"t": Whole()}
    words = {
        **dict.fromkeys(("one", "two", "three"), THINGS),
        **dict.fromkeys(("x1", "x2", "x3"), COINS),
        "name": PEOPLE,
    }
    texts = (
        "If <a> <one> trade for <b> <two>, and <c> <two> trade for <d> <three>, how many <one> trade "
        "for <t> <three>?",
        "If <a> <x1> equal <b> <x2>, and <c> <x2> equal <d> <x3>, how many <x1> are equal to <t> "
        "<x3>?",
        "On a small island people pay in <x1>, <x2>, and <x3>. There, <a> <x1> have the same "
        "worth as <b> <x2>, and <c> <x2> have the same worth as <d> <x3>. What is the value of <t> "
        "<x3> in <x1>?",
        "<name> collects <one>. At the school market, other children give <b> <two> for every <a> "
        "<one>, and <d> <three> for every <c> <two>. How many <one> does <name> need to get <t> "
        "<three>?",
        "In an old tale, a traveler finds a town where nobody has ever seen a coin. The people of "
        "the town use <one>, <two>, and <three> instead. At the gate, a guard tells the traveler the "
        "two rules of the market: <a> <one> are worth as much as <b> <two>, and <c> <two> are worth "
        "as much as <d> <three>. A horse is sold for <t> <three>. How many <one> is this?",
        "In a video game, <a> <x1> can be turned into <b> <x2>, and <c> <x2> into <d> <x3>. What is "
        "the number of <x1> that can be turned into <t> <x3>?",
        "How many <x1> are worth <t> <x3> if <a> <x1> are worth <b> <x2>, and <c> <x2> are worth "
        "<d> <x3>?",
        "If <a> <x1> make <b> <x2>, and <c> <x2> make <d> <x3>, what number of <x1> makes <t> <x3>?",
        "Compute the number of <x1> that <t> <x3> are worth, if <a> <x1> are worth <b> <x2> and "
        "<c> <x2> are worth <d> <x3>.",
    )
    version = 2

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "t": self.least(p) * p.times}

    def least(self, p: Parameters) -> int:
        """The least number of the third unit that whole bundles of both exchanges give."""
        exchanges: int = lcm(p.b, p.c) // p.c
        return exchanges * int(p.d)

    def nice(self, p: Parameters) -> Any:
        lowest = gcd(p.a, p.b) == gcd(p.c, p.d) == 1
        t = self.least(p) * p.times
        return lowest and 2 <= t <= 200 and 2 <= t * p.a * p.c // (p.b * p.d) <= 200 and p.b != p.c

    def solve(self, p: Parameters) -> Any:
        return self.least(p) * p.times * Fraction(p.c, p.d) * Fraction(p.a, p.b)

    def check(self, q: Parameters) -> Any:
        # Bundles of equal worth in all three units, and then the least whole share of them.
        second = lcm(q.b, q.c)
        first, third = q.a * (second // q.b), q.d * (second // q.c)
        (found,) = (n for n in range(1, 1000) if n * third == q.t * first)
        return found
