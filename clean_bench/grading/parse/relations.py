"""Equations, chains of equations, inequalities and memberships."""

from __future__ import annotations

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
from clean_bench.grading.parse.labels import label_of, maybe_tree, quantity_of
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.matrices_sets import PartReader
from clean_bench.grading.parse.notation import NOTATION, by_spelling
from clean_bench.grading.parse.split_top_level import parts_between, top, word_of

_CONSTANTS = frozenset({"pi", "e", "i"})
_HUNDRED: Expr = ("num", Fraction(100))
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
            variable = label_of(sides[0])
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
    label = label_of(sides[0])
    if label is None and len(sides) == 2:
        swapped = label_of(sides[1])
        if swapped is not None:
            label, sides = swapped, sides[::-1]
    if label is None:
        label = _quantity_before(sides)
    if label is not None:
        return _labelled(label, sides, read)
    if sides[-1][0].text == "\\begin cases":
        return _labelled("".join(token.text for token in sides[0]), [sides[0], sides[-1]], read)
    values = [value(side) for side in sides]
    if all(map(_constant, values)):
        if all(_may_be_same(one, values[-1]) for one in values[:-1]):
            return values[-1]
        raise Unreadable
    if len(values) != 2 or any(has(one.tree, "pm") for one in values):
        raise Unreadable
    return Relation("=", ("add", values[0].tree, ("neg", values[1].tree)))


def named_value(sides: list[list[Token]], read: PartReader) -> Answer | None:
    """The two sides as `name = value`, if the first is a name; None if not."""
    if top(sides[0], RELATIONS.keys()):
        return None
    label = label_of(sides[0]) or _quantity_before(sides)
    return None if label is None else _labelled(label, sides, read)


def _labelled(label: str, sides: list[list[Token]], read: PartReader) -> Answer:
    answer = read(sides[-1])
    last_is_name = label_of(sides[-1]) is not None
    middle = [read(side) for side in sides[1:-1] if last_is_name or not _is_name(side)]
    if any(item != answer and not _same_number(item, answer) for item in middle):
        raise Unreadable
    left = maybe_tree(sides[0])
    right = answer.tree if isinstance(answer, Value) else None
    if isinstance(answer, List):
        return List(tuple(Labelled(label, item, None) for item in answer.items))
    names = label.strip("()").split(",")
    if label.startswith("(") and isinstance(answer, Tuple) and len(names) == len(answer.items):
        return Labelled(label, answer, None)
    difference = None
    if left is not None and right is not None:
        difference = ("add", left, ("neg", right))
    return Labelled(label, answer, difference)


def _is_name(side: list[Token]) -> bool:
    """Whether a side is a name or a quantity: K = [ABC] = 24."""
    return label_of(side) is not None or quantity_of(side) is not None


def _quantity_before(sides: list[list[Token]]) -> str | None:
    """The quantity on the first side, if the others are numbers: m + n = 4 + 5 = 9."""
    others = (token for side in sides[1:] for token in side if token.kind in ("symbol", "word"))
    return None if any(token.text not in _CONSTANTS for token in others) else quantity_of(sides[0])


def _constant(value: Value) -> bool:
    return not symbols(value.tree) - _CONSTANTS


def _same_number(one: Answer, other: Answer) -> bool:
    """Whether two answers are proven to be the same number; 50% is one half."""
    if not (isinstance(one, Value) and isinstance(other, Value)):
        return False
    return _equal_numbers(one, other) is True


def _may_be_same(one: Value, other: Value) -> bool:
    """Whether two numbers of a chain are not proven to differ: \\sin 30^\\circ = 1/2."""
    return one == other or _equal_numbers(one, other) is not False


def _equal_numbers(one: Value, other: Value) -> bool | None:
    left, right = one.tree, other.tree
    if one.percent != other.percent:
        left = ("div", left, _HUNDRED) if one.percent else left
        right = ("div", right, _HUNDRED) if other.percent else right
    return scalars.equal_values_fast(left, right)
