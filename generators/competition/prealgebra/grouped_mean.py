"""`grouped-mean`: the mean of scores, from how many pupils had each of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class GroupedMean(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/prealgebra/846.json", "test/prealgebra/1804.json", "test/prealgebra/1784.json")
    numbers = Numbers(
        scores=tuple(combinations(range(50, 101, 5), 3)),
        n=(10, 15, 20, 25, 30, 40),
        i=range(2, 21),
        j=range(2, 21),
    )
    prints = {"k": Whole(), "s": Whole(), "t": Whole(), "u": Whole()}
    words = {"name": PEOPLE}
    texts = (
        "In a class of <n> pupils, <i> scored <s> on a test, <j> scored <t>, and <k> scored <u>. "
        "What was the mean score?",
        "Among <n> children, <i> weigh <s> pounds, <j> weigh <t> pounds, and <k> weigh <u> pounds. "
        "What is their average weight in pounds?",
        "On <n> days in a row, <name> counts the cars that pass <name:2> house in an hour. On <i> of "
        "these days there are <s> cars, on <j> days there are <t>, and on the other <k> days there "
        "are <u>. Find the mean number of cars on a day.",
        "A farmer weighs <n> eggs for a show. The first <i> weigh <s> grams each, the next <j> weigh "
        "<t> grams each, and the last <k> weigh <u> grams each. What is the mean weight, in grams, "
        "of the eggs?",
        "After a spelling contest, the points of the <n> children who took part are put on a list. "
        "The list is too long for the small poster at the door. So <name> writes only how often each "
        "result occurs: <i> children have <s> points, <j> children have <t> points, and <k> children "
        "have <u> points. How many points did a child have on average?",
        "Of the <n> tickets for a play, <i> are sold at <s> cents, <j> at <t> cents, and <k> at <u> "
        "cents. How many cents does a ticket cost on average?",
        "Of <n> integers, <i> are <s>, <j> are <t>, and <k> are <u>. What is their mean?",
        "What is the average of <n> scores if <i> are <s>, <j> are <t>, and <k> are <u>?",
        "Compute the mean of <n> test scores if <i> of them are <s>, <j> are <t>, and the other "
        "<k> are <u>.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        s, t, u = p.scores
        return {**vars(p), "s": s, "t": t, "u": u, "k": p.n - p.i - p.j}

    def nice(self, p: Parameters) -> Any:
        s, t, u = p.scores
        k = p.n - p.i - p.j
        return k >= 2 and (p.i * s + p.j * t + k * u) % p.n == 0

    def solve(self, p: Parameters) -> Any:
        s, t, u = p.scores
        return (p.i * s + p.j * t + (p.n - p.i - p.j) * u) // p.n

    def check(self, q: Parameters) -> Any:
        scores = [q.s] * q.i + [q.t] * q.j + [q.u] * q.k
        if len(scores) != q.n:
            raise ValueError("expected counts that add up")
        (mean,) = (m for m in range(50, 101) if not sum(score - m for score in scores))
        return mean
