r"""`number-bases`: sums, differences and products of numerals in bases 2 to 10, answered in a base.

    Find $1240311_{5} - 110110_{2} \times 1221_{3}$ in base $7$. ...

A single numeral stands for a number uniform on 100..99,999 and a factor for one uniform on 12..9,999,
each in a base uniform on 2..10. The answer is asked for in a base uniform on 3..10. The rest of the
drawing is in `generators.forms.signed_sum`, with one addition: if the sum is negative, all signs are
changed, and the terms before the first positive one move to the end. So the answer is at least 0 and
below 3^20, and has at most 20 digits. Conversions count as no steps.

The answer is written in the digits of its base, and `evaluate` returns the number that these digits
are in base ten: `Fraction("1203")` for 1203 in base 5.

The canonical form is the base of the answer and the multiset of the signed terms, every numeral with
its base. A form of n terms, p of them positive, whose sum is not 0 is drawn as itself and as its
negative, which has n-p positive terms and otherwise the same factors in the formula of `signed_sum`.
So its probability is n/p times the one there, and `bits` is exact. `min_bits` remains a bound: it
replaces p by n.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import log2
from typing import Any, TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.family import NOTATIONS, Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import OPERATORS, SignedSum, Terms
from generators.forms.sum_family import Sum, SumFamily
from generators.forms.term_kind import UniformKind
from generators.phrasing import read_texts

BASES = range(2, 11)
ANSWER_BASES = range(3, 11)
NUMBERS = range(100, 100_000)
FACTORS = range(12, 10_000)

Numeral: TypeAlias = tuple[int, int]
"""A number, and the base in which it is printed."""

_WORDINGS: dict[str, list[str]] = read_texts(__file__)
_NUMERAL = {
    "latex": re.compile(r"([1-9][0-9]{1,16})_\{([2-9]|10)\}"),
    "plain": re.compile(r"([1-9][0-9]{1,16})_([2-9]|10)"),
}


class Numerals(Sequence[Numeral]):
    """The numerals of a range of numbers in all of some bases."""

    def __init__(self, numbers: range, bases: range = BASES) -> None:
        self.numbers, self.bases = numbers, bases

    def __len__(self) -> int:
        return len(self.numbers) * len(self.bases)

    def __getitem__(self, index: Any) -> Any:
        n, base = divmod(index, len(self.bases))
        return self.numbers[n], self.bases[base]

    def __contains__(self, numeral: Any) -> bool:
        return numeral[0] in self.numbers and numeral[1] in self.bases


class NumberBases(SumFamily):
    name = "number-bases"
    version = 2
    random_bytes = 120
    summary = "sums, differences and products of numerals in bases 2 to 10, answered in a base"
    sums = SignedSum(
        [
            UniformKind("", Numerals(NUMBERS)),
            UniformKind("*", Numerals(FACTORS), Numerals(FACTORS)),
        ]
    )
    questions = ANSWER_BASES

    def draw(self, draw: Draw, tier: int) -> Sum:
        terms, base = super().draw(draw, tier)
        if sum(_signed_values(terms)) < 0:
            terms = tuple([(-sign, name, operands) for sign, name, operands in terms])
            first = 0
            while terms[first][0] < 0:
                first += 1
            terms = (*terms[first:], *terms[:first])
        return Sum(terms, base)

    def render(self, form: Sum, notation: Notation, draw: Draw) -> str:
        printed = _latex if notation == "latex" else _plain
        expression = signed_sum.write(form.terms, OPERATORS[notation], printed, printed)
        wording = draw.choice(_WORDINGS[notation])
        return wording.replace("EXPRESSION", expression).replace("BASE", str(form.question))

    def answer(self, form: Sum) -> str:
        return _digits(sum(_signed_values(form.terms)), form.question)

    def solution(self, form: Sum) -> str:
        """In base ten, and the conversion of the answer at the end."""
        products = [operands for _, name, operands in form.terms if name]
        lines = [f"{a} * {b} = {a * b}" for (a, _), (b, _) in products]
        lines += signed_sum.worked_sum(_signed_values(form.terms))
        return f"{', '.join(lines)}; in base {form.question}: {self.answer(form)}"

    def bits(self, form: Sum) -> float:
        bits = super().bits(form)
        if sum(_signed_values(form.terms)):
            bits -= log2(len(form.terms) / sum([sign > 0 for sign, _, _ in form.terms]))
        return bits

    def part_bits(self, form: Sum) -> float:
        """As for every sum, less the largest correction for the change of signs."""
        bits = super().part_bits(form)
        return bits - log2(len(form.terms) - 1) if bits else 0.0

    def space(self, tier: int) -> None:
        """Not known: the forms whose sum is 0 would have to be counted."""

    def most(self, tier: int) -> int:
        """The number of sums of any value, with each base of the answer."""
        return self.sums.space(tier) * len(self.questions)

    def read(self, text: str) -> Sum:
        notation, expression, base = _asked(text)
        terms = self.sums.read(expression, lambda printed: _numeral(printed, notation))
        if sum(_signed_values(terms)) < 0:
            raise ValueError(f"expected a sum of at least 0: {text[:60]!r}")
        return Sum(terms, base)

    def evaluate(self, text: str) -> Fraction:
        """With the numerals converted to base ten, and from the highest digit of the answer down."""
        notation, expression, base = _asked(text)
        tokens = expression.split(" ")
        for i in range(0, len(tokens), 2):
            tokens[i] = str(_numeral(tokens[i], notation)[0])
        value = int(arithmetic_evaluator.evaluate(" ".join(tokens)))
        if value < 0:
            raise ValueError(f"expected a sum of at least 0: {text[:60]!r}")
        place, digits = 1, 0
        while place * base <= value:
            place *= base
        while place:
            digit, value = divmod(value, place)
            digits = 10 * digits + digit
            place //= base
        return Fraction(digits)


def _signed_values(terms: Terms) -> list[int]:
    return [
        sign * operands[0][0] * operands[1][0] if name else sign * operands[0][0]
        for sign, name, operands in terms
    ]


def _latex(numeral: Numeral) -> str:
    return f"{_digits(*numeral)}_{{{numeral[1]}}}"


def _plain(numeral: Numeral) -> str:
    return f"{_digits(*numeral)}_{numeral[1]}"


def _numeral(printed: str, notation: Notation) -> Numeral:
    """A numeral printed in a notation.

    Raises:
        ValueError: if the text is no numeral with a base.
    """
    if not (match := _NUMERAL[notation].fullmatch(printed)):
        raise ValueError(f"expected a numeral with its base, got {printed[:40]!r}")
    return int(match[1], int(match[2])), int(match[2])


def _digits(value: int, base: int) -> str:
    """A number's digits, converted in blocks from the lowest on."""
    size, blocks = _blocks(base)
    text = ""
    while value >= size:
        value, block = divmod(value, size)
        text = blocks[block] + text
    return (blocks[value].lstrip("0") + text) or "0"


@cache
def _blocks(base: int) -> tuple[int, tuple[str, ...]]:
    """The number of blocks of digits of one length, and the blocks by their values."""
    blocks = [""]
    while len(blocks) * base <= 4_096:
        blocks = [block + str(digit) for block in blocks for digit in range(base)]
    return len(blocks), tuple(blocks)


@cache
def _patterns() -> list[tuple[Notation, re.Pattern[str]]]:
    """A pattern for every wording, with the expression and the base as groups."""
    patterns = []
    for notation in NOTATIONS:
        allowed = r"(?:[-+_{} 0-9]|\\times)" if notation == "latex" else "[-+*_ 0-9]"
        for wording in _WORDINGS[notation]:
            pattern = re.escape(wording).replace("EXPRESSION", f"({allowed}{{1,1000}})")
            patterns.append((notation, re.compile(pattern.replace("BASE", "([3-9]|10)"))))
    return patterns


def _asked(text: str) -> tuple[Notation, str, int]:
    """The notation, the expression and the base of the answer.

    Raises:
        ValueError: if the text has none of the wordings.
    """
    for notation, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return notation, match[1], int(match[2])
    raise ValueError(f"expected a text that asks for a value in a base, got {text[:60]!r}")
