"""`set-intersection-count`: the number of elements that two sets of integers share."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template


class SetIntersectionCount(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/number_theory/914.json",)
    numbers = Numbers(
        first=("prime", "multiple"),
        second=("odd", "even", "three"),
        n=range(30, 151),
        a=range(2, 10),
        b=range(1, 31),
    )
    prints = {
        "first": Choice(
            prime="prime numbers less than <n>", multiple="multiples of <a> less than <n>"
        ),
        "second": Choice(
            odd="odd integers greater than <b>",
            even="even integers greater than <b>",
            three="multiples of 3 greater than <b>",
        ),
    }
    texts = (
        "How many integers belong both to the set of all <first> and to the set of all <second>?",
        r"Let $A$ be the set of all <first>, and let $B$ be the set of all <second>. How many "
        r"elements does $A\cap B$ have?",
        "What is the number of elements of the intersection of two sets, if one of them consists "
        "of all <first> and the other one consists of all <second>?",
        "On a number line, all <first> are circled in red. Then all <second> are circled in "
        "blue. How many integers are circled in both colors?",
        "A bag contains many cards, and each positive integer from 1 to 200 is printed on one of "
        "them. First, a teacher takes a picture of those cards that show <first>. Later, after all "
        "cards are back in the bag, she takes a picture of those cards that show <second>. How "
        "many cards can be seen in both of the pictures?",
        "How many <first> are also <second>?",
        "What is the number of <first> that are also <second>?",
        "Compute the number of <first> that are <second>.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.first == "prime":
            fits = p.a == 2 and p.second == "odd"
        else:
            fits = p.a % (3 if p.second == "three" else 2)
        return fits and 3 <= self.solve(p) <= 30

    def solve(self, p: Parameters) -> Any:
        if p.first == "prime":
            composite = {m for d in range(2, 13) for m in range(d * d, p.n, d)}
            return sum(n not in composite for n in range(max(p.b + 1, 3), p.n))
        step = {"odd": p.a, "even": 2 * p.a, "three": 3 * p.a}[p.second]
        below, up_to = (p.n - 1) // step, p.b // step
        if p.second == "odd":  # every second multiple of a
            return (below + 1) // 2 - (up_to + 1) // 2
        return below - up_to

    def check(self, q: Parameters) -> Any:
        if q.first == "prime":
            one = {n for n in range(2, q.n) if all(n % d for d in range(2, n))}
        else:
            one = set(range(q.a, q.n, q.a))
        divisor, rest = {"odd": (2, 1), "even": (2, 0), "three": (3, 0)}[q.second]
        return len(one & {n for n in range(q.b + 1, 400) if n % divisor == rest})
