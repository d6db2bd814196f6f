"""`blocks-round-table`: seatings of several groups round a table, with rules inside of the groups."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations_with_replacement, permutations, product
from math import factorial
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Words
from generators.competition.template import Template

RULES = {
    "end": "the oldest {0} sits at one end of the row of {1}",
    "inner": "the oldest {0} sits between two {1}",
    "next": "the two oldest {1} sit side by side",
    "apart": "the two oldest {1} do not sit side by side",
    "ends": "the two oldest {1} sit at the ends of their row",
}
WORD = "[A-Za-z]+"


class Sizes(Kind):
    """The sizes of the groups: 4 pianists, 3 singers, and 1 dancer."""

    pattern = rf"\d+ {WORD}(?:, \d+ {WORD})+, and \d+ {WORD}"

    def print(self, value: tuple[int, ...], words: Words) -> str:
        groups = [f"{n} {words['g'][2 * i + (n == 1)]}" for i, n in enumerate(value)]
        return ", ".join([*groups[:-1], "and " + groups[-1]])

    def read(self, text: str, words: Words) -> tuple[int, ...]:
        return tuple(map(int, re.findall(r"\d+", text)))


class Rules(Kind):
    """A rule for the first group, and perhaps one for the second."""

    _ONE = "|".join(rule.format(WORD, WORD) for rule in RULES.values())
    pattern = rf"(?:{_ONE})(?: and (?:{_ONE}))?"

    def print(self, value: tuple[str, ...], words: Words) -> str:
        nouns = words["g"]
        parts = [RULES[r].format(nouns[2 * i + 1], nouns[2 * i]) for i, r in enumerate(value)]
        return " and ".join(parts)

    def read(self, text: str, words: Words) -> tuple[str, ...]:
        return tuple(
            name
            for part in text.split(" and ")
            for name, rule in RULES.items()
            if re.fullmatch(rule.format(WORD, WORD), part)
        )


class BlocksRoundTable(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/counting_and_probability/159.json",
        "test/counting_and_probability/525.json",
        "test/counting_and_probability/134.json",
        "test/counting_and_probability/238.json",
        "test/counting_and_probability/894.json",
    )
    numbers = Numbers(
        rules=[r for n in (1, 2) for r in combinations_with_replacement(RULES, n)],
        sizes=[s for n in (3, 4) for s in product(range(1, 7), repeat=n) if s[0] >= 3],
    )
    prints = {"rules": Rules(), "sizes": Sizes()}
    words = {
        "g": (
            tuple("pianists pianist singers singer dancers dancer drummers drummer".split()),
            tuple("nurses nurse bakers baker teachers teacher farmers farmer".split()),
            tuple("Danes Dane Poles Pole Swedes Swede Finns Finn".split()),
            tuple("swimmers swimmer runners runner boxers boxer rowers rower".split()),
            tuple("painters painter writers writer sculptors sculptor poets poet".split()),
        )
    }
    texts = (
        "At a round table sit <sizes>. The members of each kind sit side by side, and <rules>. In how "
        "many ways can they be seated, if seatings that are rotations of each other count only once?",
        "How many seatings of <sizes> at a round table keep each kind together, if <rules>? (Rotations "
        "count once.)",
        "Find the number of ways to seat <sizes> at a round table, each kind together, if <rules> and "
        "rotations count as the same.",
        "A round table is set for <sizes>. How many seatings keep the people of each kind together if "
        "<rules>? Rotations of a seating are not counted again.",
        "In how many ways can <sizes> sit at a round table if the people of each kind are next to each "
        "other and <rules>? (Two seatings are the same if one can be turned into the other.)",
        "After a long day, <sizes> meet for dinner. Their round table has just as many chairs as there "
        "are people, and the chairs all look the same, so that two seatings are not distinguished if "
        "each person has the same neighbor on the right in both. All of the <g> want to sit in a row "
        "without any gap, and so do the people of each other kind. In addition, <rules>. How many "
        "seatings are possible?",
    )
    fixed = ("rules",)

    def nice(self, p: Parameters) -> Any:
        ruled, free = p.sizes[: len(p.rules)], list(p.sizes[len(p.rules) :])
        if min(ruled) < 3 or free != sorted(free, reverse=True):
            return False
        if len(set(p.rules)) < len(p.rules) and ruled[0] < ruled[1]:
            return False
        return self.solve(p) <= 5_000_000

    def solve(self, p: Parameters) -> Any:
        ways = factorial(len(p.sizes) - 1)
        for n in p.sizes[len(p.rules) :]:
            ways *= factorial(n)
        for rule, n in zip(p.rules, p.sizes, strict=False):
            ways *= {
                "end": 2 * factorial(n - 1),
                "inner": (n - 2) * factorial(n - 1),
                "next": 2 * factorial(n - 1),
                "apart": (n - 2) * factorial(n - 1),
                "ends": 2 * factorial(n - 2),
            }[rule]
        return ways

    def check(self, q: Parameters) -> Any:
        groups = range(len(q.sizes))
        tables = {min(t[i:] + t[:i] for i in groups) for t in permutations(groups)}
        ways = len(tables)
        for i, size in enumerate(q.sizes):
            ways *= rows(size, q.rules[i] if i < len(q.rules) else "")
        return ways


@cache
def rows(size: int, rule: str) -> int:
    """The orders of the people 0 (the oldest), 1, ... that keep a rule, one by one."""
    kept = 0
    for row in permutations(range(size)):
        place, second = row.index(0), row.index(1) if size > 1 else 0
        at_end = place in (0, size - 1)
        kept += {
            "": True,
            "end": at_end,
            "inner": not at_end,
            "next": abs(place - second) == 1,
            "apart": abs(place - second) > 1,
            "ends": abs(place - second) == size - 1,
        }[rule]
    return kept
