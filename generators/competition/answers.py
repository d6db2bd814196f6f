"""Answer types: how an exact value is printed, in the notation of MATH.

Each has a `name`, which the sets store as `answer_type`, and the regular expression of its answers.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from generators.competition.algebraic import Polynomial, Rational, Surd, fraction_text
from generators.competition.printed import Words, decimal_text, surd_text

_NUMBER = r"-?(?:\d+|\\frac\{\d+\}\{\d+\})"
_ROOT = r"-?(?:\d+|\d*\\sqrt\{\d+\}|\\frac\{\d*(?:\\sqrt\{\d+\})?\}\{\d+\})"


class Answer(ABC):
    """A type of answers."""

    name: ClassVar[str]
    pattern: ClassVar[str]

    @abstractmethod
    def print(self, value: Any, words: Words) -> str:
        """The answer as MATH prints it."""

    def fits(self, text: str) -> bool:
        """Whether a printed answer has this type."""
        return re.fullmatch(self.pattern, text) is not None


class Integer(Answer):
    """An integer.

    Raises:
        ValueError: when another number is printed.
    """

    name, pattern = "integer", r"-?\d+"

    def print(self, value: Rational, words: Words) -> str:
        if Fraction(value).denominator != 1:
            raise ValueError(f"expected an integer, got {value}")
        return str(Fraction(value).numerator)


class Rationals(Answer):
    """A fraction in lowest terms, or an integer: \\frac{7}{16}."""

    name, pattern = "fraction", _NUMBER

    def print(self, value: Rational, words: Words) -> str:
        return fraction_text(value)


class Decimal(Answer):
    """A finite decimal with at least `places` digits after the point: 15.30."""

    name, pattern = "decimal", r"-?\d+(?:\.\d+)?"

    def __init__(self, places: int = 0) -> None:
        self.places = places

    def print(self, value: Rational, words: Words) -> str:
        return decimal_text(value, self.places)


class Radical(Answer):
    """A `Surd`: 6\\sqrt{5}."""

    name, pattern = "radical", _ROOT

    def print(self, value: Surd, words: Words) -> str:
        return surd_text(value)


class SurdSum(Answer):
    """A rational number plus a `Surd`, as a pair: 2+3\\sqrt{5}, \\frac{1}{2}-\\sqrt{3}."""

    name = "radical"
    pattern = (
        rf"{_ROOT}(?:[+-](?:\d+|\d*\\sqrt\{{\d+\}}|\\frac\{{\d*(?:\\sqrt\{{\d+\}})?\}}\{{\d+\}}))?"
    )

    def print(self, value: tuple[Rational, Surd], words: Words) -> str:
        return sum_text([fraction_text(value[0]), surd_text(value[1])])


class PiMultiple(Answer):
    """A pair (a, b) for a + b pi: 28+6\\pi, \\frac{3\\pi}{2}."""

    name = "pi"
    pattern = rf"(?:{_NUMBER}(?=[+-]))?[+-]?(?:\d*\\pi|\\frac\{{\d*\\pi\}}\{{\d+\}})|{_NUMBER}"

    def print(self, value: tuple[Rational, Rational], words: Words) -> str:
        constant, multiple = Fraction(value[0]), Fraction(value[1])
        size, sign = abs(multiple.numerator), "-" if multiple < 0 else ""
        pi = rf"{size if size > 1 else ''}\pi"
        if multiple.denominator != 1:
            pi = rf"\frac{{{pi}}}{{{multiple.denominator}}}"
        return sum_text([fraction_text(constant), sign + pi if multiple else "0"])


class Complex(Answer):
    """A pair (a, b) for a + bi: 3+5i, -2i."""

    name = "complex"
    pattern = rf"(?:{_NUMBER}(?=[+-]|$))?(?:[+-]?(?:\d*|\\frac\{{\d+\}}\{{\d+\}})i)?"

    def print(self, value: tuple[Rational, Rational], words: Words) -> str:
        real, imaginary = Fraction(value[0]), Fraction(value[1])
        return sum_text([fraction_text(real), str(Polynomial([(imaginary, "i")]))])


class Point(Answer):
    """Rational numbers or surds in order: (-8,7), \\left( -\\frac{3}{4}, \\frac{23}{4} \\right)."""

    name = "tuple"
    pattern = rf"\({_ROOT}(?:,{_ROOT})+\)|\\left\( {_ROOT}(?:, {_ROOT})+ \\right\)"

    def print(self, value: Sequence[Rational | Surd], words: Words) -> str:
        entries = [entry_text(entry) for entry in value]
        if any("frac" in entry for entry in entries):
            return rf"\left( {', '.join(entries)} \right)"
        return f"({','.join(entries)})"


class Span(NamedTuple):
    """An interval of real numbers; an end that is None is infinite."""

    low: Rational | None
    high: Rational | None
    low_closed: bool = False
    high_closed: bool = False


class Interval(Answer):
    """A `Span`, or several in order, whose union is printed: (-\\infty,-2)\\cup[3,\\infty)."""

    name = "interval"
    _END = rf"(?:-?\\infty|{_NUMBER})"
    _ONE = rf"(?:\\left)?[(\[]{_END},{_END}(?:\\right)?[)\]]"
    pattern = rf"{_ONE}(?:\\cup{_ONE})*"

    def print(self, value: Span | Sequence[Span], words: Words) -> str:
        spans = [value] if isinstance(value, Span) else value
        return r"\cup".join(map(span_text, spans))


class Matrix(Answer):
    """A matrix as rows, or a vector as a flat sequence, of rational numbers."""

    name = "matrix"
    _ENTRY = r"-?\d+(?:/\d+)?"
    pattern = rf"\\begin\{{pmatrix\}} {_ENTRY}(?: (?:&|\\\\) {_ENTRY})* \\end\{{pmatrix\}}"

    def print(self, value: Sequence[Any], words: Words) -> str:
        rows = [row if isinstance(row, Sequence) else [row] for row in value]
        printed = r" \\ ".join(" & ".join(str(Fraction(entry)) for entry in row) for row in rows)
        return rf"\begin{{pmatrix}} {printed} \end{{pmatrix}}"


class Expression(Answer):
    """A `Polynomial`, or a pair (polynomial, denominator): \\frac{5+17t}{12}.

    Letters that are placeholders of words are replaced by these words.
    """

    name = "expression"
    pattern = r"(?:[0-9a-zA-Z^{}+-]|\\frac\{\d+\}\{\d+\})+|-?\\frac\{[0-9a-zA-Z^{}+-]+\}\{\d+\}"

    def print(self, value: Polynomial | tuple[Polynomial, int], words: Words) -> str:
        numerator, denominator = (value, 1) if isinstance(value, Polynomial) else value
        letters = {name: forms[0] for name, forms in words.items() if len(name) == 1}
        text = str(numerator.renamed(letters))
        return text if denominator == 1 else rf"\frac{{{text}}}{{{denominator}}}"


class Equation(Answer):
    """A pair of polynomials that are equal: y=2x-4, x+5y-3z+5=0."""

    name = "equation"
    pattern = (
        r"(?:[0-9a-zA-Z^{}+-]|\\frac\{\d+\}\{\d+\})+=(?:[0-9a-zA-Z^{}+-]|\\frac\{\d+\}\{\d+\})+"
    )

    def print(self, value: tuple[Polynomial, Polynomial], words: Words) -> str:
        expression = Expression()
        return "=".join(expression.print(side, words) for side in value)


class InBase(Answer):
    """A pair (number from 0 on, base from 2 to 10): 366_8."""

    name, pattern = "base", r"\d+_\d+"

    def print(self, value: tuple[int, int], words: Words) -> str:
        number, base = value
        digits = ""
        while number or not digits:
            number, digit = divmod(number, base)
            digits = f"{digit}{digits}"
        return f"{digits}_{base}"


class NumberSet(Answer):
    """Different rational numbers or surds, sorted by the template: -2,3."""

    name, pattern = "list", rf"{_ROOT}(?:,{_ROOT})*"

    def print(self, value: Iterable[Rational | Surd], words: Words) -> str:
        return ",".join(map(entry_text, value))


class Text(Answer):
    """A word or a choice, without LaTeX commands: \\text{hyperbola}."""

    name, pattern = "text", r"\\text\{[A-Za-z0-9 ,-]+\}"

    def print(self, value: str, words: Words) -> str:
        return rf"\text{{{value}}}"


def sum_text(parts: Sequence[str]) -> str:
    """Printed numbers joined by signs; those that are 0 are left out."""
    kept = [part for part in parts if part != "0"]
    if not kept:
        return "0"
    return kept[0] + "".join(part if part.startswith("-") else "+" + part for part in kept[1:])


def entry_text(entry: Rational | Surd) -> str:
    """A rational number or a surd."""
    return surd_text(entry) if isinstance(entry, Surd) else fraction_text(entry)


def span_text(span: Span) -> str:
    """An interval: [-7,4], \\left(\\frac{5}{4},\\frac{8}{3}\\right]."""
    low = r"-\infty" if span.low is None else fraction_text(span.low)
    high = r"\infty" if span.high is None else fraction_text(span.high)
    opening = "[" if span.low_closed else "("
    closing = "]" if span.high_closed else ")"
    if "frac" in low + high:
        opening, closing = rf"\left{opening}", rf"\right{closing}"
    return f"{opening}{low},{high}{closing}"
