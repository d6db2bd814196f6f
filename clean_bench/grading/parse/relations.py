"""Equations, chains of equations, inequalities and memberships, and the names on their left."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from clean_bench.grading.algebra import scalars
from clean_bench.grading.expr import Expr, has, symbols
from clean_bench.grading.parse import interval_notation
from clean_bench.grading.parse.answer_types import (
    Answer,
    Labelled,
    List,
    Region,
    Relation,
    Square,
    Tuple,
    Value,
)
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.matrices_sets import PartReader
from clean_bench.grading.parse.notation import NOTATION, by_spelling
from clean_bench.grading.parse.split_top_level import parts_between, word_of

_CONSTANTS = frozenset({"pi", "e", "i"})
_HUNDRED: Expr = ("num", Fraction(100))
_UNKNOWNS = frozenset({"x", "y", "z", "e", "i", "pi"})
_SINGLE_FUNCTION = re.compile(r"[A-Za-z](?:_\{?\w\}?)?'*\((?:[A-Za-z](?:,[A-Za-z])*|-?[0-9]+)\)")
_AREA = re.compile(r"\[[A-Z]{3,6}\]|\|[A-Z]{2}\|")
_CHANCE = re.compile(r"(?:P|Pr|\\Pr|E|\\mathbb [PE])(?:\([^()]*\)|\[[^\[\]]*\])")
_OPERATORS = frozenset({"+", "-", "*", "/", "\\cdot", "\\frac", "{", "}"})
ValueReader = Callable[[list[Token]], Value]

RELATIONS = by_spelling(NOTATION["relations"])


def relation(text: list[Token], at: list[int], read: PartReader, value: ValueReader) -> Answer:
    """The equation, inequality or membership with relation signs at these positions.

    `read` parses an answer and `value` a scalar.

    Raises:
        Unreadable: if it is none of these, or a chain of different numbers.
    """
    signs = [RELATIONS[word_of(text[cut])] for cut in at]
    sides = parts_between(text, at)
    if not all(sides):
        raise Unreadable
    if signs == ["in"]:
        inside = read(sides[1])
        if isinstance(inside, Tuple | Square):
            pair = interval_notation.from_pair(inside)
            if pair is None:
                raise Unreadable
            inside = pair
        if isinstance(inside, Region):
            variable = _label_of(sides[0])
            if variable is None:
                raise Unreadable
            return Region(inside.pieces, variable)
        return inside
    if all(sign == "=" for sign in signs):
        return _equations(sides, read, value)
    if "=" in signs or "in" in signs:
        raise Unreadable
    trees = [value(side).tree for side in sides]
    if any(has(tree, "pm") for tree in trees):
        raise Unreadable
    return interval_notation.chain(trees, signs)


def _equations(sides: list[list[Token]], read: PartReader, value: ValueReader) -> Answer:
    """`label = value`, an equation, or a chain of equal numbers, whose last is the answer."""
    label = _label_of(sides[0])
    if label is None and len(sides) == 2:
        swapped = _label_of(sides[1])
        if swapped is not None:
            label, sides = swapped, sides[::-1]
    if label is None:
        label = _quantity_before(sides)
    if label is not None:
        return _labelled(label, sides, read)
    values = [value(side) for side in sides]
    if all(map(_constant, values)):
        if all(_same_number(one, values[-1]) for one in values[:-1]):
            return values[-1]
        raise Unreadable
    if len(values) != 2 or any(has(one.tree, "pm") for one in values):
        raise Unreadable
    return Relation("=", ("add", values[0].tree, ("neg", values[1].tree)))


def _labelled(label: str, sides: list[list[Token]], read: PartReader) -> Answer:
    answer = read(sides[-1])
    middle = [read(side) for side in sides[1:-1]]
    if any(item != answer and not _same_number(item, answer) for item in middle):
        raise Unreadable
    left = _maybe_tree(sides[0])
    right = answer.tree if isinstance(answer, Value) else None
    if isinstance(answer, List):
        return List(tuple(Labelled(label, item, None) for item in answer.items))
    names = label.strip("()").split(",")
    if label.startswith("(") and isinstance(answer, Tuple) and len(names) == len(answer.items):
        return Labelled(label, answer, None)
    difference = None
    if left is not None and right is not None:
        difference = ("add", left, ("neg", right))
        if left[0] == "sym" and left[1] in symbols(right):
            return Relation("=", difference)
    return Labelled(label, answer, difference)


def _quantity_before(sides: list[list[Token]]) -> str | None:
    """The quantity on the first side, if the others are numbers: m + n = 4 + 5 = 9."""
    others = (token for side in sides[1:] for token in side if token.kind in ("symbol", "word"))
    return None if any(token.text not in _CONSTANTS for token in others) else _quantity(sides[0])


def _constant(value: Value) -> bool:
    return not symbols(value.tree) - _CONSTANTS


def _same_number(one: Answer, other: Answer) -> bool:
    """Whether two answers are the same number; 50% is one half."""
    if not (isinstance(one, Value) and isinstance(other, Value)):
        return False
    left, right = one.tree, other.tree
    if one.percent != other.percent:
        left = ("div", left, _HUNDRED) if one.percent else left
        right = ("div", right, _HUNDRED) if other.percent else right
    return scalars.equal_values_fast(left, right) is True


def _maybe_tree(side: list[Token]) -> Expr | None:
    text = "".join(token.text for token in side)
    if re.fullmatch(r"[fghFGHpqPQ]\([a-z]\)", text):
        return ("sym", text)
    try:
        return parse(side)
    except Unreadable:
        return None


def _quantity(side: list[Token]) -> str | None:
    """The quantity that a side names, as in m + n = 9, [ABC] = 12 or P(X > 2) = 1/3, or None.

    A sum, product or quotient of different names counts. x, y and z do not: they are unknowns of an
    equation that is not yet solved.
    """
    text = "".join(token.text for token in side)
    if _AREA.fullmatch(text) or _CHANCE.fullmatch(text):
        return text
    names = [token.text for token in side if token.kind == "symbol"]
    if not names or len(set(names)) < len(names) or not _UNKNOWNS.isdisjoint(names):
        return None
    rest = [token for token in side if token.kind != "symbol"]
    return text if all(token.text in _OPERATORS for token in rest) else None


def _label_of(side: list[Token]) -> str | None:
    """The name on the left of an equation: x, x_1, f(x), (x, y), \\text{Area}, m\\angle A."""
    text = "".join(token.text for token in side)
    if len(side) == 1:
        token = side[0]
        if token.kind == "symbol" and token.text not in ("e", "i", "pi"):
            return token.text
        return token.text.strip().lower() if token.kind in ("text", "word") else None
    if _SINGLE_FUNCTION.fullmatch(text) or re.fullmatch(r"[A-Za-z]+_\{?\w+\}?", text):
        return text.replace("{", "").replace("}", "")
    if re.fullmatch(r"f\^\{?-1\}?\([a-z]\)|\\angle[A-Z]{1,3}|m\\angle[A-Z]{1,3}", text):
        return text.replace("{", "").replace("}", "")
    if len(side) > 4 and text[0] + text[-1] == "()":
        names, commas = side[1:-1:2], side[2:-1:2]
        if all(name.kind == "symbol" for name in names) and {t.text for t in commas} == {","}:
            return text
    if all(token.kind in ("text", "word") for token in side):
        return " ".join(token.text.strip().lower() for token in side)
    if re.fullmatch(r"[A-Z]{2,3}", text):
        return text
    return None
