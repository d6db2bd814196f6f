"""`sum-of-divisors-primes`: the primes that divide the sum of some divisors of a number."""

from __future__ import annotations

from math import prod
from typing import Any

from generators.competition.algebraic import prime_exponents
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE


def total(n: int) -> int:
    """The sum of the divisors of a number, by the product formula."""
    return prod((q ** (e + 1) - 1) // (q - 1) for q, e in prime_exponents(n).items())


COMPOSITE = tuple(
    n
    for n in range(60, 3801)
    for primes in [prime_exponents(n)]
    if len(primes) >= 2 and max(primes) <= 50
)


class SumOfDivisorsPrimes(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/number_theory/427.json",
        "test/number_theory/737.json",
        "test/number_theory/1287.json",
        "test/number_theory/820.json",
    )
    numbers = Numbers(ask=("sum", "largest"), kind=("all", "even", "proper"), n=COMPOSITE)
    prints = {
        "ask": Choice(
            sum="the sum of the different prime numbers that divide $S$",
            largest="the largest prime divisor of $S$",
        ),
        "kind": Choice(
            all="all positive divisors of <n>",
            even="all even positive divisors of <n>",
            proper="all proper divisors of <n>",
        ),
    }
    words = {"name": PEOPLE}
    texts = (
        "Let $S$ be the sum of <kind>. What is <ask>?",
        "If $S$ is equal to the sum of <kind>, what is <ask>?",
        "Compute <ask>, where $S$ is the sum of <kind>.",
        "<name> adds <kind>. If $S$ is the result, what is <ask>?",
        "On the board, <name> lists <kind>. Then <name:1> adds all of the integers on the board, "
        "calls the result $S$, and writes $S$ as a product of prime numbers. Finally, <name> reads "
        "off <ask>. What is the result?",
        "What is <ask>, if $S$ is the sum of <kind>?",
        "Find <ask> if <kind> add up to $S$.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.kind == "even" and p.n % 2:
            return False
        primes = prime_exponents(self.added(p))
        return len(primes) >= 3 and max(primes) <= 200

    def added(self, p: Parameters) -> int:
        """The sum of the divisors."""
        if p.kind == "even":
            return 2 * total(p.n // 2)
        return total(p.n) - (p.n if p.kind == "proper" else 0)

    def solve(self, p: Parameters) -> Any:
        primes = prime_exponents(self.added(p))
        return sum(primes) if p.ask == "sum" else max(primes)

    def check(self, q: Parameters) -> Any:
        divisors = [d for d in range(1, q.n + 1) if q.n % d == 0]
        if q.kind == "even":
            divisors = [d for d in divisors if d % 2 == 0]
        rest = sum(divisors) - (q.n if q.kind == "proper" else 0)
        primes = []
        for candidate in range(2, 201):
            if rest % candidate == 0:
                primes.append(candidate)
            while rest % candidate == 0:
                rest //= candidate
        assert rest == 1
        return sum(primes) if q.ask == "sum" else primes[-1]
