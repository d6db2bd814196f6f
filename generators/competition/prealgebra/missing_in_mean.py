"""`missing-in-mean`: the missing one of five numbers, from their mean."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template
from generators.competition.words import PEOPLE, UNKNOWNS


class MissingInMean(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/prealgebra/1907.json", "test/algebra/1578.json", "test/prealgebra/846.json")
    numbers = Numbers(
        a=range(2, 33), b=range(2, 33), c=range(2, 33), d=range(2, 33), mean=range(6, 25)
    )
    words = {"x": UNKNOWNS, "name": PEOPLE}
    texts = (
        "The average of the numbers <a>, <b>, $<x>$, <c>, and <d> is <mean>. What is $<x>$?",
        "If the mean of <a>, <b>, <c>, <d>, and $<x>$ is <mean>, what is the value of $<x>$?",
        "The arithmetic mean of the five integers $<x>$, <a>, <b>, <c>, and <d> is equal to "
        "<mean>. What is the value of $<x>$?",
        "<name> plays five rounds of a game and scores $<x>$ points in the last one. In the first "
        "four rounds <name:1> scores <a>, <b>, <c>, and <d> points. If <name:2> average over all "
        "five rounds is <mean> points, what is $<x>$?",
        "In the first four weeks of the summer, <name> read <a>, <b>, <c>, and <d> pages of a very "
        "thick book. After that <name:1> went on a trip and took the book along. At the end of the "
        "fifth week <name:1> worked out that the mean number of pages read in a week was exactly "
        "<mean>. If <name> read $<x>$ pages in the fifth week, what is the value of $<x>$?",
        "Five boxes hold <a>, <b>, <c>, <d>, and $<x>$ pencils. On average there are <mean> pencils "
        "in a box. What is $<x>$?",
        "If <a>, <b>, <c>, <d>, and $<x>$ have an average of <mean>, what is $<x>$?",
        "Compute $<x>$ if the mean of <a>, <b>, <c>, <d>, and $<x>$ is <mean>.",
        "What is $<x>$ if the mean of <a>, <b>, <c>, $<x>$, and <d> is <mean>?",
    )

    def nice(self, p: Parameters) -> Any:
        return 2 <= 5 * p.mean - p.a - p.b - p.c - p.d <= 40 and p.a != p.b != p.c != p.d

    def same(self, p: Parameters) -> object:
        return (p.mean, *sorted((p.a, p.b, p.c, p.d)))

    orbit = 24

    def solve(self, p: Parameters) -> Any:
        return 5 * p.mean - (p.a + p.b + p.c + p.d)

    def check(self, q: Parameters) -> Any:
        known = (q.a, q.b, q.c, q.d)
        (found,) = (x for x in range(1, 61) if sum(v - q.mean for v in (*known, x)) == 0)
        return found
