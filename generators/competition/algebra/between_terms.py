"""`between-terms`: a term of an arithmetic sequence from two others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template

PLACES = [
    (i, j, k)
    for i in range(1, 15)
    for j in range(i + 1, 16)
    for k in range(1, 21)
    if k not in (i, j)
]


class BetweenTerms(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = ("test/algebra/841.json", "test/algebra/668.json", "test/algebra/524.json")
    numbers = Numbers(
        places=PLACES, first=range(-40, 201), step=[step for step in range(-25, 26) if step]
    )
    prints = dict.fromkeys("ijkxy", Whole())
    texts = (
        "In an arithmetic sequence the <i:th> term is $<x>$ and the <j:th> term is $<y>$. What is the "
        "<k:th> term?",
        "The <i:th> term of an arithmetic sequence is $<x>$, and its <j:th> term is $<y>$. Find the "
        "<k:th> term.",
        "If an arithmetic sequence has $a_{<i>}=<x>$ and $a_{<j>}=<y>$, what is $a_{<k>}$?",
        "What is the <k:th> term of the arithmetic sequence whose <i:th> term is $<x>$ and whose <j:th> "
        "term is $<y>$?",
        "In a long game, the score of a team changes by the same number of points in each round, up or "
        "down. The score can also be negative. It was $<x>$ after the <i:th> round and $<y>$ after the "
        "<j:th> round. What was or will be the score of the team after the <k:th> round, if the game "
        "goes on like this for at least twenty rounds?",
        r"An arithmetic sequence $a_1,$ $a_2,$ $a_3,$ $\dots$ is such that $a_{<i>}$ is equal to $<x>$ "
        "and $a_{<j>}$ is equal to $<y>$. What is the value of $a_{<k>}$?",
        r"If $a_1, a_2, \ldots$ is arithmetic, $a_{<i>}=<x>$, and $a_{<j>}=<y>$, what is $a_{<k>}$?",
        "Find $a_{<k>}$ for the arithmetic sequence such that $a_{<i>}=<x>$ and $a_{<j>}=<y>$.",
    )

    def nice(self, p: Parameters) -> Any:
        return all(abs(p.first + (k - p.places[0]) * p.step) <= 500 for k in p.places)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        i, j, k = p.places
        return {"i": i, "j": j, "k": k, "x": p.first, "y": p.first + (j - i) * p.step}

    def solve(self, p: Parameters) -> Any:
        return p.first + (p.places[2] - p.places[0]) * p.step

    def check(self, q: Parameters) -> Any:
        found = []
        for step in range(-60, 61):
            start = q.x - step * (q.i - 1)
            terms = range(start, start + 25 * step, step) if step else [start] * 25
            if terms[q.j - 1] == q.y:
                found.append(terms[q.k - 1])
        (term,) = found
        return term
