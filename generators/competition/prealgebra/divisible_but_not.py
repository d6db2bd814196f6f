"""`divisible-but-not`: the probability that a number has one divisor, and another one or not."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

DIVISORS = tuple((a, b) for a in range(2, 13) for b in range(2, 13) if a % b and b % a)


class DivisibleButNot(Template):
    """See the module's docstring."""

    level, answer = 5, Rationals()
    kin = (
        "test/prealgebra/1655.json",
        "test/prealgebra/1742.json",
        "test/number_theory/1090.json",
    )
    numbers = Numbers(n=range(30, 201), divisors=DIVISORS, what=("but", "either"))
    prints = {
        "a": Whole(),
        "b": Whole(),
        "what": Choice(
            but="divisible by <a> but not by <b>",
            either="divisible by <a> or <b> or both",
        ),
    }
    words = {"name": PEOPLE}
    texts = (
        "A number is chosen at random from 1 to <n>. What is the probability that it is <what>? "
        "Express your answer as a common fraction.",
        r"What is the probability that a random element of the set $\{1,2,3,\ldots,<n>\}$ is <what>?",
        "A bag holds <n> balls that are numbered from 1 to <n:again>. If <name> takes one ball "
        "without looking, what is the probability that the number on the ball is <what>? Give the "
        "answer as a fraction in lowest terms.",
        "If one of the first <n> positive integers is picked at random, what is the probability that "
        "it is <what>?",
        "At the end of a school festival, one of the tickets wins a bicycle. The tickets have the "
        "numbers from 1 to <n>, and all of them were sold, so each of them is equally likely to win. "
        "<name> bought every ticket whose number is <what>. What is the probability that <name> wins "
        "the bicycle? Express your answer as a common fraction.",
        "What is the probability that a page chosen at random from a book of <n> pages, which are "
        "numbered from 1 on, has a page number that is <what>?",
        "What is the probability that a random integer from 1 to <n> is <what>?",
        "What fraction of the integers from 1 to <n> are <what>?",
        "Express as a common fraction the probability that a random integer from 1 to <n> is "
        "<what>.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"n": p.n, "a": p.divisors[0], "b": p.divisors[1], "what": p.what}

    def same(self, p: Parameters) -> object:
        a, b = p.divisors
        return (p.what, p.n, (a, b) if p.what == "but" else (min(a, b), max(a, b)))

    def solve(self, p: Parameters) -> Any:
        a, b = p.divisors
        both = p.n // lcm(a, b)
        return Fraction(p.n // a + (p.n // b if p.what == "either" else 0) - both, p.n)

    def check(self, q: Parameters) -> Any:
        chosen = [
            k
            for k in range(1, q.n + 1)
            if (k % q.a == 0 and k % q.b != 0) or (q.what == "either" and k % q.b == 0)
        ]
        return Fraction(len(chosen), q.n)
