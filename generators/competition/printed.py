"""How values are printed in a text, and how they are read back.

A `Kind` prints one value and gives the regular expression of its printed texts, without blanks (reading
removes them from formulas). `Choice` is replaced by its phrases before a text is compiled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar

from generators.competition.algebraic import (
    Polynomial,
    Rational,
    Surd,
    fraction_text,
    read_fraction,
    read_polynomial,
)

Words = Mapping[str, Sequence[str]]
"""The words of a text by placeholder; the first form of each is the plain one."""

_FRACTION = r"-?(?:\d+|\\frac\{\d+\}\{\d+\})"
_NUMERALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()


class Kind(ABC):
    """How values of one kind are printed and read.

    `number`: whether the printed text is a bare number, which a style may set in dollar signs.
    """

    number: ClassVar[bool] = False

    @property
    @abstractmethod
    def pattern(self) -> str:
        """A regular expression without capturing groups for the printed text without blanks."""

    @abstractmethod
    def print(self, value: Any, words: Words) -> str:
        """The printed text."""

    @abstractmethod
    def read(self, text: str, words: Words) -> Any:
        """The value of a text that the pattern matches."""


class Whole(Kind):
    """An integer in digits: 7, -12."""

    number = True
    pattern = r"-?\d+"

    def print(self, value: int, words: Words) -> str:
        return str(value)

    def read(self, text: str, words: Words) -> int:
        return int(text)


class Signed(Whole):
    """An integer with its sign, as a later term of a sum: +7, -12."""

    number = False
    pattern = r"[+-]\d+"

    def print(self, value: int, words: Words) -> str:
        return f"{value:+d}"


class Coefficient(Kind):
    """An integer before a letter: nothing for 1, a minus for -1."""

    pattern = r"-?\d*"

    def print(self, value: int, words: Words) -> str:
        return {1: "", -1: "-"}.get(value, str(value))

    def read(self, text: str, words: Words) -> int:
        return int(text + "1") if text in ("", "-") else int(text)


class SignedCoefficient(Kind):
    """An integer before a letter in a later term of a sum: +, -, +3, -12."""

    pattern = r"[+-]\d*"

    def print(self, value: int, words: Words) -> str:
        return {1: "+", -1: "-"}.get(value, f"{value:+d}")

    def read(self, text: str, words: Words) -> int:
        return int(text + "1") if text in ("+", "-") else int(text)


class Listed(Kind):
    """An integer from 0 on as a word of a list; in digits beyond it."""

    def __init__(self, listed: Sequence[str], suffix: bool, upper: bool = False) -> None:
        self.listed = [word.capitalize() if upper else word for word in listed]
        self.suffix = suffix

    @property
    def pattern(self) -> str:
        return "|".join([*reversed(self.listed), r"\d+(?:st|nd|rd|th)" if self.suffix else r"\d+"])

    def print(self, value: int, words: Words) -> str:
        if 0 <= value < len(self.listed):
            return self.listed[value]
        if not self.suffix:
            return str(value)
        ending = {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
        return f"{value}th" if value % 100 in (11, 12, 13) else f"{value}{ending}"

    def read(self, text: str, words: Words) -> int:
        return self.listed.index(text) if text in self.listed else int(text.rstrip("stndrh"))


class Number(Kind):
    """A rational number as an integer or a fraction: 7, -\\frac{3}{4}."""

    pattern = _FRACTION

    def print(self, value: Rational, words: Words) -> str:
        return fraction_text(value)

    def read(self, text: str, words: Words) -> Fraction:
        return read_fraction(text)


class SignedNumber(Number):
    """A rational number with its sign, as a later term of a sum."""

    pattern = r"[+-](?:\d+|\\frac\{\d+\}\{\d+\})"

    def print(self, value: Rational, words: Words) -> str:
        return ("" if value < 0 else "+") + fraction_text(value)

    def read(self, text: str, words: Words) -> Fraction:
        return read_fraction(text.removeprefix("+"))


class DecimalNumber(Kind):
    """A rational number as a finite decimal with at least `places` digits: 0.75; money has two."""

    number = True
    pattern = r"-?\d+(?:\.\d+)?"

    def __init__(self, places: int = 0) -> None:
        self.places = places

    def print(self, value: Rational, words: Words) -> str:
        return decimal_text(value, self.places)

    def read(self, text: str, words: Words) -> Fraction:
        return Fraction(text)


class Poly(Kind):
    """A `Polynomial`. Its letters that are placeholders of words are replaced by these words.

    A polynomial over several letters is read with the letters of the template, if the text of the
    problem has the words of all of them elsewhere.
    """

    pattern = r"-?(?:[0-9a-zA-Z]|\\frac\{)(?:[0-9a-zA-Z^{}+-]|\\frac(?=\{))*"

    def print(self, value: Polynomial, words: Words) -> str:
        letters = {name: forms[0] for name, forms in words.items() if len(name) == 1}
        return str(value.renamed(letters))

    def read(self, text: str, words: Words) -> Polynomial:
        letters = {forms[0]: name for name, forms in words.items() if len(name) == 1}
        return read_polynomial(text).renamed(letters)


class SignedPoly(Poly):
    """A `Polynomial` as later terms of a sum: +3x-2. It must have a term."""

    pattern = r"[+-](?:[0-9a-zA-Z]|\\frac\{)(?:[0-9a-zA-Z^{}+-]|\\frac(?=\{))*"

    def print(self, value: Polynomial, words: Words) -> str:
        text = super().print(value, words)
        return text if text.startswith("-") else "+" + text


class PointOf(Kind):
    """Rational coordinates: (3,-1)."""

    def __init__(self, size: int = 2) -> None:
        self.size = size

    @property
    def pattern(self) -> str:
        return rf"\({','.join([_FRACTION] * self.size)}\)"

    def print(self, value: Sequence[Rational], words: Words) -> str:
        return f"({','.join(map(fraction_text, value))})"

    def read(self, text: str, words: Words) -> tuple[Fraction, ...]:
        return tuple(map(read_fraction, text[1:-1].split(",")))


class MatrixOf(Kind):
    """Rows of rational numbers or letters: \\begin{pmatrix} 2 & y \\\\ -1 & 4 \\end{pmatrix}.

    A vector has `columns` 1; its value is the flat tuple of its entries.
    """

    def __init__(self, rows: int, columns: int = 1, environment: str = "pmatrix") -> None:
        self.rows, self.columns, self.environment = rows, columns, environment

    @property
    def pattern(self) -> str:
        row = "&".join([rf"(?:{_FRACTION}|[a-z])"] * self.columns)
        rows = r"\\\\".join([row] * self.rows)
        return rf"\\begin\{{{self.environment}\}}{rows}\\end\{{{self.environment}\}}"

    def print(self, value: Sequence[Any], words: Words) -> str:
        rows = [[entry] for entry in value] if self.columns == 1 else value
        printed = r" \\ ".join(
            " & ".join(e if isinstance(e, str) else fraction_text(e) for e in row) for row in rows
        )
        return rf"\begin{{{self.environment}}} {printed} \end{{{self.environment}}}"

    def read(self, text: str, words: Words) -> tuple[Any, ...]:
        inside = text.removeprefix(rf"\begin{{{self.environment}}}")
        inside = inside.removesuffix(rf"\end{{{self.environment}}}")
        rows = [
            tuple(e if e.isalpha() else read_fraction(e) for e in row.split("&"))
            for row in inside.split(r"\\")
        ]
        return tuple(row[0] for row in rows) if self.columns == 1 else tuple(rows)


class Root(Kind):
    """A `Surd`: 3\\sqrt{2}, \\sqrt{5}, \\frac{2\\sqrt{3}}{5}, 4."""

    pattern = r"-?(?:\d+|\d*\\sqrt\{\d+\}|\\frac\{\d*(?:\\sqrt\{\d+\})?\}\{\d+\})"

    def print(self, value: Surd, words: Words) -> str:
        return surd_text(value)

    def read(self, text: str, words: Words) -> Surd:
        return read_surd(text)


class NumberList(Kind):
    """Rational numbers, or fractions of them, separated by commas: 3, -1, 4. Two at least."""

    pattern = rf"{_FRACTION}(?:,\ ?{_FRACTION})+"

    def print(self, value: Sequence[Rational], words: Words) -> str:
        return ", ".join(map(fraction_text, value))

    def read(self, text: str, words: Words) -> tuple[Fraction, ...]:
        return tuple(read_fraction(part.strip()) for part in text.split(","))


class Digits(Kind):
    """A tuple of digits as a numeral in any base up to ten: (3, 0, 4) is 304."""

    pattern = r"\d+"

    def print(self, value: Sequence[int], words: Words) -> str:
        return "".join(map(str, value))

    def read(self, text: str, words: Words) -> tuple[int, ...]:
        return tuple(map(int, text))


class Name(Kind):
    """A word of a closed list of texts, such as an English word or a day of the week."""

    def __init__(self, *names: str) -> None:
        self.names = names

    @property
    def pattern(self) -> str:
        import re

        return "|".join(sorted(map(re.escape, self.names), key=len, reverse=True))

    def print(self, value: str, words: Words) -> str:
        return value

    def read(self, text: str, words: Words) -> str:
        return text


class Choice(Kind):
    """One phrase per value: Choice(sum="the sum", product="the product"), for what is asked.

    Phrases may hold placeholders. Keys that are no identifiers go into `phrases`, a mapping.
    """

    def __init__(self, phrases: Mapping[Any, str] | None = None, **named: str) -> None:
        self.phrases: dict[Any, str] = {**(phrases or {}), **named}

    @property
    def pattern(self) -> str:
        raise NotImplementedError("a Choice is replaced by its phrases before reading")

    def print(self, value: Any, words: Words) -> str:
        return self.phrases[value]

    def read(self, text: str, words: Words) -> Any:
        raise NotImplementedError("a Choice is replaced by its phrases before reading")


FORMATS: Mapping[str, Kind] = {
    "+": Signed(),
    "c": Coefficient(),
    "+c": SignedCoefficient(),
    "word": Listed(_NUMERALS, suffix=False),
    "Word": Listed(_NUMERALS, suffix=False, upper=True),
    "th": Listed(_ORDINALS, suffix=True),
    "Th": Listed(_ORDINALS, suffix=True, upper=True),
}
"""Formats of whole numbers in placeholders: `<a:+>`, `<n:th>`."""


def decimal_text(value: Rational, places: int = 0) -> str:
    """A finite decimal with at least `places` digits after the point.

    Raises:
        ValueError: for a number without a finite decimal.
    """
    value = Fraction(value)
    digits = places
    while (value * 10**digits).denominator != 1:
        digits += 1
        if digits > places + 40:
            raise ValueError(f"expected a finite decimal, got {value}")
    whole = abs(int(value * 10**digits))
    sign = "-" if value < 0 else ""
    if not digits:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}"


def surd_text(value: Surd) -> str:
    """The LaTeX of MATH for a multiple of a square root, in lowest terms."""
    coefficient, radicand = Fraction(value.coefficient), value.radicand
    if radicand == 1 or not coefficient:
        return fraction_text(coefficient)
    sign, size = "-" if coefficient < 0 else "", abs(coefficient.numerator)
    root = rf"{size if size > 1 else ''}\sqrt{{{radicand}}}"
    if coefficient.denominator == 1:
        return sign + root
    return rf"{sign}\frac{{{root}}}{{{coefficient.denominator}}}"


def read_surd(text: str) -> Surd:
    """The value of a printed multiple of a square root.

    Raises:
        ValueError: for any other text.
    """
    sign = -1 if text.startswith("-") else 1
    text, denominator = text.removeprefix("-"), 1
    if text.startswith(r"\frac{"):
        text, _, below = text.removeprefix(r"\frac{").rpartition("}{")
        denominator = int(below.removesuffix("}"))
    size, root, inside = text.partition(r"\sqrt{")
    coefficient = Fraction(sign * int(size or "1"), denominator)
    return Surd(coefficient, int(inside.removesuffix("}")) if root else 1)
