r"""`decimals`: sums, differences, products and quotients of decimals, rounded once, by a stated rule.

    Compute $38.07 - 4.25 \times 0.16 + 11.86 \div 7.9$. Round only the final result, to 2 decimal
    places, with halves rounded away from zero.

Drawing: a sum as in `generators.forms.signed_sum`; then, uniform on the six choices, the number of
decimal places (1, 2 or 3) and the rounding of a half (away from zero, or to the even digit). A single
operand or a dividend has 3 or 4 significant digits and 2 to 4 decimal places, a factor or a
divisor 2 or 3 significant digits and 1 or 2 decimal places. The last digit of an operand is never 0,
so that no two of them are equal; they are equally likely.

The answer is printed with all of the decimal places asked for. It is below 10^6 in size: no term
exceeds 99.9^2, and there are at most 21.

The rounding is part of the canonical form. It is independent of the sum, so that `bits` is exact: it is
that of the sum plus log2(6). The largest proper sub-expression is the sum before it is rounded.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import SignedSum
from generators.forms.sum_family import Sum, SumFamily
from generators.forms.term_kind import UniformKind

SCALE = 10_000
"""Every operand, and every product of two factors, is a whole number of these parts."""


def fixed(n: int, places: int) -> str:
    """n / 10^places with exactly so many decimals, at least one."""
    sign = "-" if n < 0 else ""
    digits = str(abs(n)).zfill(places + 1)
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def decimals(digits: range, places: range) -> dict[str, int]:
    """The decimals with so many significant digits and decimal places whose last digit is not 0.

    Each comes with its number of parts.
    """
    significands = [n for n in range(10 ** (digits[0] - 1), 10 ** digits[-1]) if n % 10]
    return {fixed(n, p): n * SCALE // 10**p for n in significands for p in places}


LONG = decimals(range(3, 5), range(2, 5))
SHORT = decimals(range(2, 4), range(1, 3))
_PARTS = LONG | SHORT


class Rounding(NamedTuple):
    """The number of decimal places of the result, and whether a half goes to the even digit."""

    places: int
    to_even: bool


ROUNDINGS = tuple(Rounding(places, to_even) for places in (1, 2, 3) for to_even in (False, True))
WORDINGS: list[str] = phrasing.read_texts(__file__)["wordings"]
_AROUND = {
    rounding: [
        tuple(
            wording.format(
                "@",
                f"{rounding.places} decimal place{'s' if rounding.places > 1 else ''}",
                "to the even digit" if rounding.to_even else "away from zero",
            ).split("@")
        )
        for wording in WORDINGS
    ]
    for rounding in ROUNDINGS
}


class Decimals(SumFamily):
    name = "decimals"
    version = 2
    random_bytes = 112
    summary = "sums, differences, products and quotients of decimals, with a rounding rule"
    sums = SignedSum(
        [
            UniformKind("", tuple(LONG)),
            UniformKind("*", tuple(SHORT), tuple(SHORT)),
            UniformKind("/", tuple(LONG), tuple(SHORT)),
        ]
    )
    questions = ROUNDINGS

    def render(self, form: Sum, notation: Notation, draw: Draw) -> str:
        before, after = draw.choice(_AROUND[form.question])
        expression = signed_sum.write(form.terms, signed_sum.OPERATORS[notation])
        return before + phrasing.formula(expression, notation) + after

    def answer(self, form: Sum) -> str:
        places, to_even = form.question
        numerator, divisors = 0, 1
        for sign, operator, operands in form.terms:
            n = sign * _PARTS[operands[0]]
            if operator == "/":
                divisor = _PARTS[operands[1]]
                numerator = numerator * divisor + n * SCALE * divisors
                divisors *= divisor
            elif operator:
                numerator += n * _PARTS[operands[1]] // SCALE * divisors
            else:
                numerator += n * divisors
        denominator = divisors * SCALE // 10**places
        size, rest = divmod(abs(numerator), denominator)
        if 2 * rest > denominator or (2 * rest == denominator and not (to_even and size % 2 == 0)):
            size += 1
        return fixed(-size if numerator < 0 else size, places)

    def solution(self, form: Sum) -> str:
        lines, values = [], []
        for sign, operator, operands in form.terms:
            value = signed_sum.exact_value(operator, operands)
            if operator:
                lines.append(f"{operands[0]} {operator} {operands[1]} = {_exact(value)}")
            values.append(sign * value)
        lines += signed_sum.worked_sum(values, _exact)
        return ", ".join([*lines, f"rounded: {self.answer(form)}"])

    def part_bits(self, form: Sum) -> float:
        """Of the sum before it is rounded."""
        return self.sums.bits(form.terms)

    def read(self, text: str) -> Sum:
        expression, rounding = _asked(text)
        return Sum(self.sums.read(expression, str), rounding)

    def evaluate(self, text: str) -> Fraction:
        expression, (places, to_even) = _asked(text)
        value = arithmetic_evaluator.evaluate(expression)
        if to_even:
            return round(value, places)
        size = Fraction(floor(abs(value) * 10**places + Fraction(1, 2)), 10**places)
        return -size if value < 0 else size


def _asked(text: str) -> tuple[str, Rounding]:
    """The expression in a text, and how its value is to be rounded.

    Raises:
        ValueError: if the text does not ask for the rounded value of one.
    """
    for rounding, around in _AROUND.items():
        for before, after in around:
            if text.startswith(before) and text.endswith(after):
                expression = text[len(before) : -len(after)]
                if expression[:1] == expression[-1:] == "$":
                    expression = expression[1:-1]
                return expression, rounding
    raise ValueError(f"expected a text that asks for a rounded value, got {text[:60]!r}")


def _exact(value: Fraction) -> str:
    """A value as a decimal where it has at most four places, else as a fraction."""
    scaled = value * SCALE
    if scaled.denominator > 1:
        return str(value)
    return fixed(int(scaled), 4).rstrip("0").removesuffix(".")
