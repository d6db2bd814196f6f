"""`median-of-list`: the median of eight numbers."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template
from generators.competition.words import PEOPLE

NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")


class MedianOfList(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/prealgebra/1804.json", "test/prealgebra/1865.json")
    numbers = Numbers(**dict.fromkeys(NAMES, range(5, 100)))
    words = {"name": PEOPLE}
    texts = (
        "On eight days a museum had <a>, <b>, <c>, <d>, <e>, <f>, <g>, and <h> visitors. What was "
        "the median number of visitors?",
        "What is the median of the list <a>, <b>, <c>, <d>, <e>, <f>, <g>, <h>?",
        "Eight friends weigh their suitcases before a flight. The weights are <a>, <b>, <c>, <d>, "
        "<e>, <f>, <g>, and <h> pounds. What is the median weight in pounds?",
        "For the eight schools in the table, what was the median number of prizes won last year? "
        r"\begin{tabular}{|l|c|} \hline School & Prizes \\ \hline Adler & <a> \\ \hline Birch & <b> "
        r"\\ \hline Cedar & <c> \\ \hline Dover & <d> \\ \hline Elm & <e> \\ \hline Forest & <f> \\ "
        r"\hline Grove & <g> \\ \hline Hill & <h> \\ \hline \end{tabular}",
        "<name> asked each of the eight families on <name:2> street how many books they own. The "
        "answers were <a>, <b>, <c>, <d>, <e>, <f>, <g>, and <h>, in this order. Later, <name> "
        "sorted the answers from the least to the greatest to find their median. What was the "
        "median of the answers?",
        "In eight games, <name> scored <a>, <b>, <c>, <d>, <e>, <f>, <g>, and <h> points. What was "
        "<name:2> median score?",
        "What is the median of <a>, <b>, <c>, <d>, <e>, <f>, <g>, and <h>?",
        "Compute the median of the integers <a>, <b>, <c>, <d>, <e>, <f>, <g>, and <h>.",
        "If eight children are <a>, <b>, <c>, <d>, <e>, <f>, <g>, and <h> pages into a book, what "
        "is the median number of pages?",
    )

    def nice(self, p: Parameters) -> Any:
        values = sorted(vars(p).values())
        return len(set(values)) == 8 and (values[3] + values[4]) % 2 == 0

    def same(self, p: Parameters) -> object:
        return tuple(sorted(vars(p).values()))

    orbit = 40320

    def solve(self, p: Parameters) -> Any:
        values = sorted(vars(p).values())
        return (values[3] + values[4]) // 2

    def check(self, q: Parameters) -> Any:
        values = [vars(q)[name] for name in NAMES]
        (low,) = (v for v in values if sum(other < v for other in values) == 3)
        (high,) = (v for v in values if sum(other > v for other in values) == 3)
        while low < high:
            low, high = low + 1, high - 1
        return low
