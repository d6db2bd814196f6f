r"""`fractions`: sums, differences, products and quotients of fractions with denominators below 100.

    Compute $\frac{7}{12} + \frac{25}{8} \times \frac{4}{15} - \frac{9}{35} \div \frac{3}{10}$. Give the
    answer as a fraction in lowest terms (or as a whole number).

The fractions are in lowest terms, with a numerator of 1..99 and a denominator of 2..99 that divides
27720, the least common multiple of 1..12. The numerator of a divisor divides 27720 as well, so that
the denominator of every term, and of the answer, divides 27720^2. The answer has at most nine digits
below the line and fourteen above it: no term exceeds (99/2) / (1/99) in size, and there are at most 21.

How a sum is drawn, its canonical form, and the proof that `bits` and `min_bits` are exact stand in
`generators/forms/signed_sum.py`. Singles, factors and dividends are uniform on the fractions, and
divisors on those that may divide. No two of the fractions are equal, so that no two canonical forms
ask for the same computation.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import DrawnFamily, Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import SignedSums, Terms

COMMON = 27_720
BELOW = 100

_PAIRS = {
    f"{a}/{b}": (a, b)
    for b in range(2, BELOW)
    if COMMON % b == 0
    for a in range(1, BELOW)
    if gcd(a, b) == 1
}
FRACTIONS = tuple(_PAIRS)
DIVISORS = tuple(text for text, (a, _) in _PAIRS.items() if COMMON % a == 0)

_TIMES_COMMON = {text: a * COMMON // b for text, (a, b) in _PAIRS.items()}
_INVERSE_TIMES_COMMON = {text: _PAIRS[text][1] * COMMON // _PAIRS[text][0] for text in DIVISORS}
_LATEX = {text: rf"\frac{{{a}}}{{{b}}}" for text, (a, b) in _PAIRS.items()}
_BRACKETED = {text: f"({text})" for text in FRACTIONS}
_OPERANDS = {
    printed: text for text in FRACTIONS for printed in (text, _LATEX[text], _BRACKETED[text])
}

FORMS = (
    " Give the answer as a fraction in lowest terms (or as a whole number).",
    " Write the result as a fraction in lowest terms (or as a whole number).",
    " The answer is wanted as a fraction in lowest terms, or as a whole number if it is one.",
    " Simplify your answer to a fraction in lowest terms or a whole number.",
)


class Fractions(DrawnFamily[Terms]):
    """The family `fractions`; see the module's docstring."""

    name = "fractions"
    random_bytes = 96
    summary = "sums, differences, products and quotients of fractions"
    sums = SignedSums(FRACTIONS, FRACTIONS, FRACTIONS, DIVISORS)

    def draw(self, draw: Draw, tier: int) -> Terms:
        return self.sums.draw(draw, tier)

    def tell(self, form: Terms, notation: Notation, draw: Draw) -> str:
        if notation == "latex":
            operators = {"*": r" \times ", "/": r" \div "}
            text = signed_sum.write(form, operators, _LATEX.__getitem__, _LATEX.__getitem__)
        else:
            text = signed_sum.write(form, {"*": " * ", "/": " / "}, str, _BRACKETED.__getitem__)
        return phrasing.ask(text, notation, draw) + draw.choice(FORMS)

    def answer(self, form: Terms) -> str:
        total = 0
        for sign, operator, first, second in form:
            if not operator:
                other = COMMON
            elif operator == "*":
                other = _TIMES_COMMON[second]
            else:
                other = _INVERSE_TIMES_COMMON[second]
            total += sign * _TIMES_COMMON[first] * other
        shared = gcd(total, COMMON * COMMON)
        below = COMMON * COMMON // shared
        return str(total // shared) if below == 1 else f"{total // shared}/{below}"

    def solution(self, form: Terms) -> str:
        lines, values = [], []
        for sign, operator, first, second in form:
            value = Fraction(first)
            if operator:
                value = value * Fraction(second) if operator == "*" else value / Fraction(second)
                lines.append(f"({first}) {operator} ({second}) = {value}")
            values.append(sign * value)
        total = values[0]
        for value in values[1:]:
            lines.append(f"{total} {'-' if value < 0 else '+'} {abs(value)} = {total + value}")
            total += value
        return ", ".join(lines)

    def canonical(self, form: Terms) -> str:
        return self.sums.canonical(form)

    def bits(self, form: Terms) -> float:
        return self.sums.bits(form)

    def part_bits(self, form: Terms) -> float:
        return self.sums.part_bits(form)

    def min_bits(self, tier: int) -> float:
        return self.sums.min_bits(tier)

    def space(self, tier: int) -> int:
        return self.sums.space(tier)

    def read(self, text: str) -> Terms:
        return signed_sum.read(_expression(text), _operand)

    def evaluate(self, text: str) -> Fraction:
        return arithmetic_evaluator.evaluate(_expression(text))


def _expression(text: str) -> str:
    """The expression in a text.

    Raises:
        ValueError: if the text does not ask for the value of one as a fraction.
    """
    for form in FORMS:
        if text.endswith(form):
            return phrasing.asked(text.removesuffix(form))
    raise ValueError(f"not a text that asks for a fraction: {text[:60]!r}")


def _operand(printed: str) -> str:
    if printed not in _OPERANDS:
        raise ValueError(f"not one of the fractions: {printed[:60]!r}")
    return _OPERANDS[printed]
