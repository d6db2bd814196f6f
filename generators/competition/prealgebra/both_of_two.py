"""`both-of-two`: how many are in both, or in exactly one, of two groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template

DO = ("swim", "run", "row", "skate", "fence", "climb", "ski", "dance")
CLUBS = ("chess", "drama", "robotics", "photography", "debating", "pottery", "astronomy")
PETS = ("a cat", "a dog", "a rabbit", "a parrot", "a turtle", "a hamster")


class BothOfTwo(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = (
        "test/prealgebra/1247.json",
        "test/counting_and_probability/761.json",
        "test/counting_and_probability/765.json",
    )
    numbers = Numbers(
        first=range(2, 41),
        second=range(2, 41),
        shared=range(2, 31),
        c=range(2, 21),
        ask=("both", "one"),
    )
    prints = {
        "n": Whole(),
        "a": Whole(),
        "b": Whole(),
        "ask": Choice(both="both", one="exactly one of the two"),
    }
    words = {"do": DO, "do2": DO, "club": CLUBS, "club2": CLUBS, "pet": PETS, "pet2": PETS}
    texts = (
        "Of the <n> pupils of a choir school, <a> <do>, <b> <do2>, and <c> do neither. How many "
        "pupils do <ask>?",
        "Of the <n> readers of a pet magazine, <a> have <pet>, <b> have <pet2>, and <c> have "
        "neither. How many of them have <ask>?",
        "There are <n> students in the seventh grade. The <club> club has <a> members from this "
        "grade, and the <club2> club has <b>. If <c> students of the grade belong to neither of "
        "these clubs, how many belong to <ask>?",
        "A survey of <n> families asks which pets they keep. It turns out that <a> of the families "
        "own <pet> and <b> own <pet2>, while <c> families own neither of these animals. What is the "
        "number of families that own <ask>?",
        "A summer camp lasts for three weeks. In the first week there is a course in <club>, and in "
        "the second week there is one in <club2>. The last week is free for hiking. Of the <n> "
        "campers, <a> sign up for the first course and <b> for the second one. The <c> campers who "
        "did not sign up for any course help in the kitchen. How many campers take <ask>?",
        "Out of <n> guests at a hotel, <a> <do> in the morning, <b> <do2> in the afternoon, and <c> "
        "stay in their rooms all day. If nobody does anything else, how many guests do <ask>?",
        "Of <n> students, <a> <do>, <b> <do2>, and <c> do neither. How many do <ask>?",
        "If <a> of <n> people have <pet>, <b> have <pet2>, and <c> have neither, how many have "
        "<ask>?",
        "Of <n> people, <a> own <pet>, <b> own <pet2>, and <c> own neither. What is the number of "
        "people who own <ask>?",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, b = p.first + p.shared, p.second + p.shared
        return {**vars(p), "a": a, "b": b, "n": p.first + b + p.c}

    def nice(self, p: Parameters) -> Any:
        return p.first + p.second + p.shared + p.c >= 20

    def same(self, p: Parameters) -> object:
        return (p.ask, p.shared, p.c, *sorted((p.first, p.second)))

    orbit = 2

    def solve(self, p: Parameters) -> Any:
        return p.shared if p.ask == "both" else p.first + p.second

    def check(self, q: Parameters) -> Any:
        # Put the members of the first group at the start and those of the second at the end.
        some = q.n - q.c
        first, second = set(range(q.a)), set(range(some - q.b, some))
        return len(first & second) if q.ask == "both" else len(first ^ second)
