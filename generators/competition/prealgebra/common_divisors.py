"""`common-divisors`: how many integers of a kind divide both of two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, isqrt
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

TIMES = tuple((u, v) for u in range(1, 11) for v in range(1, 11) if u != v and gcd(u, v) == 1)
RANGES = {"all": (1, 900), "above": (2, 900), "two": (10, 99), "over": (7, 900), "under": (1, 29)}


class CommonDivisors(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/prealgebra/1686.json",
        "test/prealgebra/1908.json",
        "test/number_theory/1201.json",
        "test/prealgebra/65.json",
    )
    numbers = Numbers(
        g=range(24, 451, 2), times=TIMES, kind=("all", "above", "two", "over", "under")
    )
    prints = {
        "a": Whole(),
        "b": Whole(),
        "kind": Choice(
            all="positive integers",
            two="two-digit positive integers",
            above="integers greater than 1",
            over="integers greater than 6",
            under="positive integers less than 30",
        ),
    }
    words = {"name": PEOPLE, "friend": PEOPLE}
    texts = (
        "How many <kind> are factors of both <a> and <b>?",
        "What is the number of <kind> that divide each of <a> and <b> without a remainder?",
        "<name> writes down all <kind> that <a> is divisible by. <friend> does the same for <b>. How "
        "many integers are on both lists?",
        "Two ropes are <a> inches and <b> inches long. Both are cut into pieces of one length, in "
        "inches, so that nothing is left over. How many <kind> are possible as this length?",
        "A teacher has <a> red beads and <b> blue beads for an art class. She wants to divide all of "
        "the beads among some bags in such a way that every bag holds as many red beads as every "
        "other bag, and as many blue beads as every other bag. Before she starts, she thinks about "
        "the possible numbers of bags. How many <kind> can be the number of bags?",
        "Let $S$ be the set of all <kind> that are divisors of <a> and also of <b>. How many "
        "elements does $S$ have?",
        "How many <kind> divide both <a> and <b>?",
        "Compute the number of <kind> that divide both <a> and <b>.",
        "How many <kind> are common factors of <a> and <b>?",
    )
    version = 2

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "a": p.g * p.times[0], "b": p.g * p.times[1]}

    def nice(self, p: Parameters) -> Any:
        # A product of two primes has the same few divisors as any other.
        several = sum(p.g % d == 0 for d in range(1, p.g + 1)) > 5
        return max(p.times) * p.g <= 900 and several and 3 <= self.solve(p) <= 16

    def same(self, p: Parameters) -> object:
        return (p.kind, p.g, tuple(sorted(p.times)))

    def solve(self, p: Parameters) -> Any:
        low, high = RANGES[p.kind]
        small = [d for d in range(1, isqrt(p.g) + 1) if p.g % d == 0]
        return sum(low <= d <= high for d in {*small, *(p.g // d for d in small)})

    def check(self, q: Parameters) -> Any:
        low, high = RANGES[q.kind]
        return sum(q.a % n == q.b % n == 0 for n in range(low, min(high, q.a, q.b) + 1))
