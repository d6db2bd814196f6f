r"""`matrices`: the determinant, the trace or an entry of sums and products of integer matrices.

    What is the trace of the matrix [[3, -41], [70, 8]] * [[-9, 2], [55, 16]] - 7 * [[0, 12], [-5, 31]]?

All matrices of an item are 2x2, or all are 3x3. The expression is a sum of signed terms, the first of
them added; a term is a matrix or a product of two, with or without a whole number in front. Every sum
or difference of two terms, every product of two matrices, every multiplication by a number, and the
determinant or the trace are one step each.

Drawing: the question is uniform on determinant, trace and entry (at one step there is no trace), the
size on the two. The numbers of terms, of products and of numbers in front are uniform on the triples
(t, p, s) with the right number of steps, p and s at least (t-2)/2, and a product for a trace or an
entry; all choices of the terms that are products, or have a number, are equally likely. Entries are
uniform on -99..99, numbers in front on 2..9, signs and the place of an entry are uniform. A term of
cost c (counting a step to add it) has no entry above 88,209 c, so no determinant of 20 steps exceeds
6 (20 * 88,209)^3 < 3.4 * 10^19.

The canonical form is the question, the place and the multiset of the signed terms, each its number
and its matrices in order: sums of matrices commute, products do not. With n terms, p of them added,
a form has T(F) = p (n-1)! texts over the factorials of the multiplicities, equally likely and each
drawn in one way. Not all of a matrix need matter: of a product, an entry wants one row of the left
and one column of the right, and of a single matrix, an entry wants one number and a trace the
diagonal. `bits` count only the W numbers that the answer depends on. The form is determined by these
and more, so that

    -log2 P(F) >= bits(F) = log2(all choices but of entries) + W log2 199 - log2 T(F).

It is exact where every number matters, as for determinants and for traces of products.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import comb, factorial, log2, prod
from operator import mul
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators.families.algebra.matrices.phrases import (
    Matrix,
    Term,
    matrix_text,
    read_terms,
    sum_text,
)
from generators.family import DrawnFamily, Notation

ENTRY = 99
NUMBERS = range(2, 10)
SIZES = (2, 3)
QUESTIONS = ("determinant", "entry", "trace")
ASKS = (
    "What is the {q} of the matrix {e}?",
    "Find the {q} of the matrix {e}.",
    "Compute the {q} of the matrix {e}.",
    "Calculate the {q} of the matrix {e}.",
    "Determine the {q} of the matrix {e}.",
    "Work out the {q} of the matrix {e}.",
)


class Calculation(NamedTuple):
    """What is asked, of which size and at which place (row by row, 0 but for an entry), and of what."""

    question: str
    size: int
    place: int
    terms: tuple[Term, ...]


_TEXT = re.compile(
    f"(?:{'|'.join(ask.split()[0] for ask in ASKS)})(?: is| out)? the "
    r"(determinant|trace|entry in row ([123]) and column ([123])) of the matrix (\$?)(.{1,3900})\4[.?]"
)


class Matrices(DrawnFamily[Calculation]):
    """The family `matrices`; see the module's docstring."""

    name = "matrices"
    random_bytes = 320
    summary = "determinants, traces and entries of sums and products of 2x2 and 3x3 matrices"

    def draw(self, draw: Draw, tier: int) -> Calculation:
        below = draw.below
        question = QUESTIONS[below(_questions(tier))]
        size = draw.choice(SIZES)
        cells = size * size
        place = draw.below(cells) if question == "entry" else 0
        terms, products, numbers = draw.choice(_triples(tier, question))
        doubled = draw.choice(_subsets(terms, products))
        scaled = draw.choice(_subsets(terms, numbers))
        signs = draw.below(1 << (terms - 1)) << 1
        drawn = []
        for i in range(terms):
            number = NUMBERS[below(len(NUMBERS))] if i in scaled else 1
            left = _matrix(below, cells)
            right = _matrix(below, cells) if i in doubled else ()
            drawn.append((-number if signs >> i & 1 else number, left, right))
        return Calculation(question, size, place, tuple(drawn))

    def tell(self, form: Calculation, notation: Notation, draw: Draw) -> str:
        question = form.question
        if question == "entry":
            row, column = divmod(form.place, form.size)
            question = f"entry in row {row + 1} and column {column + 1}"
        mark = "$" if notation == "latex" else ""
        return draw.choice(ASKS).format(q=question, e=mark + sum_text(form.terms, notation) + mark)

    def answer(self, form: Calculation) -> str:
        question, size, place, terms = form
        if question == "determinant":
            return str(_determinant(_total(terms, size)))
        wanted = (place,) if question == "entry" else range(0, size * size, size + 1)
        value = 0
        for number, a, b in terms:
            for cell in wanted:
                if b:
                    row, column = divmod(cell, size)
                    row *= size
                    value += number * sum(map(mul, a[row : row + size], b[column::size]))
                else:
                    value += number * a[cell]
        return str(value)

    def solution(self, form: Calculation) -> str:
        lines = []
        for _, a, b in form.terms:
            if b:
                value = _total(((1, a, b),), form.size)
                lines.append(f"{sum_text(((1, a, b),), 'plain')} = {matrix_text(value, 'plain')}")
        total = _total(form.terms, form.size)
        if len(form.terms) > 1 or abs(form.terms[0][0]) > 1:
            collected = tuple((n, _total(((1, a, b),), form.size), ()) for n, a, b in form.terms)
            lines.append(f"{sum_text(collected, 'plain')} = {matrix_text(total, 'plain')}")
        return ", ".join([*lines, f"the {form.question} is {self.answer(form)}"])

    def canonical(self, form: Calculation) -> str:
        terms = "".join(f"{n:+}{list(a)}{list(b)}" for n, a, b in sorted(form.terms))
        return f"{form.question} {form.place} {form.size} {terms}".replace(", ", ",")

    def bits(self, form: Calculation) -> float:
        products, numbers, added = _counts(form.terms)
        bits = _text_bits(form.question, form.size, len(form.terms), products, numbers)
        return bits - log2(_orders(form.terms, added))

    def part_bits(self, form: Calculation) -> float:
        """Of the matrix whose determinant or trace is asked for, or the entry without its last term.

        Such a matrix has the probability that it has under the question for which it is likelier. Of
        the entry count the numbers that matter and the signs of all terms but the last.
        """
        question, size, _, terms = form
        products, numbers, _ = _counts(terms)
        if question != "entry":
            if len(terms) + products + numbers == 1:
                return 0.0
            tier = _tier(question, len(terms), products, numbers)
            found = self.bits(form) - log2(_questions(tier))
            if question == "determinant" and products:
                found -= log2(len(_triples(tier, question)) / len(_triples(tier, "trace")))
            return max(found, 0.0)
        if len(terms) == 1:
            return _wanted(question, size, 1, products) * log2(2 * ENTRY + 1) if numbers else 0.0
        part = terms[:-1]
        products, numbers, added = _counts(part)
        found = _wanted(question, size, len(part), products) * log2(2 * ENTRY + 1)
        found += numbers * log2(len(NUMBERS)) + len(part) - 1 - log2(_orders(part, added))
        return min(max(found, 0.0), self.bits(form))

    def min_bits(self, tier: int) -> float:
        """T(F) <= t! for t terms."""
        return min(
            _text_bits(question, size, *triple) - log2(factorial(triple[0]))
            for question in QUESTIONS[: _questions(tier)]
            for size in SIZES
            for triple in _triples(tier, question)
        )

    def space(self, tier: int) -> int | None:
        """Known at one step, where there is one term and every text has a form of its own."""
        return self.most(1) if tier == 1 else None

    def most(self, tier: int) -> int:
        """The number of texts."""
        return sum(
            (size * size if question == "entry" else 1)
            * comb(terms, products)
            * comb(terms, numbers)
            * len(NUMBERS) ** numbers
            * 2 ** (terms - 1)
            * (2 * ENTRY + 1) ** (size * size * (terms + products))
            for question in QUESTIONS[: _questions(tier)]
            for size in SIZES
            for terms, products, numbers in _triples(tier, question)
        )

    def read(self, text: str) -> Calculation:
        match = _TEXT.fullmatch(text)
        if not match:
            raise ValueError(f"not a question about a matrix: {text[:60]!r}")
        size, terms = read_terms(match[5])
        place = (int(match[2]) - 1) * size + int(match[3]) - 1 if match[2] else 0
        if match[2] and max(int(match[2]), int(match[3])) > size:
            raise ValueError(f"there is no such place: {text[:60]!r}")
        return Calculation(match[1].split()[0], size, place, terms)

    def evaluate(self, text: str) -> Fraction:
        """From what the matrix does to the unit vectors, and by elimination."""
        form = self.read(text)
        columns = []
        for j in range(form.size):
            column = [0] * form.size
            for number, a, b in form.terms:
                vector = [int(i == j) for i in range(form.size)]
                for matrix in (b, a) if b else (a,):
                    vector = _apply(matrix, vector)
                column = [old + number * x for old, x in zip(column, vector, strict=True)]
            columns.append(column)
        if form.question == "entry":
            row, j = divmod(form.place, form.size)
            return Fraction(columns[j][row])
        if form.question == "trace":
            return Fraction(sum(column[j] for j, column in enumerate(columns)))
        return _eliminated([[Fraction(x) for x in column] for column in columns])


def _questions(tier: int) -> int:
    """How many of the questions there are: at one step no trace."""
    return 2 if tier == 1 else 3


@cache
def _triples(tier: int, question: str) -> tuple[tuple[int, int, int], ...]:
    """How many terms, products and numbers in front there can be."""
    steps = tier - (question != "entry")
    return tuple(
        (t, p, steps + 1 - t - p)
        for t in range(1, steps + 2)
        for p in range(question != "determinant", t + 1)
        if 0 <= steps + 1 - t - p <= t and min(2 * p, 2 * (steps + 1 - t - p)) >= t - 2
    )


def _tier(question: str, terms: int, products: int, numbers: int) -> int:
    return terms - 1 + products + numbers + (question != "entry")


@cache
def _subsets(n: int, k: int) -> tuple[frozenset[int], ...]:
    return tuple(map(frozenset, combinations(range(n), k)))


@cache
def _pairs(largest: int) -> tuple[tuple[int, int], ...]:
    """All pairs of entries, so that a matrix is drawn by few divisions."""
    entries = range(-largest, largest + 1)
    return tuple((a, b) for a in entries for b in entries)


def _matrix(below: Callable[[int], int], cells: int) -> Matrix:
    kinds = 2 * ENTRY + 1
    pairs = _pairs(ENTRY)
    values, a = divmod(below(kinds**cells), kinds * kinds)
    if cells == 4:
        return pairs[values] + pairs[a]
    values, b = divmod(values, kinds * kinds)
    values, c = divmod(values, kinds * kinds)
    values, d = divmod(values, kinds * kinds)
    return (*pairs[a], *pairs[b], *pairs[c], *pairs[d], values - ENTRY)


def _wanted(question: str, size: int, terms: int, products: int) -> int:
    """On how many entries the answer depends."""
    single, double = {
        "determinant": (size**2, 2 * size**2),
        "trace": (size, 2 * size**2),
        "entry": (1, 2 * size),
    }[question]
    return (terms - products) * single + products * double


@cache
def _text_bits(question: str, size: int, terms: int, products: int, numbers: int) -> float:
    """Minus log2 of the probability of the wanted part of a text."""
    tier = _tier(question, terms, products, numbers)
    return (
        log2(_questions(tier) * len(SIZES))
        + log2(len(_triples(tier, question)))
        + log2(comb(terms, products) * comb(terms, numbers))
        + numbers * log2(len(NUMBERS))
        + terms
        - 1
        + (2 * log2(size) if question == "entry" else 0)
        + _wanted(question, size, terms, products) * log2(2 * ENTRY + 1)
    )


def _counts(terms: tuple[Term, ...]) -> tuple[int, int, int]:
    """How many terms are products, have a number in front, are added."""
    products = numbers = added = 0
    for number, _, right in terms:
        products += right != ()
        numbers += number not in (1, -1)
        added += number > 0
    return products, numbers, added


def _orders(terms: tuple[Term, ...], added: int) -> int:
    orders = added * factorial(len(terms) - 1)
    if len(set(terms)) < len(terms):
        orders //= prod(map(factorial, Counter(terms).values()))
    return orders


def _total(terms: tuple[Term, ...], size: int) -> Matrix:
    total = [0] * (size * size)
    for number, a, b in terms:
        if not b:
            entries: Matrix | list[int] = a
        elif size == 2:
            p, q, r, s = a
            w, x, y, z = b
            entries = [p * w + q * y, p * x + q * z, r * w + s * y, r * x + s * z]
        else:
            entries = []
            r, s, t, u, v, w, x, y, z = b
            for i in (0, 3, 6):
                p, q, o = a[i : i + 3]
                entries += [p * r + q * u + o * x, p * s + q * v + o * y, p * t + q * w + o * z]
        total = [old + number * new for old, new in zip(total, entries, strict=True)]
    return tuple(total)


def _determinant(m: Matrix) -> int:
    if len(m) == 4:
        return m[0] * m[3] - m[1] * m[2]
    a, b, c, d, e, f, g, h, i = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _apply(matrix: Matrix, vector: list[int]) -> list[int]:
    n = len(vector)
    return [sum(matrix[n * i + j] * vector[j] for j in range(n)) for i in range(n)]


def _eliminated(rows: list[list[Fraction]]) -> Fraction:
    """The determinant: the product of the pivots."""
    value = Fraction(1)
    for i in range(len(rows)):
        pivot = next((j for j in range(i, len(rows)) if rows[j][i]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != i:
            rows[i], rows[pivot] = rows[pivot], rows[i]
            value = -value
        value *= rows[i][i]
        for j in range(i + 1, len(rows)):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [x - factor * y for x, y in zip(rows[j], rows[i], strict=True)]
    return value
