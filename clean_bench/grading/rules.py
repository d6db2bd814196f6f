r"""The equality policy on the structure of answers (docs/equality.md), a rule for each two kinds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from clean_bench.grading.algebra import scalars
from clean_bench.grading.comparison import Comparison, Rules, Ternary, every, some
from clean_bench.grading.expr import Expr
from clean_bench.grading.parse import intervals, units
from clean_bench.grading.parse.answer_types import (
    Answer,
    Choice,
    Hedge,
    Labelled,
    List,
    Matrix,
    Piece,
    Ratio,
    Region,
    Relation,
    Set,
    Square,
    Text,
    Tuple,
    Unread,
    Value,
)
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Unreadable, tokens

_ZERO: Expr = ("num", Fraction(0))
_HUNDRED: Expr = ("num", Fraction(100))


def _values(how: Comparison, one: Value, other: Value) -> Ternary:
    if one.base is not None or other.base is not None:
        return _bases(one, other)
    if not units.agree(one.unit, other.unit):
        return False
    percent, plain = (one, other) if one.percent else (other, one)
    if percent.percent and not plain.percent and units.stated(plain.unit):
        return False
    found = how.scalar(one.tree, other.tree)
    if found is True or one.percent == other.percent:
        return found
    return some((found, how.scalar(("div", percent.tree, _HUNDRED), plain.tree)))


def _bases(one: Value, other: Value) -> bool:
    if one.base is not None and other.base is not None:
        return (one.base, one.digits) == (other.base, other.digits)
    based, plain = (one, other) if one.base is not None else (other, one)
    if plain.percent or units.stated(plain.unit):
        return False
    try:
        return plain.tree == parse(tokens(based.digits))
    except Unreadable:
        return False


def _choice_and_value(how: Comparison, one: Choice, other: Value) -> Ternary:
    if other.tree[0] == "sym" and len(other.tree[1]) == 1:
        return one.letter.casefold() == str(other.tree[1]).casefold()
    return _content(how, one, other)


def _choice_and_text(how: Comparison, one: Choice, other: Text) -> Ternary:
    return one.letter.casefold() == other.words or _content(how, one, other)


def _content(how: Comparison, one: Choice, other: Answer) -> Ternary:
    return False if one.content is None else how.same(one.content, other)


def _choices(how: Comparison, one: Choice, other: Choice) -> Ternary:
    if one.letter.casefold() != other.letter.casefold():
        return False
    if one.content is None or other.content is None:
        return True
    return how.same(one.content, other.content)


def _text_and_value(how: Comparison, one: Text, other: Value) -> Ternary:
    return other.tree[0] == "sym" and one.words == str(other.tree[1]).casefold()


def _lists(how: Comparison, one: List, other: List) -> Ternary:
    left, right = _expanded(one), _expanded(other)
    for named, plain in ((left, right), (right, left)):
        if _labels(named) and not any(isinstance(item, Labelled) for item in plain):
            return how.ordered(named, plain)
    return how.unordered(left, right)


def _expanded(answer: List) -> tuple[Answer, ...]:
    return tuple(part for item in answer.items for part in _named_parts(item))


def _named_parts(item: Answer) -> tuple[Answer, ...]:
    """(x, y) = (1, 2) as x = 1, y = 2."""
    if isinstance(item, Labelled) and item.label.startswith("(") and isinstance(item.value, Tuple):
        names = item.label.strip("()").split(",")
        pairs = zip(names, item.value.items, strict=True)
        return tuple(Labelled(name, value, None) for name, value in pairs)
    return (item,)


def _labels(items: Sequence[Answer]) -> list[str]:
    """The names of `x = 1, y = 2`, where every item has one of its own."""
    names = [item.label for item in items if isinstance(item, Labelled)]
    return names if len(set(names)) == len(items) > 1 else []


def _list_and_tuple(how: Comparison, one: List, other: Tuple) -> Ternary:
    """x = 1, y = 2 says what (1, 2) says, where the names are in their alphabetical order."""
    names = _labels(one.items)
    if not names or any(isinstance(item, Labelled) for item in other.items):
        return False
    named = sorted((item.label, at) for at, item in enumerate(one.items)
                   if isinstance(item, Labelled))  # fmt: skip
    return how.ordered([one.items[at] for _, at in named], other.items)


def _list_and_labelled(how: Comparison, one: List, other: Labelled) -> Ternary:
    parts = _named_parts(other)
    if len(parts) > 1:
        return how.unordered(one.items, parts)
    if len(one.items) == 1:
        return how.same(one.items[0], other)
    return how.same(one, other.value)


def _sets(how: Comparison, one: Set, other: Set) -> Ternary:
    return how.unordered(how.without_repetition(one.items), how.without_repetition(other.items))


def _set_and_list(how: Comparison, one: Set, other: List) -> Ternary:
    return how.unordered(how.without_repetition(one.items), other.items)


def _single(how: Comparison, one: Set | List, other: Answer) -> Ternary:
    return len(one.items) == 1 and how.same(one.items[0], other)


def _tuples(how: Comparison, one: Tuple | Square, other: Tuple | Square) -> Ternary:
    return type(one) is type(other) and how.ordered(one.items, other.items)


def _matrices(how: Comparison, one: Matrix, other: Matrix) -> Ternary:
    if len(one.rows) != len(other.rows):
        return False
    pairs = zip(one.rows, other.rows, strict=True)
    return every(how.ordered(left, right) for left, right in pairs)


def _row_and_tuple(how: Comparison, one: Matrix, other: Tuple) -> Ternary:
    return len(one.rows) == 1 and not other.column and how.ordered(one.rows[0], other.items)


def _hedges(how: Comparison, one: Hedge, other: Hedge) -> Ternary:
    return how.unordered(one.items, other.items)


def _regions(how: Comparison, one: Region, other: Region) -> Ternary:
    if one.variable and other.variable and one.variable != other.variable:
        return False
    if len(one.pieces) != len(other.pieces):
        return False
    return every(
        _pieces(how, left, right) for left, right in zip(one.pieces, other.pieces, strict=True)
    )


def _pieces(how: Comparison, one: Piece, other: Piece) -> Ternary:
    if (one.open_low, one.open_high) != (other.open_low, other.open_high):
        return False
    return every((how.scalar(one.low, other.low), how.scalar(one.high, other.high)))


def _region_and_pair(how: Comparison, one: Region, other: Tuple | Square) -> Ternary:
    pair = intervals.from_pair(other)
    return False if pair is None else how.same(one, pair)


def _labelled(how: Comparison, one: Labelled, other: Labelled) -> Ternary:
    if one.label == other.label:
        return how.same(one.value, other.value)
    if one.difference is not None and other.difference is not None:
        return how.multiple(one.difference, other.difference)
    return False


def _labelled_and_relation(how: Comparison, one: Labelled, other: Relation) -> Ternary:
    if one.difference is None or other.sign != "=":
        return False
    return how.multiple(one.difference, other.difference)


def _labelled_and_other(how: Comparison, one: Labelled, other: Answer) -> Ternary:
    return how.same(one.value, other)


def _relations(how: Comparison, one: Relation, other: Relation) -> Ternary:
    if one.sign != other.sign:
        return False
    return how.multiple(one.difference, other.difference, positive=one.sign in ("<", "<="))


def _ratios(how: Comparison, one: Ratio, other: Ratio) -> Ternary:
    if len(one.items) != len(other.items):
        return False
    pairs = [(left.tree, right.tree) for left, right in zip(one.items, other.items, strict=True)]
    zeros = [(how.scalar(left, _ZERO), how.scalar(right, _ZERO)) for left, right in pairs]
    alike = every(None if None in zero else zero[0] == zero[1] for zero in zeros)
    rest = [pair for pair, zero in zip(pairs, zeros, strict=True) if zero != (True, True)]
    if alike is False or not rest:
        return False
    first, second = rest[0]
    cross = (how.scalar(("mul", left, second), ("mul", right, first)) for left, right in rest[1:])
    return every((alike, *cross))


def _text_and_ratio(how: Comparison, one: Text, other: Ratio) -> Ternary:
    """10:12 alone is read as a time, and next to 5:6 it is a ratio; 5:00 remains a time."""
    if not re.fullmatch("[0-9]{1,2}:(?!00)[0-9]{2}", one.words):
        return False
    parts = (Value(("num", Fraction(int(part)))) for part in one.words.split(":"))
    return how.same(Ratio(tuple(parts)), other)


def _unread(how: Comparison, one: Unread, other: Answer) -> Ternary:
    """Only a formula that others may read can equal something else: an expression."""
    formula = one.formula or (isinstance(other, Unread) and other.formula)
    return None if formula and isinstance(other, Unread | Value) else False


_RULES: Rules = (
    ((Hedge, Hedge), _hedges),
    ((Hedge, object), lambda how, one, other: False),
    ((Unread, object), _unread),
    ((Value, Value), _values),
    ((Choice, Choice), _choices),
    ((Choice, Value), _choice_and_value),
    ((Choice, Text), _choice_and_text),
    ((Choice, object), _content),
    ((Text, Value), _text_and_value),
    ((Text, Ratio), _text_and_ratio),
    ((Labelled, Labelled), _labelled),
    ((Labelled, Relation), _labelled_and_relation),
    ((List, Labelled), _list_and_labelled),
    ((Labelled, object), _labelled_and_other),
    ((Relation, Relation), _relations),
    ((List, List), _lists),
    ((Set, Set), _sets),
    ((Set, List), _set_and_list),
    ((List, Tuple), _list_and_tuple),
    ((Set, Value), _single),
    ((List, Value), _single),
    ((Tuple, Tuple), _tuples),
    ((Square, Square), _tuples),
    ((Matrix, Matrix), _matrices),
    ((Matrix, Tuple), _row_and_tuple),
    ((Region, Region), _regions),
    ((Region, Tuple), _region_and_pair),
    ((Region, Square), _region_and_pair),
    ((Ratio, Ratio), _ratios),
)
"""Kinds that are not here differ."""

CERTAIN = Comparison(scalars.certain, scalars.certain_multiple, _RULES)
"""Decides exactly or not at all."""
SURE = Comparison(scalars.sure, scalars.sure_multiple, _RULES)
"""Decides always."""
