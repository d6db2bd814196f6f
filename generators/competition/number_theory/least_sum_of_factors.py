"""`least-sum-of-factors`: the least or greatest sum of integers whose product is given."""

from __future__ import annotations

from functools import cache
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE

RICH = tuple(n for n in range(24, 1801) if sum(n % d == 0 for d in range(1, n + 1)) >= 8)


def sums(n: int, k: int, least: int, distinct: bool) -> list[int]:
    """The sums of k integers from `least` on that have product n, in increasing order of factors."""
    if k == 1:
        return [n] if n >= least else []
    found, factor = [], least
    while factor**k <= n:
        if n % factor == 0:
            later = sums(n // factor, k - 1, factor + distinct, distinct)
            found += [factor + rest for rest in later]
        factor += 1
    return found


@cache
def ends(n: int, k: int, kind: str) -> tuple[int, int] | None:
    """The least and the greatest sum; None with fewer than three."""
    distinct = kind == "distinct"
    found = set(sums(n, k, 1 if distinct else 2, distinct))
    return (min(found), max(found)) if len(found) >= 3 else None


class LeastSumOfFactors(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/number_theory/203.json",)
    numbers = Numbers(ask=("least", "greatest"), kind=("distinct", "large"), k=(3, 4, 5), n=RICH)
    prints = {
        "ask": Choice(least="least", greatest="greatest"),
        "kind": Choice(distinct="distinct positive integers", large="integers greater than 1"),
    }
    words = {"name": PEOPLE}
    texts = (
        "What is the <ask> possible sum of <k:word> <kind>, if the product of the integers is <n>?",
        "Determine the <ask> value of the sum of <k:word> <kind>, if their product is <n>.",
        "If <k:word> <kind> have product <n>, what is the <ask> possible value of their sum?",
        "<name> writes <n> as a product of <k:word> <kind>. What is the <ask> possible sum of the "
        "factors?",
        "A game is played as follows. A player looks for <k:word> <kind> and writes them on a "
        "sheet of paper. Their product must be <n>, and the score of the player is their sum. "
        "There are several ways to choose the integers, so more than one score is possible. What "
        "is the <ask> score that a player can get?",
        "What is the <ask> sum of <k:word> <kind> whose product is <n>?",
        "The product of <k:word> <kind> is <n>. What is the <ask> possible value of their sum?",
        "Compute the <ask> possible sum of <k:word> <kind> whose product is equal to <n>.",
    )

    def nice(self, p: Parameters) -> Any:
        return ends(p.n, p.k, p.kind)

    def solve(self, p: Parameters) -> Any:
        found = ends(p.n, p.k, p.kind) or (0, 0)
        return found[p.ask == "greatest"]

    def check(self, q: Parameters) -> Any:
        # Sums of products of some of the divisors, which are used once or repeatedly.
        reached: dict[tuple[int, int], set[int]] = {(0, 1): {0}}
        for d in range(1 if q.kind == "distinct" else 2, q.n + 1):
            if q.n % d:
                continue
            for _ in range(1 if q.kind == "distinct" else q.k):
                more = [(k + 1, m * d, set(s)) for (k, m), s in reached.items() if k < q.k]
                for k, m, s in more:
                    if q.n % m == 0:
                        reached.setdefault((k, m), set()).update(value + d for value in s)
        return (min if q.ask == "least" else max)(reached[q.k, q.n])
