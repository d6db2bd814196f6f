r"""`number-bases`: sums, differences and products of numerals in bases 2 to 10, answered in a base.

    Find $1240311_{5} - 110110_{2} \times 1221_{3}$ in base $7$. ...

For k steps, the number m of products is uniform on 0..(k+1)//2, so that there are n = k+1-m terms;
which of the terms are products is uniform on the choices; every term has a positive or a negative sign
with probability 1/2; a single numeral stands for a number uniform on 100..99,999 and a factor for one
uniform on 12..9,999, each in a base uniform on 2..10. If the sum is negative, all signs are turned. The
terms before the first positive one go to the end. The answer is asked in a base uniform on 3..10: it is
not negative and below 3^20, and so has at most 20 digits. Conversions count as no steps.

The answer is written as the digits in the base asked for, and `evaluate` returns the number that these
digits are in base ten: `Fraction("1203")` for 1203 in base 5.

The canonical form is the base asked for and the multiset of the signed terms, every numeral with its
base and the numerals of a product in order. It has A = n! 2^d / (c_1! c_2! ...) arrangements, where d
counts the products of two different numerals and c_1, c_2, ... are the multiplicities of the signed
terms. These become the form, and so do as many with all signs turned unless the sum is 0; all of them
are equally likely. So `bits` is exact, with z = 2, or z = 1 where the sum is 0:

    P(F) = z A / (8 (1 + (k+1)//2) C(n, m) 2^n S^(n-m) P^(2m)),

where S and P count the numerals and the factors. A is at most n! 2^m, and reaches that where all terms
and factors are different, so that `min_bits` is exact as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import comb, factorial, log2, prod
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.family import NOTATIONS, DrawnFamily, Notation
from generators.forms.multisets import multisets

BASES = range(2, 11)
ASKED = range(3, 11)
NUMBERS = range(100, 100_000)
FACTORS = range(12, 10_000)

Term: TypeAlias = tuple[int, ...]
"""A sign (1 or -1), and then the base and the value of one numeral or of each of two."""

_WORDINGS: dict[Notation, tuple[str, ...]] = {
    "latex": (
        "Calculate $EXPRESSION$, where every subscript is a base. Give the answer in base $BASE$, as "
        "digits only.",
        "Every subscript is a base. What is $EXPRESSION$? Write the answer in base $BASE$, without a "
        "subscript.",
        "Find $EXPRESSION$ in base $BASE$. Every subscript is a base, and the answer is to be given as "
        "digits only.",
    ),
    "plain": (
        "Calculate EXPRESSION, where the number after every _ is a base. Give the answer in base BASE, "
        "as digits only.",
        "The number after every _ is the base of the digits before it. What is EXPRESSION? Write the "
        "answer in base BASE, as digits only.",
        "Find EXPRESSION in base BASE. The number after every _ is the base of the digits before it, "
        "and the answer is to be given as digits only.",
    ),
}
_NUMERAL = {
    "latex": re.compile(r"([1-9][0-9]{1,16})_\{([2-9]|10)\}"),
    "plain": re.compile(r"([1-9][0-9]{1,16})_([2-9]|10)"),
}
_SUBSCRIPTS = {
    "latex": [f"_{{{base}}}" for base in range(11)],
    "plain": [f"_{base}" for base in range(11)],
}
_TIMES = {"latex": r" \times ", "plain": " * "}


class Conversion(NamedTuple):
    """The computation: signed terms of which the first is positive, and the base of the answer."""

    base: int
    terms: tuple[Term, ...]


class NumberBases(DrawnFamily[Conversion]):
    """The family `number-bases`; see the module's docstring."""

    name = "number-bases"
    random_bytes = 120
    summary = "sums, differences and products of numerals in bases 2 to 10, answered in a base"

    def draw(self, draw: Draw, tier: int) -> Conversion:
        products, asked = divmod(draw.below(((tier + 1) // 2 + 1) * len(ASKED)), len(ASKED))
        count = tier + 1 - products
        choices = _choices(count, products)
        which, signs = divmod(draw.below(len(choices) << count), 1 << count)
        paired, bases = choices[which], len(BASES)
        singles, factors = len(NUMBERS) * bases, len(FACTORS) * bases
        terms: list[Term] = []
        for i in range(count):
            sign = 1 if signs >> i & 1 else -1
            if paired >> i & 1:
                n, other = divmod(draw.below(factors * factors), factors)
                numerals = BASES[n % bases], FACTORS[n // bases]
                terms.append((sign, *numerals, BASES[other % bases], FACTORS[other // bases]))
            else:
                n = draw.below(singles)
                terms.append((sign, BASES[n % bases], NUMBERS[n // bases]))
        if sum(_signed_values(terms)) < 0:
            terms = [(-term[0], *term[1:]) for term in terms]
        first = 0
        while terms[first][0] < 0:
            first += 1
        return Conversion(ASKED[asked], (*terms[first:], *terms[:first]))

    def tell(self, form: Conversion, notation: Notation, draw: Draw) -> str:
        subscripts, times = _SUBSCRIPTS[notation], _TIMES[notation]
        text = ""
        for term in form.terms:
            text += " + " if term[0] > 0 else " - "
            text += _digits(term[2], term[1]) + subscripts[term[1]]
            if len(term) > 3:
                text += times + _digits(term[4], term[3]) + subscripts[term[3]]
        wording = draw.choice(_WORDINGS[notation])
        return wording.replace("EXPRESSION", text[3:]).replace("BASE", str(form.base))

    def answer(self, form: Conversion) -> str:
        return _digits(sum(_signed_values(form.terms)), form.base)

    def solution(self, form: Conversion) -> str:
        """In base ten, and the conversion of the answer at the end."""
        lines = [f"{t[2]} * {t[4]} = {t[2] * t[4]}" for t in form.terms if len(t) > 3]
        value = prod(form.terms[0][2::2])
        for term in form.terms[1:]:
            found = value + term[0] * prod(term[2::2])
            lines.append(f"{value} {'+' if term[0] > 0 else '-'} {prod(term[2::2])} = {found}")
            value = found
        return f"{', '.join(lines)}; in base {form.base}: {self.answer(form)}"

    def canonical(self, form: Conversion) -> str:
        terms = []
        for term in sorted(map(_in_order, form.terms)):
            numerals = [f"{v}_{b}" for b, v in zip(term[1::2], term[2::2], strict=True)]
            terms.append(("+" if term[0] > 0 else "-") + "*".join(numerals))
        return f"base {form.base}: " + "".join(terms)

    def bits(self, form: Conversion) -> float:
        terms = form.terms
        products, arrangements = 0, factorial(len(terms))
        for term in terms:
            if len(term) > 3:
                products += 1
                arrangements <<= term[1:3] != term[3:]
        values = _signed_values(terms)
        if len(set(values)) < len(values):
            arrangements //= prod(map(factorial, Counter(map(_in_order, terms)).values()))
        if sum(values):
            arrangements *= 2
        return _draw_bits(len(terms), products) - log2(arrangements)

    def part_bits(self, form: Conversion) -> float:
        """Of all terms but the last, or of one product among several terms, in the same base."""
        if len(form.terms) == 1:
            return 0.0
        parts = [form.terms[:-1], *(((1, *term[1:]),) for term in form.terms if len(term) > 3)]
        worked = [part for part in parts if len(part) > 1 or len(part[0]) > 3]
        return max((self.bits(Conversion(form.base, part)) for part in worked), default=0.0)

    def min_bits(self, tier: int) -> float:
        """The min-entropy of the tier: a form of different terms and factors is the likeliest."""
        return min(
            _draw_bits(tier + 1 - m, m) - log2(factorial(tier + 1 - m)) - m - 1
            for m in range((tier + 1) // 2 + 1)
        )

    def space(self, tier: int) -> None:
        """Not known: it would take counting the forms whose sum is 0."""

    def most(self, tier: int) -> int:
        """As many multisets of signed terms, of whatever sum, as there are with each base asked for."""
        numerals, factors = len(NUMBERS) * len(BASES), len(FACTORS) * len(BASES)
        return len(ASKED) * sum(
            multisets(2 * numerals, tier + 1 - 2 * m) * multisets(2 * comb(factors + 1, 2), m)
            for m in range((tier + 1) // 2 + 1)
        )

    def read(self, text: str) -> Conversion:
        notation, expression, base = _asked(text)
        terms: list[Term] = []
        for signed in re.split(r" (?=[-+] )", f"+ {expression}"):
            term = [1 if signed[0] == "+" else -1]
            for numeral in signed[2:].split(_TIMES[notation]):
                match = _NUMERAL[notation].fullmatch(numeral)
                if not match:
                    raise ValueError(f"not a numeral with its base: {numeral[:40]!r}")
                term += [int(match[2]), int(match[1], int(match[2]))]
            values = FACTORS if len(term) > 3 else NUMBERS
            if len(term) > 5 or any(value not in values for value in term[2::2]):
                raise ValueError(f"no term of this family: {signed[2:][:60]!r}")
            terms.append(tuple(term))
        if (len(terms) == 1 and len(terms[0]) == 3) or sum(_signed_values(terms)) < 0:
            raise ValueError(f"one numeral, or a negative sum: {text[:60]!r}")
        return Conversion(base, tuple(terms))

    def evaluate(self, text: str) -> Fraction:
        """With the numerals turned into base ten, and from the highest digit of the answer on."""
        notation, expression, base = _asked(text)
        decimal = expression.split(" ")
        for i in range(0, len(decimal), 2):
            if not (match := _NUMERAL[notation].fullmatch(decimal[i])):
                raise ValueError(f"not a numeral with its base: {decimal[i][:40]!r}")
            decimal[i] = str(int(match[1], int(match[2])))
        value = int(arithmetic_evaluator.evaluate(" ".join(decimal)))
        if value < 0:
            raise ValueError(f"a negative sum: {text[:60]!r}")
        place, digits = 1, 0
        while place * base <= value:
            place *= base
        while place:
            digit, value = divmod(value, place)
            digits = 10 * digits + digit
            place //= base
        return Fraction(digits)


@cache
def _choices(terms: int, products: int) -> list[int]:
    """Which of the terms can be the products, as numbers with a bit for every term."""
    return [sum(1 << i for i in places) for places in combinations(range(terms), products)]


def _signed_values(terms: Sequence[Term]) -> list[int]:
    return [t[0] * t[2] * t[4] if len(t) > 3 else t[0] * t[2] for t in terms]


def _in_order(term: Term) -> Term:
    turned = len(term) > 3 and term[3:] < term[1:3]
    return (term[0], *term[3:], *term[1:3]) if turned else term


def _digits(value: int, base: int) -> str:
    """A number's digits, taken from the lowest on in blocks."""
    size, blocks = _blocks(base)
    text = ""
    while value >= size:
        value, block = divmod(value, size)
        text = blocks[block] + text
    return (blocks[value].lstrip("0") + text) or "0"


@cache
def _blocks(base: int) -> tuple[int, tuple[str, ...]]:
    """The blocks of digits of one length by their values, after how many they are."""
    blocks = [""]
    while len(blocks) * base <= 4_096:
        blocks = [block + str(digit) for block in blocks for digit in range(base)]
    return len(blocks), tuple(blocks)


@cache
def _patterns() -> list[tuple[Notation, re.Pattern[str]]]:
    """What matches every wording, with the expression and the base as groups."""
    patterns = []
    for notation in NOTATIONS:
        allowed = r"(?:[-+_{} 0-9]|\\times)" if notation == "latex" else "[-+*_ 0-9]"
        for wording in _WORDINGS[notation]:
            pattern = re.escape(wording).replace("EXPRESSION", f"({allowed}{{1,1000}})")
            patterns.append((notation, re.compile(pattern.replace("BASE", "([3-9]|10)"))))
    return patterns


def _asked(text: str) -> tuple[Notation, str, int]:
    """The notation, the expression and the base asked for.

    Raises:
        ValueError: if the text is worded otherwise.
    """
    for notation, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return notation, match[1], int(match[2])
    raise ValueError(f"not a text that asks for a value in a base: {text[:60]!r}")


@cache
def _draw_bits(terms: int, products: int) -> float:
    """Minus log2 of the probability of one draw with so many terms and products among them."""
    steps = terms + products - 1
    return (
        log2(len(ASKED))
        + log2(1 + (steps + 1) // 2)
        + log2(comb(terms, products))
        + terms
        + (terms - products) * log2(len(NUMBERS) * len(BASES))
        + 2 * products * log2(len(FACTORS) * len(BASES))
    )
