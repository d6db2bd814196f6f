"""`three-sets`: the size of one of three sets, when another is a multiple of it."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name, Whole
from generators.competition.template import Template

TIMES = ("twice", "three times")


class ThreeSets(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/counting_and_probability/765.json",
        "test/counting_and_probability/761.json",
        "test/prealgebra/1247.json",
    )
    numbers = Numbers(
        ask=("b", "c", "only"),
        ratio=(2, 3),
        all=range(3, 13),
        none=range(3, 13),
        a=range(2, 16),
        c=range(2, 16),
        ab=range(2, 11),
        bc=range(2, 11),
        ac=range(2, 11),
    )
    prints = {
        "ask": Choice(b="B", c="C", only="B alone"),
        "times": Name(*TIMES),
        **dict.fromkeys(("n", "first", "x", "y", "z"), Whole()),
    }
    words = {"place": ("museum", "palace", "gallery")}
    texts = (
        "Of <n> visitors to a <place>, <all> saw all of the halls A, B, and C, and <none> saw none of "
        "them. There were <first> who saw A, and <times> as many saw B as saw C. Halls A and B were "
        "both seen by <x>, B and C by <y>, and A and C by <z>. How many visitors saw <ask>?",
        "Of <n> pupils, <first> take A, and <times> as many take B as C. A and B are taken together by "
        "<x>, B and C by <y>, A and C by <z>, all three by <all>, and none by <none>. How many take "
        "<ask>?",
        "Let A, B, and C be subsets of a set of <n> elements. Of these elements, <first> are in A, <x> "
        "are in A and B, <y> are in B and C, <z> are in A and C, <all> are in all three subsets, and "
        "<none> are in none of them. If B has <times> as many elements as C, how many elements are in "
        "<ask>?",
        "Among <n> people, <first> speak A, and <times> as many speak B as C, while <all> speak all "
        "three and <none> none of these languages. If <x> speak A and B, <y> speak B and C, and <z> "
        "speak A and C, find the number of those who speak <ask>.",
        "A town has <n> families and three newspapers A, B, and C. All three are read by <all> families "
        "and none by <none>. If <first> families read A, <x> read A and B, <y> read B and C, <z> read A "
        "and C, and B is read by <times> as many families as C, how many families read <ask>?",
        "Among <n> members of a choir, <first> know song A, and <times> as many know song B as song C. "
        "Songs A and B are known to <x>, B and C to <y>, A and C to <z>, all three songs to <all>, and "
        "none of them to <none> of the members. How many members know <ask>?",
        "During one winter, <n> guests stayed at a hotel in the mountains, and each of them "
        "filled in a form about the ski runs A, B, and C. The forms showed that <none> guests "
        "used none of the three runs, while <all> guests used every one of them. Both A and B "
        "were used by <x> guests, both B and C by <y>, and both A and C by <z>. Run A was used "
        "by <first> guests. The manager also noted that B had <times> as many users as C. How "
        "many of the guests used <ask>?",
    )

    def nice(self, p: Parameters) -> Any:
        return self.rest(p) >= 1

    def rest(self, p: Parameters) -> int:
        """How many are in B alone."""
        return int(p.ratio * (p.c + p.bc + p.ac + p.all) - p.ab - p.bc - p.all)

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        regions = p.a + p.c + p.ab + p.bc + p.ac + p.all + p.none + self.rest(p)
        return {
            "ask": p.ask,
            "times": TIMES[p.ratio - 2],
            "n": regions,
            "all": p.all,
            "none": p.none,
            "first": p.a + p.ab + p.ac + p.all,
            "x": p.ab + p.all,
            "y": p.bc + p.all,
            "z": p.ac + p.all,
        }

    fixed = ("ratio",)

    def solve(self, p: Parameters) -> Any:
        c = p.c + p.bc + p.ac + p.all
        return {"b": p.ratio * c, "c": c, "only": self.rest(p)}[p.ask]

    def check(self, q: Parameters) -> Any:
        ratio = TIMES.index(q.times) + 2
        ab, bc, ac = q.x - q.all, q.y - q.all, q.z - q.all
        found = []
        for c in range(bc + ac + q.all, q.n):
            b = ratio * c
            regions = (q.first - ab - ac - q.all, b - ab - bc - q.all, c - ac - bc - q.all)
            if min(regions) > 0 and sum(regions) + ab + bc + ac + q.all + q.none == q.n:
                found.append({"b": b, "c": c, "only": regions[1]}[q.ask])
        (only,) = found
        return only
