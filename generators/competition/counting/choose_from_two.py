"""`choose-from-two`: the ways to choose so many from each of two groups."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE

ENSEMBLES = ("a quartet", "a quintet", "a sextet", "a septet", "an octet", "a nonet")


class Ensemble(Kind):
    """A number of musicians from 4 on: a quartet, a group of 12."""

    pattern = "|".join(ENSEMBLES) + r"|a group of \d+"

    def print(self, value: int, words: Words) -> str:
        return ENSEMBLES[value - 4] if value < 10 else f"a group of {value}"

    def read(self, text: str, words: Words) -> int:
        return ENSEMBLES.index(text) + 4 if text in ENSEMBLES else int(text.split()[-1])


class ChooseFromTwo(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = (
        "test/counting_and_probability/23957.json",
        "test/counting_and_probability/666.json",
        "test/counting_and_probability/389.json",
        "test/counting_and_probability/190.json",
        "test/counting_and_probability/116.json",
    )
    numbers = Numbers(
        rule=("none", "star"),
        a=range(3, 16),
        b=range(3, 16),
        c=range(2, 10),
        d=range(2, 10),
    )
    prints = {
        "k": Ensemble(),
        # The ensemble of the worked example is read and not drawn.
        "rule": Choice(ensemble=" for <k>", none="", star=" if the best <who:1> must be included"),
    }
    words = {
        "who": (
            ("violinists", "violinist", "cellists"),
            ("flutists", "flutist", "drummers"),
            ("harpists", "harpist", "pianists"),
            ("trumpeters", "trumpeter", "oboists"),
        ),
        "name": PEOPLE,
    }
    texts = (
        "An orchestra has <a> <who> and <b> <who:2>. In how many ways can <c> of the <who> and <d> of "
        "the <who:2> be chosen<rule>?",
        "In how many ways can <c> of <a> <who> and <d> of <b> <who:2> be chosen<rule>?",
        "How many groups of <c> <who> and <d> <who:2> can be formed from <a> <who> and <b> "
        "<who:2><rule>?",
        "Find the number of ways to choose <c> of <a> <who> and <d> of <b> <who:2><rule>.",
        "What is the number of choices of <c> out of <a> <who> and <d> out of <b> <who:2><rule>?",
        "<name> knows <a> <who> and <b> <who:2>, and wants to invite <c> of the <who> and <d> of the "
        "<who:2>. How many choices does <name:1> have<rule>?",
        "A band is to consist of <c> <who> and <d> <who:2>. If <a> <who> and <b> <who:2> would like to "
        "join, how many bands are possible<rule>? (The order in which they are chosen does not matter.)",
        "The music school of a small town has <a> <who> and <b> <who:2>. Every spring, its teachers "
        "send a group of pupils to a festival in the capital, but the bus has room for just some of "
        "them. This year the teachers agree to send <c> of the <who> and <d> of the <who:2>, while all "
        "of the others stay at home. In how many ways can the teachers choose the pupils who go on the "
        "trip<rule>?",
    )

    def nice(self, p: Parameters) -> Any:
        if p.c >= p.a or p.d >= p.b:
            return False
        return p.a != p.b and comb(p.a, p.c) * comb(p.b, p.d) <= 200_000

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        return {**vars(p), "k": p.c + p.d}

    def same(self, p: Parameters) -> object:
        groups = ((p.a, p.c), (p.b, p.d))
        return (p.rule, groups if p.rule == "star" else frozenset(groups))

    def solve(self, p: Parameters) -> Any:
        star = p.rule == "star"
        return comb(p.a - star, p.c - star) * comb(p.b, p.d)

    def check(self, q: Parameters) -> Any:
        first, second = choices(q.a, q.c), choices(q.b, q.d)
        if q.rule == "star":  # who is not among those of a choice without her
            first -= choices(q.a - 1, q.c)
        return first * second


def choices(size: int, chosen: int) -> int:
    """The number of subsets, counted one by one."""
    return sum(1 for _ in combinations(range(size), chosen))
