r"""`gcd-lcm`: sums and differences of nested greatest common divisors and least common multiples.

    What is the value of $\gcd(\operatorname{lcm}(2310, 64), 5760) - \operatorname{lcm}(84, 90)$?

A term is a chain: an integer, to which 1 to 4 times `gcd` or `lcm` with another integer is applied.
The same function several times running is printed as one call with several arguments. All integers are
divisors of 2^8 3^5 5^3 7^2 11 13 17 19 23 in 12..999,999, so that they share factors and that no least
common multiple exceeds that number.

Drawing, for k steps: a term of s integers has s-1 steps, and one more joins it to the others, so that
the sizes of the terms are a composition of k+1 into parts of 2..5, uniform on all C of them. Every term
but the first is added or taken away, every step of a chain is `gcd` or `lcm`, each with probability 1/2
(k choices in all), and the k+1 integers are uniform on the N allowed ones. Whether an inner call stands
first or last among the arguments is surface.

The canonical form is the multiset of the signed terms, with the arguments of each call in order: both
functions are commutative and associative. All texts are equally likely, so that `bits` is exact:

    P(F) = T(F) / (C 2^k N^(k+1)),

where T(F), the number of texts, is p (m-1)! over the factorials of the multiplicities of the m signed
terms (p of them are positive, and one of these comes first), times, for every call in them, the number
of orders of its integers. Different integers and no minus give the most: m! times the product, over the
terms, of the factorials of their sizes; `min_bits` takes that for the composition with the largest.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import groupby, product
from math import factorial, gcd, lcm, log2, prod
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import multisets

PRIMES = {2: 8, 3: 5, 5: 3, 7: 2, 11: 1, 13: 1, 17: 1, 19: 1, 23: 1}
SMALLEST, LARGEST = 12, 999_999
SIZES = range(2, 6)

Term: TypeAlias = tuple[int, str, tuple[int, ...]]
"""A sign (1 or -1), one letter for each step of the chain (`g` or `l`), and one integer more."""
Sum: TypeAlias = tuple[Term, ...]

_NAMES = {
    "latex": {"g": r"\gcd(", "l": r"\operatorname{lcm}("},
    "plain": {"g": "gcd(", "l": "lcm("},
}
_OUTER = re.compile(
    r"(gcd|lcm)\((?:((?:gcd|lcm)\(.*\)), )?([0-9]{1,6}(?:, [0-9]{1,6}){0,4})(?:, ((?:gcd|lcm)\(.*\)))?\)"
)
_CALL = re.compile(r"(gcd|lcm)\(([0-9]{1,40}(?:, [0-9]{1,40}){1,4})\)")
_JOIN = re.compile(r" ([-+]) ")
_LONGEST, _LONGEST_TERM = 4_000, 120


class GcdLcm(DrawnFamily[Sum]):
    """The family `gcd-lcm`; see the module's docstring."""

    name = "gcd-lcm"
    random_bytes = 128
    summary = "sums of nested greatest common divisors and least common multiples"

    def draw(self, draw: Draw, tier: int) -> Sum:
        sizes = draw.choice(_compositions(tier + 1))
        choices = draw.below(1 << tier) << 1
        numbers, chains = _numbers(), _chains()
        count, below = len(numbers), draw.below
        terms: list[Term] = []
        for size in sizes:
            sign = -1 if choices & 1 and terms else 1
            choices, steps = divmod(choices >> 1, 1 << (size - 1))
            integers = tuple([numbers[below(count)] for _ in range(size)])
            terms.append((sign, chains[size][steps], integers))
        return tuple(terms)

    def tell(self, form: Sum, notation: Notation, draw: Draw) -> str:
        names, inner_last = _NAMES[notation], draw.below(2)
        text = ""
        for sign, steps, integers in form:
            printed, used = str(integers[0]), 1
            for function, length in _runs(steps):
                others = ", ".join(map(str, integers[used : used + length]))
                if inner_last and used > 1:
                    printed, others = others, printed
                printed = f"{names[function]}{printed}, {others})"
                used += length
            text += (" + " if sign > 0 else " - ") + printed
        return phrasing.ask(text[3:], notation, draw)

    def answer(self, form: Sum) -> str:
        exponents, integers_of = _exponents()
        total = 0
        for sign, steps, integers in form:
            held = exponents[integers[0]]
            for step, integer in zip(steps, integers[1:], strict=True):
                held = held & exponents[integer] if step == "g" else held | exponents[integer]
            total += sign * integers_of[held]
        return str(total)

    def solution(self, form: Sum) -> str:
        lines, total = [], 0
        for i, (sign, steps, integers) in enumerate(form):
            value = integers[0]
            for step, integer in zip(steps, integers[1:], strict=True):
                found = gcd(value, integer) if step == "g" else lcm(value, integer)
                lines.append(f"{'gcd' if step == 'g' else 'lcm'}({value}, {integer}) = {found}")
                value = found
            if i:
                lines.append(f"{total} {'+' if sign > 0 else '-'} {value} = {total + sign * value}")
            total += sign * value
        return ", ".join(lines)

    def canonical(self, form: Sum) -> str:
        return "".join(
            ("+" if sign > 0 else "-")
            + "".join(f"{function}{list(call)}" for function, call in calls)
            for sign, calls in sorted(map(_sorted_term, form))
        ).replace(" ", "")

    def bits(self, form: Sum) -> float:
        positive = sum(sign > 0 for sign, _, _ in form)
        texts = positive * factorial(len(form) - 1)
        for _, steps, _ in form:
            texts *= _orders(steps)
        count = sum(len(integers) for _, _, integers in form)
        if len({integer for _, _, integers in form for integer in integers}) < count:
            terms = [_sorted_term(term) for term in form]
            calls = [Counter(call) for _, chain in terms for _, call in chain]
            texts //= prod(factorial(times) for times in Counter(terms).values())
            texts //= prod(factorial(times) for call in calls for times in call.values())
        return _text_bits(count - 1) - log2(texts)

    def part_bits(self, form: Sum) -> float:
        """Of all terms but the last, of one among several terms, or of a chain but its last step."""
        if len(form) > 1:
            return max(map(self.bits, [form[:-1], *(((1, *term[1:]),) for term in form)]))
        _, steps, integers = form[0]
        return self.bits(((1, steps[:-1], integers[:-1]),)) if len(steps) > 1 else 0.0

    def min_bits(self, tier: int) -> float:
        return _text_bits(tier) - log2(
            max(
                factorial(len(sizes)) * prod(map(factorial, sizes))
                for sizes in _compositions(tier + 1)
            )
        )

    def space(self, tier: int) -> int:
        """Multisets of signed chains with at least one positive chain, by the numbers of each size."""
        total = 0
        for sizes in {tuple(sorted(sizes)) for sizes in _compositions(tier + 1)}:
            counts = Counter(sizes).items()
            total += prod(multisets(2 * _chain_count(size), times) for size, times in counts)
            total -= prod(multisets(_chain_count(size), times) for size, times in counts)
        return total

    def read(self, text: str) -> Sum:
        expression = _plain(text)
        terms: list[Term] = []
        sign = 1
        for part in _JOIN.split(expression):
            if part in ("+", "-"):
                sign = 1 if part == "+" else -1
            else:
                terms.append((sign, *_read_chain(part)))
        return tuple(terms)

    def evaluate(self, text: str) -> Fraction:
        """Replaces innermost calls by their values, found by Euclid's algorithm, until none is left."""
        self.read(text)
        expression, replaced = _plain(text), 1
        while replaced:
            expression, replaced = _CALL.subn(_call_value, expression)
        return arithmetic_evaluator.evaluate(expression)


def _call_value(match: re.Match[str]) -> str:
    integers = map(int, match[2].split(", "))
    return str(gcd(*integers) if match[1] == "gcd" else lcm(*integers))


def _plain(text: str) -> str:
    if len(text) > _LONGEST:
        raise ValueError(f"a problem of {len(text)} characters is too long")
    return phrasing.asked(text).replace(r"\operatorname{lcm}", "lcm").replace(r"\gcd", "gcd")


def _read_chain(part: str) -> tuple[str, tuple[int, ...]]:
    """The steps and integers of one printed term, from its outermost call inwards."""
    steps, rest = "", part
    integers: tuple[int, ...] = ()
    while rest:
        match = _OUTER.fullmatch(rest) if len(rest) <= _LONGEST_TERM else None
        if not match or (match[2] and match[4]) or match[1][0] == steps[:1]:
            raise ValueError(f"not nested divisors and multiples: {part[:60]!r}")
        rest = match[2] or match[4] or ""
        call = tuple(map(int, match[3].split(", ")))
        steps = match[1][0] * (len(call) - (not rest)) + steps
        integers = call + integers
    if len(integers) not in SIZES or len(steps) != len(integers) - 1 or not _allowed(integers):
        raise ValueError(f"not a chain of 2 to 5 of the integers used: {part[:60]!r}")
    return steps, integers


def _allowed(integers: tuple[int, ...]) -> bool:
    return all(integer in _exponents()[0] for integer in integers)


@cache
def _exponents() -> tuple[dict[int, int], dict[int, int]]:
    """Every divisor's exponents as a word of bits, and the divisor of every such word.

    Each prime has as many bits as its highest exponent, and its exponent is the number of the lowest
    of them that are set: the smaller of two exponents is their "and", the larger their "or".
    """
    words = {1: 0}
    start = 0
    for prime, most in PRIMES.items():
        words = {
            n * prime**e: word | ((1 << e) - 1) << start
            for n, word in words.items()
            for e in range(most + 1)
        }
        start += most
    return words, {word: n for n, word in words.items()}


@cache
def _numbers() -> tuple[int, ...]:
    """The integers that are drawn, in order."""
    return tuple(sorted(n for n in _exponents()[0] if SMALLEST <= n <= LARGEST))


@cache
def _compositions(total: int) -> tuple[tuple[int, ...], ...]:
    """All ways to write a number as a sum of sizes of terms, in order."""
    if total == 0:
        return ((),)
    return tuple(
        (size, *rest) for size in SIZES if size <= total for rest in _compositions(total - size)
    )


@cache
def _chains() -> dict[int, tuple[str, ...]]:
    """The steps that a chain of so many integers can have."""
    return {size: tuple(map("".join, product("gl", repeat=size - 1))) for size in SIZES}


@cache
def _runs(steps: str) -> tuple[tuple[str, int], ...]:
    """The calls of a chain: the function, and how many of the integers after the first it takes."""
    return tuple((function, len(list(run))) for function, run in groupby(steps))


@cache
def _orders(steps: str) -> int:
    """In how many orders the integers of a chain's calls can stand, were they all different."""
    first, *others = (length for _, length in _runs(steps))
    return factorial(first + 1) * prod(map(factorial, others))


def _sorted_term(term: Term) -> tuple[int, tuple[tuple[str, tuple[int, ...]], ...]]:
    """A sign, and the calls from the innermost outwards with their integers in order."""
    sign, steps, integers = term
    calls, used = [], 0
    for function, length in _runs(steps):
        end = used + length + (used == 0)
        calls.append((function, tuple(sorted(integers[used:end]))))
        used = end
    return sign, tuple(calls)


@cache
def _text_bits(tier: int) -> float:
    """Minus log2 of the probability of one text."""
    return log2(len(_compositions(tier + 1))) + tier + (tier + 1) * log2(len(_numbers()))


@cache
def _chain_count(size: int) -> int:
    """How many chains of so many integers there are, up to the order of the arguments."""
    total = 0
    for steps in _chains()[size]:
        first, *others = (length for _, length in _runs(steps))
        total += prod(multisets(len(_numbers()), n) for n in (first + 1, *others))
    return total
