"""`neither-of-two`: how many belong to neither, or to just one, of two groups."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template

FEATURES = ("a garage", "a garden", "a balcony", "a fireplace", "a fence")
LANGUAGES = ("Spanish", "French", "German", "Italian", "Latin", "Polish")


class NeitherOfTwo(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = (
        "test/counting_and_probability/761.json",
        "test/prealgebra/1247.json",
        "test/counting_and_probability/765.json",
    )
    numbers = Numbers(
        ask=("neither", "one"),
        first=range(2, 15),
        second=range(2, 15),
        both=range(2, 11),
        out=range(2, 15),
    )
    prints = {
        "ask": Choice(neither="neither", one="exactly one of the two"),
        **dict.fromkeys("nab", Whole()),
    }
    words = {"f": FEATURES, "g": FEATURES, "l": LANGUAGES, "m": LANGUAGES}
    texts = (
        "Of <n> houses on a street, <a> have <f>, <b> have <g>, and <both> have both. How many of the "
        "houses have <ask>?",
        "If <a> of <n> pupils study <l>, <b> study <m>, and <both> study both, how many study <ask>?",
        "Of <n> pupils, <a> study <l>, <b> study <m>, and <both> study both. What is the number of "
        "pupils who study <ask>?",
        "There are <n> boxes: <a> hold nails, <b> hold screws, and <both> hold both. How many hold "
        "<ask>?",
        "Among <n> houses, <a> have <f>, <b> have <g>, and <both> have both. Find the number of houses "
        "that have <ask>.",
        "In a group of <n> hikers, <a> carry a map and <b> carry a compass. If <both> of the hikers "
        "carry both, how many carry <ask>?",
        r"A set of <n> elements has subsets $A$ and $B$ such that $|A|=<a>$, $|B|=<b>$, and $|A\cap "
        "B|=<both>$. Find the number of elements of the set that belong to <ask>.",
        "A library asked <n> of its readers what they had borrowed last month. It turned out that <a> "
        "of them had borrowed a novel and <b> of them had borrowed a cookbook. Both of these counts "
        "include the <both> readers who had borrowed books of both kinds. Of the readers who were "
        "asked, how many had borrowed <ask>?",
        "A bakery sold <a> rolls that contain raisins and <b> that contain nuts. Of these, <both> "
        "contain both raisins and nuts. If the bakery sold <n> rolls in all, how many of the rolls "
        "contain "
        "<ask>?",
    )

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        total = p.first + p.second + p.both + p.out
        a, b = p.first + p.both, p.second + p.both
        return {"ask": p.ask, "n": total, "a": a, "b": b, "both": p.both}

    def nice(self, p: Parameters) -> Any:
        return p.first != p.second

    def same(self, p: Parameters) -> object:
        return (p.ask, frozenset((p.first, p.second)), p.both, p.out)

    def solve(self, p: Parameters) -> Any:
        return p.out if p.ask == "neither" else p.first + p.second

    def check(self, q: Parameters) -> Any:
        # The first a of n people are in the first group, and the second group begins inside of it.
        first, second = set(range(q.a)), set(range(q.a - q.both, q.a - q.both + q.b))
        chosen = set(range(q.n)) - (first | second) if q.ask == "neither" else first ^ second
        return len(chosen)
