r"""`matrices`: the determinant, the trace or an entry of sums and products of integer matrices.

    What is the trace of the matrix [[3, -41], [70, 8]] * [[-9, 2], [55, 16]] - 7 * [[0, 12], [-5, 31]]?

All matrices of an item are 2x2, or all are 3x3. The expression is a sum of signed terms; a term is a
matrix or a product of two, with or without a whole number in front. Every sum or difference of two
terms, every product of two matrices, every multiplication by a number, and the determinant or the
trace are one step each.

Drawing: the question is uniform on determinant, trace and entry (at one step there is no trace), the
size on the two, and the place of an entry on all. The sum is drawn as in
`generators.forms.signed_sum`, with a product for a trace or an entry. Entries are uniform on -99..99,
numbers in front on 2..9. A term of cost c (counting a step to add it) has no entry above 88,209 c, so
no determinant of 20 steps exceeds 6 (20 * 88,209)^3 < 3.4 * 10^19.

The canonical form is the question, the place and that of the sum: sums of matrices commute, products do
not. The answer need not depend on all numbers: an entry of a product depends on one row of the left
matrix and one column of the right one, an entry of a single matrix on one number, and its trace on the
diagonal. `bits` counts only the numbers that the answer depends on, and is a lower bound. It is exact
where the answer depends on every number, as for determinants and for traces of products.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import log2
from operator import mul
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators.families.algebra.matrices.phrases import (
    Matrix,
    matrix_text,
    read_terms,
    sum_text,
)
from generators.family import DrawnFamily, Notation
from generators.forms.signed_sum import SignedSum, Terms
from generators.forms.term_kind import Operands, TermKind
from generators.phrasing import read_texts

ENTRY = 99
NUMBERS = range(2, 10)
SIZES = (2, 3)
QUESTIONS = ("determinant", "entry", "trace")
WORDINGS: list[str] = read_texts(__file__)["wordings"]


class Calculation(NamedTuple):
    """The question, the size of the matrices, the place of an entry (row by row, else 0), the sum."""

    question: str
    size: int
    place: int
    terms: Terms


_TEXT = re.compile(
    f"(?:{'|'.join(wording.split()[0] for wording in WORDINGS)})(?: is| out)? the "
    r"(determinant|trace|entry in row ([123]) and column ([123])) of the matrix (\$?)(.{1,3900})\4[.?]"
)


class MatrixTerms(TermKind):
    """One matrix ("A") or a product of two ("AB"), perhaps with a number in front ("nA", "nAB").

    The operands are the number (1 if there is none) and the matrices. `relevant` is the number of
    entries that the answer depends on.
    """

    def __init__(self, name: str, size: int, relevant: int) -> None:
        self.name = name
        self.sizes = (len(name),)
        self.scaled = name[0] == "n"
        self.matrices = 1 + name.endswith("B")
        self.cells = size * size
        self.relevant = relevant
        self.bits = self.scaled * log2(len(NUMBERS)) + relevant * log2(2 * ENTRY + 1)

    def draw(self, below: Callable[[int], int], size: int) -> Operands:
        number = NUMBERS[below(len(NUMBERS))] if self.scaled else 1
        if self.matrices == 1:
            return number, _matrix(below, self.cells)
        return number, _matrix(below, self.cells), _matrix(below, self.cells)

    def weigh(self, operands: Operands) -> tuple[int, float, Operands]:
        return self.sizes[0], self.bits, operands

    def least_bits(self, size: int) -> float:
        return self.bits

    def count(self, size: int) -> int:
        matrices: int = (2 * ENTRY + 1) ** (self.matrices * self.cells)
        return matrices * len(NUMBERS) if self.scaled else matrices

    def show(self, ordered: Operands) -> str:
        return "".join(map(str, ordered)).replace(" ", "")

    def part_bits(self, operands: Operands) -> float:
        """Of the product without its number."""
        return self.bits - log2(len(NUMBERS)) if self.name == "nAB" else 0.0


@cache
def sums_of(question: str, size: int) -> SignedSum:
    """The sums of matrices of that size for a question."""
    single, product = {
        "determinant": (size**2, 2 * size**2),
        "trace": (size, 2 * size**2),
        "entry": (1, 2 * size),
    }[question]
    relevant = {"A": single, "nA": single, "AB": product, "nAB": product}
    kinds = [MatrixTerms(name, size, entries) for name, entries in relevant.items()]
    return SignedSum(kinds, required=() if question == "determinant" else ("AB", "nAB"))


class Matrices(DrawnFamily[Calculation]):
    name = "matrices"
    version = 2
    random_bytes = 384
    summary = "determinants, traces and entries of sums and products of 2x2 and 3x3 matrices"

    def draw(self, draw: Draw, tier: int) -> Calculation:
        question = QUESTIONS[draw.below(_questions(tier))]
        size = draw.choice(SIZES)
        place = draw.below(size * size) if question == "entry" else 0
        terms = sums_of(question, size).draw(draw, tier - (question != "entry"))
        return Calculation(question, size, place, terms)

    def render(self, form: Calculation, notation: Notation, draw: Draw) -> str:
        question = form.question
        if question == "entry":
            row, column = divmod(form.place, form.size)
            question = f"entry in row {row + 1} and column {column + 1}"
        mark = "$" if notation == "latex" else ""
        expression = mark + sum_text(form.terms, notation) + mark
        return draw.choice(WORDINGS).format(q=question, e=expression)

    def answer(self, form: Calculation) -> str:
        question, size, place, terms = form
        if question == "determinant":
            return str(_determinant(_total(terms, size)))
        cells = (place,) if question == "entry" else range(0, size * size, size + 1)
        value = 0
        for sign, _, (number, left, *right) in terms:
            for cell in cells:
                if right:
                    row, column = divmod(cell, size)
                    row *= size
                    products = map(mul, left[row : row + size], right[0][column::size])
                    value += sign * number * sum(products)
                else:
                    value += sign * number * left[cell]
        return str(value)

    def solution(self, form: Calculation) -> str:
        lines, collected = [], []
        for sign, _, (number, *matrices) in form.terms:
            value = matrices[0]
            if len(matrices) == 2:
                product = (1, "AB", (1, *matrices))
                value = _total((product,), form.size)
                lines.append(f"{sum_text((product,), 'plain')} = {matrix_text(value, 'plain')}")
            collected.append((sign, "nA", (number, value)))
        total = _total(form.terms, form.size)
        if len(form.terms) > 1 or form.terms[0][2][0] > 1:
            lines.append(f"{sum_text(collected, 'plain')} = {matrix_text(total, 'plain')}")
        return ", ".join([*lines, f"the {form.question} is {self.answer(form)}"])

    def canonical(self, form: Calculation) -> str:
        name = sums_of(form.question, form.size).canonical(form.terms)
        return f"{form.question} {form.place} {form.size} {name}"

    def bits(self, form: Calculation) -> float:
        question, size, _, terms = form
        sums = sums_of(question, size)
        tier = sums.steps(terms) + (question != "entry")
        places = size * size if question == "entry" else 1
        return log2(_questions(tier) * len(SIZES) * places) + sums.bits(terms)

    def part_bits(self, form: Calculation) -> float:
        """Of the matrix whose determinant or trace is asked for, or of a part of the sum of an entry.

        Of its bits under the two questions such a matrix has the smaller ones.
        """
        question, size, _, terms = form
        if question != "entry":
            if len(terms[0][1]) == len(terms) == 1:
                return 0.0
            # A trace has fewer sequences of kinds and fewer relevant entries than a determinant.
            trace = sums_of("trace", size)
            sums = trace if trace.has_required(terms) else sums_of("determinant", size)
            return sums.bits(terms) + log2(len(SIZES))
        bits = sums_of(question, size).part_bits(terms)
        return bits + log2(len(SIZES) * size * size) if bits else 0.0

    def min_bits(self, tier: int) -> float:
        return min(
            log2(_questions(tier) * len(SIZES) * (size * size if question == "entry" else 1))
            + sums_of(question, size).min_bits(tier - (question != "entry"))
            for question in QUESTIONS[: _questions(tier)]
            for size in SIZES
        )

    def space(self, tier: int) -> int:
        return sum(
            (size * size if question == "entry" else 1)
            * sums_of(question, size).space(tier - (question != "entry"))
            for question in QUESTIONS[: _questions(tier)]
            for size in SIZES
        )

    def read(self, text: str) -> Calculation:
        match = _TEXT.fullmatch(text)
        if not match:
            raise ValueError(f"expected a question about a matrix, got {text[:60]!r}")
        size, terms = read_terms(match[5])
        place = (int(match[2]) - 1) * size + int(match[3]) - 1 if match[2] else 0
        if match[2] and max(int(match[2]), int(match[3])) > size:
            raise ValueError(f"expected a place in a matrix of size {size}, got {text[:60]!r}")
        return Calculation(match[1].split()[0], size, place, terms)

    def evaluate(self, text: str) -> Fraction:
        """From the images of the unit vectors, and by elimination."""
        form = self.read(text)
        columns = []
        for j in range(form.size):
            column = [0] * form.size
            for sign, _, (number, *matrices) in form.terms:
                vector = [int(i == j) for i in range(form.size)]
                for matrix in reversed(matrices):
                    vector = _apply(matrix, vector)
                column = [old + sign * number * x for old, x in zip(column, vector, strict=True)]
            columns.append(column)
        if form.question == "entry":
            row, j = divmod(form.place, form.size)
            return Fraction(columns[j][row])
        if form.question == "trace":
            return Fraction(sum(column[j] for j, column in enumerate(columns)))
        return _eliminated([[Fraction(x) for x in column] for column in columns])


def _questions(tier: int) -> int:
    """The number of possible questions: at one step no trace."""
    return 2 if tier == 1 else 3


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


def _total(terms: Terms, size: int) -> Matrix:
    total = [0] * (size * size)
    for sign, _, (number, a, *right) in terms:
        number *= sign
        if not right:
            entries: Matrix | list[int] = a
        elif size == 2:
            p, q, r, s = a
            w, x, y, z = right[0]
            entries = [p * w + q * y, p * x + q * z, r * w + s * y, r * x + s * z]
        else:
            entries = []
            r, s, t, u, v, w, x, y, z = right[0]
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
