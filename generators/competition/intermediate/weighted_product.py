"""`weighted-product`: the largest value of a product of powers of numbers that have a given sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations_with_replacement, permutations, product
from math import gcd, lcm, prod
from typing import Any

from generators.competition.algebraic import Polynomial, power_of
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly, Whole
from generators.competition.template import Template

Terms = tuple[tuple[int, int], ...]


def maxima(letters: int, power: int, weight: int, most: int) -> Iterator[tuple[Terms, int]]:
    """Pairs of a power and a weight for every letter, and the ratio of weighted value to power at
    the maximum, where all values are integers and the product is at most `most`."""
    pairs = tuple(product(range(1, power + 1), range(1, weight + 1)))
    for terms in combinations_with_replacement(pairs, letters):
        if len({p for p, _ in terms}) > 1 and gcd(*(w for _, w in terms)) == 1:
            step = lcm(*(w // gcd(w, p) for p, w in terms))
            for ratio in range(step, 13, step):
                top = prod((p * ratio // w) ** p for p, w in terms)
                if 50 <= top <= most:
                    yield terms, ratio


_MAXIMA = (*maxima(2, 6, 4, 10**7), *maxima(3, 5, 4, 10**7), *maxima(4, 3, 3, 10**7))
_TURNS = {letters: tuple(permutations(range(letters))) for letters in (2, 3, 4)}


class WeightedProduct(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/intermediate_algebra/158.json",
        "test/intermediate_algebra/966.json",
        "test/intermediate_algebra/1166.json",
    )
    numbers = Numbers(maximum=_MAXIMA, turn=range(24), letters=(2, 3, 4), ask=("top", "place"))
    prints = {
        "ask": Choice(
            top="the maximum value of $<powers>$",
            place="the value of $a$ when $<powers>$ is maximal",
        ),
        "letters": Choice({2: "$a$ and $b$", 3: "$a$, $b$, and $c$", 4: "$a$, $b$, $c$, and $d$"}),
        "left": Poly(),
        "total": Whole(),
        "powers": Poly(),
    }
    texts = (
        "Positive real numbers <letters> have $<left>=<total>$. Find <ask>.",
        r"If <letters> are positive real numbers and \[<left>=<total>,\] what is <ask>?",
        r"Let <letters> be positive and real, and let \[<left>=<total>.\] Compute <ask>.",
        r"The positive real numbers <letters> must satisfy the condition \[<left>=<total>,\] but "
        "apart from this condition they can be chosen freely. A certain product of powers of these "
        "numbers has a greatest value, which it takes for exactly one of the choices. Find <ask>.",
        "Given that $<left>=<total>$ and that <letters> are positive, find <ask>.",
        "If $<left>=<total>$ and <letters> are positive, find <ask>.",
        "For positive <letters> such that $<left>=<total>$, find <ask>.",
        r"Find <ask>, where <letters> are positive and \[<left>=<total>.\]",
    )
    orbit = 24

    def nice(self, p: Parameters) -> Any:
        return len(p.maximum[0]) == p.letters

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        terms = [(s, *term) for s, term in zip("abcd", self._turned(p), strict=False)]
        return {
            "ask": p.ask,
            "letters": p.letters,
            "left": Polynomial((weight, letter) for letter, _, weight in terms),
            "total": p.maximum[1] * sum(power for power, _ in p.maximum[0]),
            "powers": Polynomial([(1, "".join(power_of(s, power) for s, power, _ in terms))]),
        }

    def same(self, p: Parameters) -> object:
        return (p.maximum, "top" if p.ask == "top" else self._turned(p)[0])

    def _turned(self, p: Parameters) -> list[tuple[int, int]]:
        """Powers and weights in the order of the letters."""
        turns = _TURNS[p.letters]
        return [p.maximum[0][i] for i in turns[p.turn % len(turns)]]

    def solve(self, p: Parameters) -> Any:
        terms, ratio = p.maximum
        if p.ask == "top":
            return prod((power * ratio // weight) ** power for power, weight in terms)
        power, weight = self._turned(p)[0]
        return power * ratio // weight

    def check(self, q: Parameters) -> Any:
        ((_, monomial),) = q.powers.terms
        powers, weights = [], []
        for letter in "abcd"[: q.letters]:
            after = monomial.partition(letter)[2].removeprefix("^")
            powers.append(int(after[0]) if after[:1].isdigit() else 1)
            weights.append(int(q.left.coefficient(letter)))
        # The logarithm is a concave sum, so that adding one share after the other to the term that
        # gains most is best on every grid of shares of the total.
        results = []
        for fineness in (1, 2):
            shares = [1] * q.letters
            for _ in range(q.total * fineness - q.letters):
                best = 0
                for i in range(1, q.letters):
                    gain = (shares[i] + 1) ** powers[i] * shares[best] ** powers[best]
                    if gain > (shares[best] + 1) ** powers[best] * shares[i] ** powers[i]:
                        best = i
                shares[best] += 1
            top = prod(share**power for share, power in zip(shares, powers, strict=True))
            below = prod(
                (weight * fineness) ** power for weight, power in zip(weights, powers, strict=True)
            )
            assert top % below == 0
            place = Fraction(shares[0], fineness * weights[0])
            results.append(top // below if q.ask == "top" else place)
        assert results[0] == results[1]
        return results[0]
