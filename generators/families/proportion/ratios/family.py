r"""`ratios`: a chain of ratios in which one amount or a sum is given and the other is asked for.

    Let $K : D = 36 : 55$ and $R : D = 12 : 25$. If $K = 4212$, find $D + R$.

A problem of k steps has m = (k+1)//2 ratios among m + 1 amounts, the first of which is the anchor. The
sum is that of all the amounts (k even) or of all but the anchor (k odd). Either the anchor is given and
the sum is asked, which takes m multiplications by a ratio and k - m additions, or the sum is given and
the anchor is asked, which takes m - 1 multiplications, k - m additions and a division by the sum of the
parts. With one step the two are the same, and the anchor is given; otherwise each has probability 1/2.

Every amount is whole: a unit u times a number of parts. u is uniform on `UNITS`, numbers without a
prime factor up to 13. The anchor's parts are uniform on the numbers of three or four digits without a
prime factor above 13, and those of every other amount are uniform on the successors of the parts before
it: other such numbers to which the ratio in lowest terms has no term above `LARGEST`. (Numbers with
fewer than `FEWEST` successors are left out, so that no chain is too likely.)

The canonical form is the given quantity and its value, whether the anchor is in the sum, and the ratios
in lowest terms from the anchor on. Names, wording, the order of the statements and the order of the two
amounts of a ratio are surface. The form determines the amounts, and these determine u, which has none of
the prime factors of the parts. So every form is drawn in one way, and `bits` is exact:

    P(F) = w / (U N d(p_0) d(p_1) ... d(p_(m-1))),

where U and N count the units and the numbers of parts, d counts successors, p_0, p_1, ... are the parts
from the anchor on, and w is 1 for one step and else 1/2.

Different forms ask for different computations, also up to the order of factors: every summand has one
factor and one divisor more than the one before, so that the summands determine the ratios, and a given
amount is at least 1,700 and larger than any term of a ratio.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import gcd, log2
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators.families.proportion.ratios.phrases import WORDINGS, sizes_of, statements
from generators.family import DrawnFamily, Notation

LARGEST = 199
FEWEST = 128
_PRIMES = (2, 3, 5, 7, 11, 13)
UNITS = tuple(n for n in range(17, 10_000) if all(n % prime for prime in _PRIMES))


class Ratios(NamedTuple):
    """The computation: amounts `unit * parts[i]` in a chain, the anchor first."""

    sum_given: bool
    with_anchor: bool
    unit: int
    parts: tuple[int, ...]

    @property
    def anchor(self) -> int:
        return self.unit * self.parts[0]

    @property
    def sum(self) -> int:
        return self.unit * sum(self.parts[not self.with_anchor :])

    @property
    def ratios(self) -> list[tuple[int, int]]:
        return [_lowest(*pair) for pair in pairwise(self.parts)]


class RatioChains(DrawnFamily[Ratios]):
    name = "ratios"
    random_bytes = 48
    summary = "chains of ratios between amounts: from one amount to a total or back"

    def draw(self, draw: Draw, tier: int) -> Ratios:
        successors = _successors()
        sum_given = tier > 1 and draw.below(2) == 1
        unit = draw.choice(UNITS)
        last = draw.choice(_parts())
        parts = [last]
        for _ in range((tier + 1) // 2):
            last = draw.choice(successors[last])
            parts.append(last)
        return Ratios(sum_given, tier % 2 == 0, unit, tuple(parts))

    def render(self, form: Ratios, notation: Notation, draw: Draw) -> str:
        people, ratios = len(form.parts), form.ratios
        wording = draw.choice(WORDINGS[notation])
        offset, stride = divmod(draw.below(23 * 22), 22)
        # There are 23 names, a prime number, so that every stride visits all of them.
        names = [wording.names[(offset + i * (stride + 1)) % 23] for i in range(people)]
        surface = draw.below(2**people)
        relations = []
        for i, (a, b) in enumerate(ratios):
            first, second = names[i], names[i + 1]
            relations.append(
                wording.relation
                % ((first, second, a, b) if surface >> i & 1 else (second, first, b, a))
            )
        summed = names if form.with_anchor else names[1:]
        if surface >> len(ratios):
            relations.reverse()
            summed = summed[::-1]
        if form.sum_given:
            return wording.text(relations, summed, form.sum, names[:1])
        return wording.text(relations, names[:1], form.anchor, summed)

    def answer(self, form: Ratios) -> str:
        return str(form.anchor if form.sum_given else form.sum)

    def solution(self, form: Ratios) -> str:
        """From the anchor, or from 1 instead if the sum is given."""
        value = Fraction(1 if form.sum_given else form.anchor)
        lines, total = [], value if form.with_anchor else None
        for i, (a, b) in enumerate(form.ratios):
            product = value * b / a
            if i or not form.sum_given:
                lines.append(f"{value} * {Fraction(b, a)} = {product}")
            value = product
            if total is not None:
                lines.append(f"{total} + {value} = {total + value}")
            total = value if total is None else total + value
        if form.sum_given:
            lines.append(f"{form.sum} / ({total}) = {form.anchor}")
        return ", ".join(lines)

    def canonical(self, form: Ratios) -> str:
        amount = f"sum={form.sum}" if form.sum_given else f"anchor={form.anchor}"
        scope = "all" if form.with_anchor else "others"
        return f"{amount} {scope} " + " ".join(f"{a}:{b}" for a, b in form.ratios)

    def bits(self, form: Ratios) -> float:
        degrees = _degree_bits()
        single = len(form.parts) == 2 and not form.with_anchor
        return (0.0 if single else 1.0) + _start_bits() + sum([degrees[p] for p in form.parts[:-1]])

    def part_bits(self, form: Ratios) -> float:
        """Of the anchor and all ratios but the last, or of the ratios alone if the sum is given.

        The probability of the ratios is the sum over the chains of parts that have them.
        """
        if len(form.parts) == 2 and not form.with_anchor:
            return 0.0
        degrees = _degree_bits()
        if not form.sum_given:
            return _start_bits() + sum(
                degrees[p] for p in form.parts[: max(1, len(form.parts) - 2)]
            )
        common = gcd(*form.parts)
        least = [part // common for part in form.parts]
        successors, chance = _successors(), 0.0
        for times in range(1, _parts()[-1] // max(least) + 1):
            chain = [part * times for part in least]
            if all(part in successors for part in chain):
                chance += 2.0 ** -sum(degrees[part] for part in chain[:-1])
        return log2(len(successors) / chance)

    def min_bits(self, tier: int) -> float:
        """Exact: the likeliest chain of parts is found by dynamic programming."""
        return (tier > 1) + _start_bits() + min(_least_bits((tier + 1) // 2).values())

    def space(self, tier: int) -> int:
        return (2 if tier > 1 else 1) * len(UNITS) * sum(_chains((tier + 1) // 2).values())

    def read(self, text: str) -> Ratios:
        relations, given, number, asked = statements(text)
        sum_given = len(given) > 1
        anchor, summed = (asked, given) if sum_given else (given, asked)
        if len(anchor) != 1:
            raise ValueError(f"expected one amount to be given or asked for, got {text[:60]!r}")
        sizes = sizes_of(relations)
        chain, left = list(anchor), relations
        while left:
            ends = [r for r in left if chain[-1] in r[:2]]
            if len(ends) != 1:
                raise ValueError(f"expected a chain of ratios from {anchor[0]}, got {text[:60]!r}")
            chain.append(ends[0][1] if ends[0][0] == chain[-1] else ends[0][0])
            left = [r for r in left if r is not ends[0]]
        with_anchor = anchor[0] in summed
        amounts = [number * sizes[name] / sum(sizes[name] for name in given) for name in chain]
        if set(summed) != set(chain[not with_anchor :]) or any(n.denominator > 1 for n in amounts):
            raise ValueError(f"expected a sum of whole amounts, got {text[:60]!r}")
        unit = _without_small_primes(amounts[0].numerator)
        parts = tuple(n.numerator // unit for n in amounts)
        successors = _successors()
        if (
            unit not in UNITS
            or any(n.numerator % unit for n in amounts)
            or parts[0] not in successors
        ):
            raise ValueError(f"expected amounts of this family, got {text[:60]!r}")
        for before, after in pairwise(parts):
            if after not in successors[before]:
                raise ValueError(f"expected a ratio of this family, got {before} to {after}")
        return Ratios(sum_given, with_anchor, unit, parts)

    def evaluate(self, text: str) -> Fraction:
        """The given number, divided in proportion to the sizes of all amounts."""
        relations, given, number, asked = statements(text)
        sizes = sizes_of(relations)
        parts = Fraction(sum(sizes[name] for name in asked))
        return number * parts / sum(sizes[name] for name in given)


def _lowest(a: int, b: int) -> tuple[int, int]:
    common = gcd(a, b)
    return a // common, b // common


def _without_small_primes(n: int) -> int:
    for prime in _PRIMES:
        while n and n % prime == 0:
            n //= prime
    return n


def _near(part: int, parts: Iterable[int]) -> tuple[int, ...]:
    """The parts whose ratio to `part` has no term above `LARGEST`."""
    return tuple(n for n in parts if n != part and max(n, part) <= LARGEST * gcd(n, part))


@cache
def _successors() -> dict[int, tuple[int, ...]]:
    """The parts, and the successors of each."""
    smooth = [n for n in range(100, 10_000) if _without_small_primes(n) == 1]
    parts = [n for n in smooth if len(_near(n, smooth)) >= FEWEST]
    return {n: _near(n, parts) for n in parts}


@cache
def _parts() -> tuple[int, ...]:
    return tuple(_successors())


@cache
def _degree_bits() -> dict[int, float]:
    return {part: log2(len(near)) for part, near in _successors().items()}


@cache
def _start_bits() -> float:
    return log2(len(UNITS)) + log2(len(_parts()))


@cache
def _least_bits(ratios: int) -> dict[int, float]:
    """The least sum of degree bits over the chains of `ratios` ratios, by first member."""
    if ratios == 0:
        return dict.fromkeys(_parts(), 0.0)
    rest = _least_bits(ratios - 1)
    return {
        part: bits + min(rest[n] for n in _successors()[part])
        for part, bits in _degree_bits().items()
    }


@cache
def _chains(ratios: int) -> dict[int, int]:
    """The number of chains of `ratios` ratios, by first member."""
    if ratios == 0:
        return dict.fromkeys(_parts(), 1)
    rest = _chains(ratios - 1)
    return {part: sum(rest[n] for n in near) for part, near in _successors().items()}
