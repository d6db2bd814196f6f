"""`at-least-one-each`: committees that have at least so many members of each of two groups."""

from __future__ import annotations

from math import comb
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Words
from generators.competition.template import Template

NUMERALS = ("zero", "one", "two", "three", "four")


class Few(Kind):
    """A number of members of a group: one teacher, two teachers. `form` is the plural of `who`."""

    pattern = f"(?:{'|'.join(NUMERALS)}) [a-z]+"

    def __init__(self, form: int) -> None:
        self.form = form

    def print(self, value: int, words: Words) -> str:
        return f"{NUMERALS[value]} {words['who'][self.form + (value == 1)]}"

    def read(self, text: str, words: Words) -> int:
        return NUMERALS.index(text.split()[0])


class AtLeastOneEach(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/counting_and_probability/216.json",
        "test/counting_and_probability/1009.json",
        "test/counting_and_probability/737.json",
    )
    numbers = Numbers(
        extra=("none", "member", "apart"),
        a=range(4, 15),
        b=range(4, 15),
        k=range(4, 9),
        u=(1, 2, 3),
        v=(1, 2, 3),
    )
    prints = {
        "u": Few(0),
        "v": Few(2),
        "extra": Choice(
            none="",
            member=", including the oldest <who:1>",
            apart=", but not both the oldest <who:1> and the oldest <who:3>",
        ),
    }
    words = {
        "who": (
            ("teachers", "teacher", "parents", "parent"),
            ("nurses", "nurse", "doctors", "doctor"),
            ("painters", "painter", "poets", "poet"),
            ("farmers", "farmer", "millers", "miller"),
        )
    }
    texts = (
        "A council of <k> is to be formed from <a> <who> and <b> <who:2>, with at least <u> and at "
        "least <v><extra>. In how many ways can this be done?",
        "How many groups of <k> from <a> <who> and <b> <who:2> have at least <u> and at least "
        "<v><extra>?",
        "Find the number of ways to choose <k> people from <a> <who> and <b> <who:2>, with at least "
        "<u> and at least <v><extra>.",
        "What is the number of teams of <k> from <a> <who> and <b> <who:2> that have at least <u> and "
        "at least <v><extra>?",
        "How many committees of <k> can be formed from <a> <who> and <b> <who:2> so that at least <u> "
        "and at least <v> are on the committee<extra>?",
        "The <a> <who> and <b> <who:2> of a village want to elect a board of <k> people. Find the "
        "number of possible boards that contain at least <u> and at least <v><extra>.",
        "A city plans a new public park, and <a> <who> and <b> <who:2> have offered their help. "
        "The mayor can invite just <k> of these people to join the planning group, and nobody has a "
        "special post in it. She wants to choose the group so that it contains at least <u> and at "
        "least <v><extra>. How many different groups could the mayor invite?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.u + p.v < p.k and p.a != p.b and self.solve(p) <= 50_000

    def same(self, p: Parameters) -> object:
        groups = ((p.a, p.u), (p.b, p.v))
        return (p.extra, p.k, groups if p.extra == "member" else frozenset(groups))

    def solve(self, p: Parameters) -> Any:
        if p.extra == "member":
            return committees(p.a - 1, p.b, p.k - 1, p.u - 1, p.v)
        total = committees(p.a, p.b, p.k, p.u, p.v)
        if p.extra == "apart":
            total -= committees(p.a - 1, p.b - 1, p.k - 2, p.u - 1, p.v - 1)
        return total

    def check(self, q: Parameters) -> Any:
        rows = [[1]]
        for _ in range(q.a + q.b):
            rows.append([x + y for x, y in zip([*rows[-1], 0], [0, *rows[-1]], strict=True)])
        total = 0
        for oldest in ((0, 0), (0, 1), (1, 0), (1, 1)):
            if (q.extra == "member" and not oldest[0]) or (q.extra == "apart" and all(oldest)):
                continue
            for i in range(q.a):
                j = q.k - sum(oldest) - i
                if 0 <= j < q.b and i + oldest[0] >= q.u and j + oldest[1] >= q.v:
                    total += rows[q.a - 1][i] * rows[q.b - 1][j]
        return total


def committees(a: int, b: int, k: int, least: int, other: int) -> int:
    """All committees of k without those that have too few of a group."""
    few = sum(comb(a, i) * comb(b, k - i) for i in range(least))
    few += sum(comb(b, j) * comb(a, k - j) for j in range(min(other, k - least + 1)))
    return comb(a + b, k) - few
