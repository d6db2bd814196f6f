"""Matrices, vectors, aligned equations, unions, intersections and differences of sets."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse import interval_notation
from clean_bench.grading.parse.answer_types import (
    Answer,
    List,
    Matrix,
    Set,
    Square,
    Tuple,
    Value,
    flat,
)
from clean_bench.grading.parse.environments import pieces
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.split_top_level import split

PartReader = Callable[[list[Token]], Answer]

_ALIGNED = frozenset({"aligned", "cases"})
_ALIGNING = frozenset({"=", "<", ">", "\\le", "\\ge"})
_VECTOR = re.compile(r"\\begin (?:[pbBv]?(?:small)?matrix|array)")


def set_algebra(text: list[Token], read: PartReader) -> Answer:
    """A union, an intersection or a difference of sets."""
    region = None
    if len(sides := split(text, {"\\cup"})) > 1:
        items = tuple(map(read, sides))
        if all(isinstance(item, Set) for item in items):
            return Set(flat(tuple(List(item.items) for item in items if isinstance(item, Set))))
        region = interval_notation.union(items)
    elif len(sides := split(text, {"\\cap"})) > 1:
        region = interval_notation.intersection(tuple(map(read, sides)))
    elif len(sides := split(text, {"\\setminus"})) == 2:
        region = interval_notation.without(read(sides[0]), read(sides[1]))
    if region is None:
        raise Unreadable
    return region


def matrix(text: list[Token], read: PartReader) -> Answer | None:
    """The matrix, vector or aligned equations that a whole environment is, or None."""
    begins = [at for at, token in enumerate(text) if token.text.startswith("\\begin ")]
    if len(begins) != 1 or not text[-1].text.startswith("\\end "):
        return None
    factor, text = text[: begins[0]], text[begins[0] :]
    first = text[0]
    name = first.text.removeprefix("\\begin ")
    if name in _ALIGNED and not factor:
        piecewise = pieces(text[1:-1], read) if name == "cases" else None
        return read(_in_one_line(text[1:-1])) if piecewise is None else piecewise
    if not _VECTOR.match(first.text) or name.startswith("vmatrix"):
        raise Unreadable
    inner = [token for token in text[1:-1] if token.text != "\\hline"]
    matrix_rows = [row for row in split(inner, {"\\\\"}) if row]
    entries = tuple(tuple(read(part) for part in split(row, {"&"})) for row in matrix_rows)
    if not entries or len({len(row) for row in entries}) > 1:
        raise Unreadable
    if factor:
        one = Token("number", "1", Fraction(1))
        scale = parse([*factor, one] if factor[-1].text in ("-", "+", "*", "\\cdot") else factor)
        entries = tuple(tuple(_scaled(scale, entry) for entry in row) for row in entries)
    if len(entries[0]) == 1 and len(entries) > 1:
        return Tuple(tuple(row[0] for row in entries), False, True)
    if len(entries) == len(entries[0]) == 1 and name == "array":
        return entries[0][0]
    return Matrix(entries)


def _in_one_line(inner: list[Token]) -> list[Token]:
    """Aligned lines joined by commas; a line that begins with a relation continues the last one."""
    joined: list[Token] = []
    for row in filter(None, split(inner, {"\\\\"})):
        text = [token for token in row if token.text != "&"]
        if any(token.text == "&" and not _aligns(row[max(0, at - 1) : at + 2])
               for at, token in enumerate(row)):  # fmt: skip
            raise Unreadable
        if joined and text and text[0].text not in _ALIGNING:
            joined.append(Token("sign", ","))
        joined += text
    return joined


def _aligns(around: list[Token]) -> bool:
    """Whether an `&` stands beside a relation, among the tokens before and after it."""
    return any(token.text in _ALIGNING for token in around)


def matrix_rows(items: tuple[Answer, ...]) -> Answer:
    """[[1, 2], [3, 4]] as a matrix; rows of different lengths are a tuple of them."""
    entries = tuple(item.items for item in items if isinstance(item, Square | List | Tuple))
    if len(entries) < len(items) or len({len(row) for row in entries}) > 1:
        return Tuple(items, False, square=True)
    if len(entries[0]) == 1:
        return Tuple(tuple(row[0] for row in entries), False, True)
    return Matrix(entries)


def _scaled(factor: Expr, entry: Answer) -> Value:
    if not isinstance(entry, Value):
        raise Unreadable
    return Value(("mul", factor, entry.tree))
