"""How sums of products of matrices are printed, and how they are read."""

from __future__ import annotations

import re
from math import isqrt
from typing import TypeAlias

from generators.family import Notation

Matrix: TypeAlias = tuple[int, ...]
"""Row by row; empty where a term has no second one."""
Term: TypeAlias = tuple[int, Matrix, Matrix]
"""The signed number in front (1 or -1 where none is printed) and one or two matrices."""

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


def sum_text(terms: tuple[Term, ...], notation: Notation) -> str:
    """The terms added up."""
    times = " * " if notation == "plain" else " "
    text = ""
    for number, left, right in terms:
        text += " + " if number > 0 else " - "
        if number not in (1, -1):
            text += f"{abs(number)}{times}"
        text += matrix_text(left, notation)
        if right:
            text += times + matrix_text(right, notation)
    return text[3:]


def read_terms(text: str) -> tuple[int, tuple[Term, ...]]:
    """The size of the matrices in an expression, and its terms.

    Raises:
        ValueError: if it is no sum of products of square matrices of one size, 2x2 or 3x3.
    """
    position, terms, sizes = 0, [], set()
    while position < len(text):
        found = _TERM.match(text, position)
        if not found:
            raise ValueError(f"not a sum of products of matrices: {text[position:][:60]!r}")
        sign = -1 if "-" in found[1] else 1
        matrices = [_read_matrix(printed) for printed in found.groups()[2:] if printed]
        sizes |= {len(matrix) for matrix in matrices}
        left, right = [*matrices, ()][:2]
        terms.append((sign * int(found[2] or 1), left, right))
        position = found.end()
    if len(sizes) != 1:
        raise ValueError(f"not matrices of one size: {text[:60]!r}")
    return isqrt(sizes.pop()), tuple(terms)


def _read_matrix(text: str) -> Matrix:
    rows = [re.findall(_INTEGER, row) for row in re.split(r"\], \[|\\\\", text)]
    if len(rows) not in (2, 3) or {*map(len, rows)} != {len(rows)}:
        raise ValueError(f"not a square matrix: {text[:60]!r}")
    return tuple(int(number) for row in rows for number in row)
