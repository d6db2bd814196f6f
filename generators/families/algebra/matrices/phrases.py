"""Print and read sums of products of matrices.

The operands of a term are the number in front (1 where none is printed) and one or two matrices; its
kind is named "A", "nA", "AB" or "nAB" accordingly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isqrt
from typing import TypeAlias

from generators.family import Notation
from generators.forms.signed_sum import Term, Terms

Matrix: TypeAlias = tuple[int, ...]
"""Row by row."""

_INTEGER = "(?:-?[1-9][0-9]{0,5}|0)"
_PLAIN = rf"\[\[{_INTEGER}(?:, {_INTEGER}|\], \[{_INTEGER}){{3,8}}\]\]"
_LATEX = (
    rf"\\begin\{{pmatrix\}} {_INTEGER}(?: & {_INTEGER}| \\\\ {_INTEGER}){{3,8}} \\end\{{pmatrix\}}"
)
_MATRIX = f"{_PLAIN}|{_LATEX}"
_TERM = re.compile(
    rf"(^| [-+] )(?:([2-9])(?: \*)? )?({_MATRIX})(?:(?: \*)? ({_MATRIX}))?(?=$| [-+] )"
)
_PRINTED = {
    ("plain", 4): "[[%d, %d], [%d, %d]]",
    ("plain", 9): "[[%d, %d, %d], [%d, %d, %d], [%d, %d, %d]]",
    ("latex", 4): r"\begin{pmatrix} %d & %d \\ %d & %d \end{pmatrix}",
    ("latex", 9): r"\begin{pmatrix} %d & %d & %d \\ %d & %d & %d \\ %d & %d & %d \end{pmatrix}",
}


def matrix_text(matrix: Matrix, notation: Notation) -> str:
    """One matrix, on one line."""
    return _PRINTED[notation, len(matrix)] % matrix


def sum_text(terms: Sequence[Term], notation: Notation) -> str:
    """The terms added up."""
    times = " * " if notation == "plain" else " "
    text = ""
    for sign, _, (number, *matrices) in terms:
        text += " + " if sign > 0 else " - "
        if number > 1:
            text += f"{number}{times}"
        text += matrix_text(matrices[0], notation)
        if len(matrices) > 1:
            text += times + matrix_text(matrices[1], notation)
    return text[3:]


def read_terms(text: str) -> tuple[int, Terms]:
    """The size of the matrices in an expression, and its terms.

    Raises:
        ValueError: if it is no sum of products of square matrices of one size, 2x2 or 3x3.
    """
    position, terms, sizes = 0, [], set()
    while position < len(text):
        match = _TERM.match(text, position)
        if not match:
            raise ValueError(f"expected a sum of matrices, got {text[position:][:60]!r}")
        sign = -1 if "-" in match[1] else 1
        matrices = [_read_matrix(printed) for printed in match.groups()[2:] if printed]
        sizes |= {len(matrix) for matrix in matrices}
        number = int(match[2] or 1)
        name = ("n" if number > 1 else "") + "AB"[: len(matrices)]
        terms.append((sign, name, (number, *matrices)))
        position = match.end()
    if len(sizes) != 1:
        raise ValueError(f"expected matrices of one size, got {text[:60]!r}")
    return isqrt(sizes.pop()), tuple(terms)


def _read_matrix(text: str) -> Matrix:
    rows = [re.findall(_INTEGER, row) for row in re.split(r"\], \[|\\\\", text)]
    if len(rows) not in (2, 3) or {*map(len, rows)} != {len(rows)}:
        raise ValueError(f"expected a square matrix, got {text[:60]!r}")
    return tuple(int(number) for row in rows for number in row)
