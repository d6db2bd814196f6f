r"""`gcd-lcm`: sums and differences of nested greatest common divisors and least common multiples.

    What is the value of $\gcd(\operatorname{lcm}(2310, 64), 5760) - \operatorname{lcm}(84, 90)$?

A term is a chain: an integer, to which 1 to 4 times `gcd` or `lcm` with another integer is applied.
The same function several times running is printed as one call with several arguments. All integers are
divisors of 2^8 3^5 5^3 7^2 11 13 17 19 23 in 12..999,999, so that they share factors and that no least
common multiple exceeds that number.

Drawing: the kind of term is a chain of 2 to 5 integers, and the rest is as in
`generators.forms.signed_sum`. Each of the s-1 steps of a chain of s integers is `gcd` or `lcm` with
probability 1/2, and the integers are uniform on the N allowed ones. Whether an inner call stands first
or last among the arguments is surface.

Both functions are commutative and associative, so that the canonical order of a chain sorts the
arguments of each call. All texts of a chain are equally likely, and each is drawn in one way:
P(chain | size s) = T / (2^(s-1) N^s), where T is the number of different orders of the integers within
their calls. It is at most s!, reached by one call of different integers. So `bits` is exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import groupby, product
from math import factorial, gcd, lcm, log2, prod
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import Notation
from generators.forms import signed_sum
from generators.forms.multisets import arrangements, multisets
from generators.forms.signed_sum import SignedSum
from generators.forms.sum_family import Sum, SumFamily
from generators.forms.term_kind import Operands, TermKind

PRIMES = {2: 8, 3: 5, 5: 3, 7: 2, 11: 1, 13: 1, 17: 1, 19: 1, 23: 1}
SMALLEST, LARGEST = 12, 999_999
SIZES = range(2, 6)

Chain: TypeAlias = tuple[str, tuple[int, ...]]
"""One letter for each step (`g` or `l`), and one integer more."""

_NAMES = {
    "latex": {"g": r"\gcd(", "l": r"\operatorname{lcm}("},
    "plain": {"g": "gcd(", "l": "lcm("},
}
_OUTER = re.compile(
    r"(gcd|lcm)\((?:((?:gcd|lcm)\(.*\)), )?([0-9]{1,6}(?:, [0-9]{1,6}){0,4})(?:, ((?:gcd|lcm)\(.*\)))?\)"
)
_CALL = re.compile(r"(gcd|lcm)\(([0-9]{1,40}(?:, [0-9]{1,40}){1,4})\)")
_LONGEST, _LONGEST_TERM = 4_000, 120


@cache
def _exponents() -> tuple[dict[int, int], dict[int, int]]:
    """Every divisor's exponents as bits, and the divisor of all such bits.

    Each prime has as many bits as its highest exponent, and its exponent is the number of the lowest
    of them that are set: the smaller of two exponents is their "and", the larger their "or".
    """
    codes = {1: 0}
    start = 0
    for prime, most in PRIMES.items():
        codes = {
            n * prime**e: code | ((1 << e) - 1) << start
            for n, code in codes.items()
            for e in range(most + 1)
        }
        start += most
    return codes, {code: n for n, code in codes.items()}


@cache
def _numbers() -> tuple[int, ...]:
    """The integers that are drawn, in order."""
    return tuple(sorted(n for n in _exponents()[0] if SMALLEST <= n <= LARGEST))


class Chains(TermKind):
    """Chains over some integers; see the module's docstring."""

    name = ""
    sizes = SIZES

    def __init__(self, integers: tuple[int, ...]) -> None:
        self.integers = integers
        self._text_bits = {size: size - 1 + size * log2(len(integers)) for size in SIZES}

    def draw(self, below: Callable[[int], int], size: int) -> Chain:
        steps = _chains()[size][below(1 << (size - 1))]
        integers, count = self.integers, len(self.integers)
        return steps, tuple([integers[below(count)] for _ in range(size)])

    def weigh(self, operands: Operands) -> tuple[int, float, Operands]:
        steps, integers = operands
        calls, used = [], 0
        for function, length in _runs(steps):
            end = used + length + (used == 0)
            calls.append((function, tuple(sorted(integers[used:end]))))
            used = end
        orders = prod(arrangements(call) for _, call in calls)
        return len(integers), self._text_bits[len(integers)] - log2(orders), tuple(calls)

    def show(self, ordered: Operands) -> str:
        return "".join(f"{function}{list(call)}" for function, call in ordered).replace(" ", "")

    def part_bits(self, operands: Operands) -> float:
        """Of the chain without its last step."""
        steps, integers = operands
        return self.weigh((steps[:-1], integers[:-1]))[1] if len(steps) > 1 else 0.0

    def least_bits(self, size: int) -> float:
        return self._text_bits[size] - log2(factorial(size))

    def count(self, size: int) -> int:
        total = 0
        for steps in _chains()[size]:
            first, *others = (length for _, length in _runs(steps))
            total += prod(multisets(len(self.integers), n) for n in (first + 1, *others))
        return total


class GcdLcm(SumFamily):
    name = "gcd-lcm"
    version = 2
    random_bytes = 128
    summary = "sums of nested greatest common divisors and least common multiples"
    sums = SignedSum([Chains(_numbers())])

    def render(self, form: Sum, notation: Notation, draw: Draw) -> str:
        names, inner_last = _NAMES[notation], draw.below(2)
        text = ""
        for sign, _, (steps, integers) in form.terms:
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
        for sign, _, (steps, integers) in form.terms:
            bits = exponents[integers[0]]
            for step, integer in zip(steps, integers[1:], strict=True):
                bits = bits & exponents[integer] if step == "g" else bits | exponents[integer]
            total += sign * integers_of[bits]
        return str(total)

    def solution(self, form: Sum) -> str:
        lines, values = [], []
        for sign, _, (steps, integers) in form.terms:
            value = integers[0]
            for step, integer in zip(steps, integers[1:], strict=True):
                name, function = ("gcd", gcd) if step == "g" else ("lcm", lcm)
                lines.append(f"{name}({value}, {integer}) = {function(value, integer)}")
                value = function(value, integer)
            values.append(sign * value)
        return ", ".join(lines + signed_sum.worked_sum(values))

    def read(self, text: str) -> Sum:
        terms = signed_sum.signed_texts(_plain(text))
        return Sum(self.sums.check(tuple((sign, "", _read_chain(part)) for sign, part in terms)))

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
        raise ValueError(f"expected at most {_LONGEST} characters, got {len(text)}")
    return (
        phrasing.expression_of(text).replace(r"\operatorname{lcm}", "lcm").replace(r"\gcd", "gcd")
    )


def _read_chain(part: str) -> tuple[str, tuple[int, ...]]:
    """The steps and integers of one printed term, from its outermost call inwards."""
    steps, rest = "", part
    integers: tuple[int, ...] = ()
    while rest:
        match = _OUTER.fullmatch(rest) if len(rest) <= _LONGEST_TERM else None
        if not match or (match[2] and match[4]) or match[1][0] == steps[:1]:
            raise ValueError(f"expected nested calls of gcd and lcm, got {part[:60]!r}")
        rest = match[2] or match[4] or ""
        call = tuple(map(int, match[3].split(", ")))
        steps = match[1][0] * (len(call) - (not rest)) + steps
        integers = call + integers
    allowed = _exponents()[0].keys() >= set(integers)
    if len(integers) not in SIZES or len(steps) != len(integers) - 1 or not allowed:
        raise ValueError(f"expected a chain of 2 to 5 allowed integers, got {part[:60]!r}")
    return steps, integers


@cache
def _chains() -> dict[int, tuple[str, ...]]:
    """The steps that a chain of so many integers can have."""
    return {size: tuple(map("".join, product("gl", repeat=size - 1))) for size in SIZES}


@cache
def _runs(steps: str) -> tuple[tuple[str, int], ...]:
    """The calls of a chain: the function, and how many of the integers after the first it takes."""
    return tuple((function, len(list(run))) for function, run in groupby(steps))
