r"""`decimals`: sums, differences, products and quotients of decimals, rounded once, by a stated rule.

    Compute $38.07 - 4.25 \times 0.16 + 11.86 \div 7.9$. Round only the final result, to 2 decimal
    places, with halves rounded away from zero.

Drawing: the sum as `generators/forms/signed_sum.py` says; then, uniform on the six choices, the
number of decimal places (1, 2 or 3) and what becomes of a half (away from zero, or to the even digit).
A single operand or a dividend has 3 or 4 significant digits and 2 to 4 decimal places, a factor or a
divisor 2 or 3 significant digits and 1 or 2 decimal places. The last digit of an operand is never 0,
so that no two of them are equal; they are equally likely.

The answer is printed with all of the decimal places asked for. It is below 10^6 in size: no term
exceeds 99.9^2, and there are at most 21.

Places and rule are a part of the computation: the canonical form is that of the sum, with both. They
are drawn apart from the sum, so that `bits` and `min_bits` are those of the sum (exact, as proved
there) and log2(6) more. The largest proper sub-expression is the sum before it is rounded.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, log2
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import DrawnFamily, Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import SignedSums, Terms

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

ROUNDINGS = tuple((places, to_even) for places in (1, 2, 3) for to_even in (False, True))
FORMS = (
    "Compute {}. Round only the final result, to {}, with halves rounded {}.",
    "Work out {}. Do not round intermediate results; give the final result to {}, rounding halves {}.",
    "What is the value of {}, to {}? Round only once, at the end, with halves rounded {}.",
    "Calculate {} and round the result to {}, halves being rounded {}. Do not round before the end.",
)
_ASKS = {
    (places, to_even): [
        tuple(
            form.format(
                "@",
                f"{places} decimal place{'s' if places > 1 else ''}",
                "to the even digit" if to_even else "away from zero",
            ).split("@")
        )
        for form in FORMS
    ]
    for places, to_even in ROUNDINGS
}
_LATEX = {"*": r" \times ", "/": r" \div "}
_PLAIN = {"*": " * ", "/": " / "}

Rounded: TypeAlias = tuple[Terms, int, bool]
"""A sum, the number of decimal places of the result, and whether a half goes to the even digit."""


class Decimals(DrawnFamily[Rounded]):
    """The family `decimals`; see the module's docstring."""

    name = "decimals"
    random_bytes = 112
    summary = "sums, differences, products and quotients of decimals, with a rounding rule"
    sums = SignedSums(tuple(LONG), tuple(SHORT), tuple(LONG), tuple(SHORT))

    def draw(self, draw: Draw, tier: int) -> Rounded:
        return self.sums.draw(draw, tier), *draw.choice(ROUNDINGS)

    def tell(self, form: Rounded, notation: Notation, draw: Draw) -> str:
        terms, places, to_even = form
        before, after = draw.choice(_ASKS[places, to_even])
        operators = _LATEX if notation == "latex" else _PLAIN
        expression = signed_sum.write(terms, operators, str, str)
        return before + phrasing.formula(expression, notation) + after

    def answer(self, form: Rounded) -> str:
        terms, places, to_even = form
        numerator, divisors = 0, 1
        for sign, operator, first, second in terms:
            n = sign * _PARTS[first]
            if operator == "/":
                divisor = _PARTS[second]
                numerator = numerator * divisor + n * SCALE * divisors
                divisors *= divisor
            elif operator:
                numerator += n * _PARTS[second] // SCALE * divisors
            else:
                numerator += n * divisors
        denominator = divisors * SCALE // 10**places
        size, rest = divmod(abs(numerator), denominator)
        if 2 * rest > denominator or (2 * rest == denominator and not (to_even and size % 2 == 0)):
            size += 1
        return fixed(-size if numerator < 0 else size, places)

    def solution(self, form: Rounded) -> str:
        lines, values = [], []
        for sign, operator, first, second in form[0]:
            value = Fraction(first)
            if operator:
                value = value * Fraction(second) if operator == "*" else value / Fraction(second)
                lines.append(f"{first} {operator} {second} = {_exact(value)}")
            values.append(sign * value)
        total = values[0]
        for value in values[1:]:
            sign_text = "-" if value < 0 else "+"
            lines.append(
                f"{_exact(total)} {sign_text} {_exact(abs(value))} = {_exact(total + value)}"
            )
            total += value
        return ", ".join([*lines, f"rounded: {self.answer(form)}"])

    def canonical(self, form: Rounded) -> str:
        terms, places, to_even = form
        return f"{self.sums.canonical(terms)} to {places} {'even' if to_even else 'away'}"

    def bits(self, form: Rounded) -> float:
        return self.sums.bits(form[0]) + log2(len(ROUNDINGS))

    def part_bits(self, form: Rounded) -> float:
        return self.sums.bits(form[0])

    def min_bits(self, tier: int) -> float:
        return self.sums.min_bits(tier) + log2(len(ROUNDINGS))

    def space(self, tier: int) -> int:
        return self.sums.space(tier) * len(ROUNDINGS)

    def read(self, text: str) -> Rounded:
        expression, places, to_even = _asked(text)
        terms = signed_sum.read(expression, str)
        for _, operator, first, second in terms:
            if first not in (SHORT if operator == "*" else LONG) or (
                operator and second not in SHORT
            ):
                raise ValueError(f"not one of the decimals: {first[:30]!r} or {second[:30]!r}")
        return terms, places, to_even

    def evaluate(self, text: str) -> Fraction:
        expression, places, to_even = _asked(text)
        value = arithmetic_evaluator.evaluate(expression)
        if to_even:
            return round(value, places)
        size = Fraction(floor(abs(value) * 10**places + Fraction(1, 2)), 10**places)
        return -size if value < 0 else size


def _asked(text: str) -> tuple[str, int, bool]:
    """The expression in a text, and how its value is rounded.

    Raises:
        ValueError: if the text does not ask for the rounded value of one.
    """
    for (places, to_even), asks in _ASKS.items():
        for before, after in asks:
            if text.startswith(before) and text.endswith(after):
                found = text[len(before) : -len(after)]
                inner = found[1:-1] if found[:1] == found[-1:] == "$" else found
                return inner, places, to_even
    raise ValueError(f"not a text that asks for a rounded value: {text[:60]!r}")


def _exact(value: Fraction) -> str:
    """A value as a decimal where it has at most four places, else as a fraction."""
    scaled = value * SCALE
    if scaled.denominator > 1:
        return str(value)
    return fixed(int(scaled), 4).rstrip("0").removesuffix(".")
