r"""`fractions`: sums, differences, products and quotients of fractions with denominators below 100.

    Compute $\frac{7}{12} + \frac{25}{8} \times \frac{4}{15} - \frac{9}{35} \div \frac{3}{10}$. Give the
    answer as a fraction in lowest terms (or as a whole number).

The fractions are in lowest terms, with a numerator of 1..99 and a denominator of 2..99 that divides
27720, the least common multiple of 1..12. The numerator of a divisor divides 27720 as well, so that
the denominator of every term, and of the answer, divides 27720^2. The answer has at most nine digits
below the line and fourteen above it: no term exceeds (99/2) / (1/99) in size, and there are at most 21.

Singles, factors and dividends are uniform on the fractions, and divisors on those that may divide. No
two fractions are equal, so that no two canonical forms ask for the same computation. The rest of the
drawing, the canonical form and the proof that `bits` is exact are in `generators.forms.signed_sum`.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import OPERATORS, SignedSum
from generators.forms.sum_family import Sum, SumFamily
from generators.forms.term_kind import UniformKind

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

ANSWER_FORMATS: list[str] = phrasing.read_texts(__file__)["answer_formats"]


class Fractions(SumFamily):
    name = "fractions"
    version = 2
    random_bytes = 96
    summary = "sums, differences, products and quotients of fractions"
    sums = SignedSum(
        [
            UniformKind("", FRACTIONS),
            UniformKind("*", FRACTIONS, FRACTIONS),
            UniformKind("/", FRACTIONS, DIVISORS),
        ]
    )

    def render(self, form: Sum, notation: Notation, draw: Draw) -> str:
        if notation == "latex":
            printed = _LATEX.__getitem__
            text = signed_sum.write(form.terms, OPERATORS[notation], printed, printed)
        else:
            text = signed_sum.write(form.terms, OPERATORS[notation], str, _BRACKETED.__getitem__)
        return phrasing.ask(text, notation, draw) + draw.choice(ANSWER_FORMATS)

    def answer(self, form: Sum) -> str:
        total = 0
        for sign, operator, operands in form.terms:
            if not operator:
                other = COMMON
            elif operator == "*":
                other = _TIMES_COMMON[operands[1]]
            else:
                other = _INVERSE_TIMES_COMMON[operands[1]]
            total += sign * _TIMES_COMMON[operands[0]] * other
        shared = gcd(total, COMMON * COMMON)
        below = COMMON * COMMON // shared
        return str(total // shared) if below == 1 else f"{total // shared}/{below}"

    def solution(self, form: Sum) -> str:
        lines, values = [], []
        for sign, operator, operands in form.terms:
            value = signed_sum.exact_value(operator, operands)
            if operator:
                lines.append(f"({operands[0]}) {operator} ({operands[1]}) = {value}")
            values.append(sign * value)
        return ", ".join(lines + signed_sum.worked_sum(values))

    def read(self, text: str) -> Sum:
        return Sum(self.sums.read(_expression(text), _operand))

    def evaluate(self, text: str) -> Fraction:
        return arithmetic_evaluator.evaluate(_expression(text))


def _expression(text: str) -> str:
    """The expression in a text.

    Raises:
        ValueError: if the text does not ask for the value of one as a fraction.
    """
    for answer_format in ANSWER_FORMATS:
        if text.endswith(answer_format):
            return phrasing.expression_of(text.removesuffix(answer_format))
    raise ValueError(f"expected a text that asks for a fraction, got {text[:60]!r}")


def _operand(printed: str) -> str:
    if printed not in _OPERANDS:
        raise ValueError(f"expected a fraction of this family, got {printed[:60]!r}")
    return _OPERANDS[printed]
