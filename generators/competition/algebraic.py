"""Exact values that are no rational numbers: polynomials and multiples of square roots."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import isqrt
from typing import NamedTuple

Rational = int | Fraction
_TERM = re.compile(r"([+-]?)(\\frac\{\d+\}\{\d+\}|\d*)((?:[a-zA-Z](?:\^(?:\d|\{\d+\}))?)*)")
_POWER = re.compile(r"([a-zA-Z])(?:\^(?:(\d)|\{(\d+)\}))?")


class Polynomial:
    """A sum of rational multiples of monomials, in the order in which it is printed.

    Monomials are written as in LaTeX with single letters: `x^2`, `ab`, `x^{12}`, and the empty text for
    a constant. Letters can stand for unknown coefficients. Two polynomials are equal if their
    coefficients are, in any order of terms.
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Iterable[tuple[Rational, str]]) -> None:
        self.terms = tuple((Fraction(c), monomial) for c, monomial in terms if c)

    @property
    def by_monomial(self) -> dict[str, Fraction]:
        """Coefficients by monomial."""
        sums: dict[str, Fraction] = {}
        for coefficient, monomial in self.terms:
            sums[monomial] = sums.get(monomial, Fraction(0)) + coefficient
        return {monomial: value for monomial, value in sums.items() if value}

    def coefficient(self, monomial: str = "") -> Fraction:
        """The coefficient of a monomial as it is printed (`x^2`); of the constant by default."""
        return self.by_monomial.get(monomial, Fraction(0))

    def coefficients(self, letter: str = "x") -> list[Fraction]:
        """Coefficients by power of the only letter, lowest first; [0] for zero.

        Raises:
            ValueError: if another letter occurs.
        """
        powers: dict[int, Fraction] = {}
        for monomial, value in self.by_monomial.items():
            factors = dict(factors_of(monomial))
            if set(factors) - {letter}:
                raise ValueError(f"expected a polynomial in {letter}, got {self}")
            powers[factors.get(letter, 0)] = value
        return [powers.get(power, Fraction(0)) for power in range(max(powers, default=0) + 1)]

    def at(self, **values: Rational) -> Fraction:
        """The value with all letters replaced."""
        total = Fraction(0)
        for coefficient, monomial in self.terms:
            term = coefficient
            for letter, power in factors_of(monomial):
                term *= Fraction(values[letter]) ** power
            total += term
        return total

    def renamed(self, letters: Mapping[str, str]) -> Polynomial:
        """The polynomial with other letters."""
        return Polynomial(
            (c, "".join(letters.get(sign, sign) for sign in monomial)) for c, monomial in self.terms
        )

    def __str__(self) -> str:
        """The LaTeX of MATH: `3x^2-7x+2`; `0` without terms."""
        text = "".join(signed_term(c, monomial) for c, monomial in self.terms)
        return text.removeprefix("+") or "0"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.by_monomial == other.by_monomial

    def __hash__(self) -> int:
        return hash(frozenset(self.by_monomial.items()))

    def __repr__(self) -> str:
        return f"Polynomial({self})"


def polynomial(letter: str, *coefficients: Rational) -> Polynomial:
    """A polynomial in one letter from its coefficients, highest power first."""
    degree = len(coefficients) - 1
    return Polynomial((c, power_of(letter, degree - i)) for i, c in enumerate(coefficients))


def linear(letter: str, multiple: int, constant: int) -> Polynomial:
    """A linear polynomial; of a negative multiple and a positive constant the constant is first."""
    terms = [(multiple, letter), (constant, "")]
    return Polynomial(reversed(terms) if multiple < 0 < constant else terms)


def power_of(letter: str, power: int) -> str:
    """`x^3`, `x^{12}`, `x`, or the empty text for power 0."""
    if power < 2:
        return letter * power
    return f"{letter}^{power}" if power < 10 else f"{letter}^{{{power}}}"


def factors_of(monomial: str) -> list[tuple[str, int]]:
    """Letters and powers of a monomial: `x^2y` gives (x, 2), (y, 1)."""
    return [(m[1], int(m[2] or m[3] or 1)) for m in _POWER.finditer(monomial)]


def signed_term(coefficient: Fraction, monomial: str) -> str:
    """A term with its sign: `+3x^2`, `-x`, `+\\frac{1}{2}`."""
    sign, size = "-" if coefficient < 0 else "+", abs(coefficient)
    if size == 1 and monomial:
        return sign + monomial
    return f"{sign}{fraction_text(size)}{monomial}"


def fraction_text(value: Rational) -> str:
    """`-\\frac{3}{4}`, or the integer."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def read_fraction(text: str) -> Fraction:
    """The number of `fraction_text`, or of a finite decimal.

    Raises:
        ValueError: for any other text.
    """
    match = re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", text)
    return Fraction(int(match[1] + match[2]), int(match[3])) if match else Fraction(text)


def read_polynomial(text: str) -> Polynomial:
    """The polynomial of a printed text without blanks.

    Raises:
        ValueError: if the text is no sum of terms.
    """
    terms, place = [], 0
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None or not (match[2] or match[3]) or (place and not match[1]):
            raise ValueError(f"expected a polynomial, got {text!r}")
        size = read_fraction(match[2]) if match[2] else Fraction(1)
        terms.append((-size if match[1] == "-" else size, match[3]))
        place = match.end()
    return Polynomial(terms)


class Surd(NamedTuple):
    """coefficient * sqrt(radicand), with a square-free radicand (1 for a rational number)."""

    coefficient: Fraction
    radicand: int


def square_root(value: Rational) -> Surd:
    """The exact square root of a rational number >= 0.

    Raises:
        ValueError: for a negative number.
    """
    value = Fraction(value)
    if value < 0:
        raise ValueError(f"expected a number from 0 on, got {value}")
    product = value.numerator * value.denominator
    outside, inside = square_part(product)
    return Surd(Fraction(outside, value.denominator), inside) if value else Surd(Fraction(0), 1)


def square_part(number: int) -> tuple[int, int]:
    """The largest s and the square-free n with number = s^2 n, for a number from 1 on."""
    outside, inside, prime = 1, 1, 2
    while prime * prime * prime <= number:
        exponent = 0
        while number % prime == 0:
            number //= prime
            exponent += 1
        outside *= prime ** (exponent // 2)
        inside *= prime ** (exponent % 2)
        prime += 1
    # What is left is 1, a prime, the square of a prime, or a product of two primes.
    root = isqrt(number)
    return (outside * root, inside) if root * root == number else (outside, inside * number)


def prime_exponents(number: int) -> dict[int, int]:
    """The exponents of the primes of a number from 1 on, by trial division."""
    exponents: dict[int, int] = {}
    prime = 2
    while number > 1:
        if prime * prime > number:
            prime = number
        while number % prime == 0:
            number //= prime
            exponents[prime] = exponents.get(prime, 0) + 1
        prime += 1
    return exponents
