r"""The equality policy on typed answers (docs/equality.md): one rule for each pair of types.

A `Comparison` applies the rules through tuples, lists, sets, intervals, equations and the rest. It is
given the two decisions on scalars. Decisions are True, False or None (undecided): `FAST` may give
None, `FULL` never does on expressions that can be read.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from clean_bench.grading import notation_rules
from clean_bench.grading.algebra import enclosures, scalars
from clean_bench.grading.expr import Expr
from clean_bench.grading.parse import interval_notation, units, written_forms
from clean_bench.grading.parse.answer_types import (
    Answer,
    Approximation,
    Choice,
    Date,
    Hedge,
    Labelled,
    List,
    Matrix,
    Piece,
    Piecewise,
    Ratio,
    Region,
    Relation,
    Residue,
    Set,
    Square,
    Text,
    Tuple,
    Unread,
    Value,
)
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.latex_lexer import Unreadable, tokens

Ternary = bool | None
_MAX_ITEMS = 40


class EquivalentRelations(Protocol):
    """Whether two differences make the same equation (or, if `positive`, inequality)."""

    def __call__(self, one: Expr, other: Expr, positive: bool = False) -> Ternary: ...


def every(decisions: Iterable[Ternary]) -> Ternary:
    """False if one is False, else None if one is None, else True. Stops at the first False."""
    result: Ternary = True
    for decision in decisions:
        if decision is False:
            return False
        if decision is None:
            result = None
    return result


@dataclass(frozen=True, slots=True)
class Comparison:
    """`scalar` compares two expressions, `relation` the differences of two relations."""

    scalar: Callable[[Expr, Expr], Ternary]
    relation: EquivalentRelations
    gold_first: bool = True
    """Whether the first of two answers is the gold answer. Few rules depend on it (see
    docs/equality.md, "The gold answer decides")."""

    def same(self, one: Answer, other: Answer) -> Ternary:
        """Whether two answers are equal. The first rule whose types fit decides."""
        if one == other:
            return True
        for (first, second), rule in _RULES:
            if isinstance(one, first) and isinstance(other, second):
                return rule(self, one, other)
            if isinstance(other, first) and isinstance(one, second):
                return rule(self.swapped(), other, one)
        return False

    def swapped(self) -> Comparison:
        """The comparison for the two answers in the other order."""
        return Comparison(self.scalar, self.relation, not self.gold_first)

    def ordered(self, one: Sequence[Answer], other: Sequence[Answer]) -> Ternary:
        if len(one) != len(other):
            return False
        return every(self.same(left, right) for left, right in zip(one, other, strict=True))

    def unordered(self, one: Sequence[Answer], other: Sequence[Answer]) -> Ternary:
        """Whether the items can be paired up; repetition counts."""
        if len(one) != len(other):
            return False
        extra = Counter(one) - Counter(other)
        left, rest = list(extra.elements()), list((Counter(other) - Counter(one)).elements())
        if len(left) > _MAX_ITEMS:
            return False
        unknown = False
        for item in left:
            decisions = [self.same(item, candidate) for candidate in rest]
            if True in decisions:
                del rest[decisions.index(True)]
            elif None in decisions:
                unknown = True
            else:
                return False
        return None if unknown else True

    def without_repetition(self, items: Sequence[Answer]) -> list[Answer]:
        different = list(dict.fromkeys(items))
        if len(different) > _MAX_ITEMS:
            return different
        kept: list[Answer] = []
        for item in different:
            if not any(self.same(item, other) for other in kept):
                kept.append(item)
        return kept


_ZERO: Expr = ("num", Fraction(0))
_HUNDRED: Expr = ("num", Fraction(100))


def _values(cmp: Comparison, one: Value, other: Value) -> Ternary:
    if one.base is not None or other.base is not None:
        return _bases(one, other)
    if not units.agree(one.unit, other.unit):
        return False
    percent, plain = (one, other) if one.percent else (other, one)
    if percent.percent and not plain.percent and units.stated(plain.unit):
        return False
    gold, answer = (one, other) if cmp.gold_first else (other, one)
    if gold.written and not percent.percent:
        same = written_forms.same_form(gold.written, answer.written)
        if same is not None:
            return same
    as_written = cmp.scalar(one.tree, other.tree)
    if one.percent == other.percent:
        return as_written
    if as_written is True and not (answer.percent and _is_fraction(gold.tree)):
        return True
    divided = cmp.scalar(("div", percent.tree, _HUNDRED), plain.tree)
    return None if divided is False and as_written is None else divided


def _is_fraction(tree: Expr) -> bool:
    """Whether a number is at most 1 in size: as a gold answer, 0.5 is a share and no 0.5%."""
    size = enclosures.real_midpoint(tree)
    return size is not None and abs(size) <= 1


def _dates(cmp: Comparison, one: Date, other: Date) -> bool:
    return one.day == other.day or (bool(one.figures) and one.figures == other.figures)


def _date_and_value(cmp: Comparison, one: Date, other: Value) -> Ternary:
    """A date as the answer to a number is arithmetic."""
    if cmp.gold_first or one.tree is None:
        return False
    return cmp.same(Value(one.tree), other)


def _text_and_value(cmp: Comparison, one: Text, other: Value) -> bool:
    if other.written:
        return one.words == other.written.casefold()
    return other.tree[0] == "sym" and one.words == str(other.tree[1]).casefold()


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


def _choice_and_value(cmp: Comparison, one: Choice, other: Value) -> Ternary:
    if other.tree[0] == "sym" and len(other.tree[1]) == 1:
        return one.letter.casefold() == str(other.tree[1]).casefold()
    return _choice_content(cmp, one, other)


def _choice_content(cmp: Comparison, one: Choice, other: Answer) -> Ternary:
    return False if one.content is None else cmp.same(one.content, other)


def _choices(cmp: Comparison, one: Choice, other: Choice) -> Ternary:
    if one.letter.casefold() != other.letter.casefold():
        return False
    if one.content is None or other.content is None:
        return True
    return cmp.same(one.content, other.content)


def _lists(cmp: Comparison, one: List, other: List) -> Ternary:
    left, right = _expanded(one), _expanded(other)
    for ordering, named, plain in ((cmp, left, right), (cmp.swapped(), right, left)):
        if _labels(named) and not any(isinstance(item, Labelled) for item in plain):
            return ordering.ordered(named, plain)
    return cmp.unordered(left, right)


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
    """The names of `x = 1, y = 2`, if all items are named and no name repeats; else empty."""
    names = [item.label for item in items if isinstance(item, Labelled)]
    return names if len(set(names)) == len(items) > 1 else []


def _list_and_tuple(cmp: Comparison, one: List, other: Tuple) -> Ternary:
    """x = 1, y = 2 equals (1, 2): values are ordered by their names. [1, 2, 3] equals 1, 2, 3."""
    if other.square and not any(isinstance(item, Labelled) for item in one.items):
        return cmp.ordered(one.items, other.items)
    names = _labels(one.items)
    if not names or any(isinstance(item, Labelled) for item in other.items):
        return False
    by_name = sorted(zip(names, one.items, strict=True), key=lambda pair: pair[0])
    return cmp.ordered([item for _, item in by_name], other.items)


def _list_and_labelled(cmp: Comparison, one: List, other: Labelled) -> Ternary:
    parts = _named_parts(other)
    if len(parts) > 1:
        return cmp.unordered(one.items, parts)
    if len(one.items) == 1:
        return cmp.same(one.items[0], other)
    return cmp.same(one, other.value)


def _matrices(cmp: Comparison, one: Matrix, other: Matrix) -> Ternary:
    if len(one.rows) != len(other.rows):
        return False
    pairs = zip(one.rows, other.rows, strict=True)
    return every(cmp.ordered(left, right) for left, right in pairs)


def _regions(cmp: Comparison, one: Region, other: Region) -> Ternary:
    if one.variable and other.variable and one.variable != other.variable:
        return False
    if len(one.pieces) != len(other.pieces):
        return False
    return every(
        _pieces(cmp, left, right) for left, right in zip(one.pieces, other.pieces, strict=True)
    )


def _pieces(cmp: Comparison, one: Piece, other: Piece) -> Ternary:
    if (one.open_low, one.open_high) != (other.open_low, other.open_high):
        return False
    return every((cmp.scalar(one.low, other.low), cmp.scalar(one.high, other.high)))


def _region_and_pair(cmp: Comparison, one: Region, other: Tuple | Square) -> Ternary:
    pair = interval_notation.from_pair(other)
    return False if pair is None else cmp.same(one, pair)


def _ratios(cmp: Comparison, one: Ratio, other: Ratio) -> Ternary:
    if len(one.items) != len(other.items):
        return False
    pairs = [(left.tree, right.tree) for left, right in zip(one.items, other.items, strict=True)]
    zeros = [(cmp.scalar(left, _ZERO), cmp.scalar(right, _ZERO)) for left, right in pairs]
    alike = every(None if None in zero else zero[0] == zero[1] for zero in zeros)
    rest = [pair for pair, zero in zip(pairs, zeros, strict=True) if zero != (True, True)]
    if alike is False or not rest:
        return False
    first, second = rest[0]
    cross = (cmp.scalar(("mul", left, second), ("mul", right, first)) for left, right in rest[1:])
    return every((alike, *cross))


def _text_and_ratio(cmp: Comparison, one: Text, other: Ratio) -> Ternary:
    """10:12 is parsed as a time; as the answer to a ratio (5:6) it is a ratio. 5:00 remains a time.

    A gold answer with a common factor is no ratio, since published ratios are in lowest terms.
    """
    if not re.fullmatch("[0-9]{1,2}:(?!0)[0-9]{2}", one.words):
        return False
    if cmp.gold_first and math.gcd(*map(int, one.words.split(":"))) > 1:
        return False
    parts = (Value(("num", Fraction(int(part)))) for part in one.words.split(":"))
    return cmp.same(Ratio(tuple(parts)), other)


def _unread(cmp: Comparison, one: Unread, other: Answer) -> Ternary:
    """Undecided if the text is a formula that sympy may parse and the other side an expression."""
    formula = one.formula or (isinstance(other, Unread) and other.formula)
    return None if formula and isinstance(other, Unread | Value) else False


_RULES: tuple[tuple[tuple[Any, Any], Callable[..., Ternary]], ...] = (
    ((Approximation, Approximation), notation_rules.approximations),
    ((Approximation, object), notation_rules.approximation),
    ((Hedge, Hedge), lambda cmp, one, other: cmp.unordered(one.items, other.items)),
    ((Hedge, object), lambda cmp, one, other: False),
    ((Unread, object), _unread),
    ((Value, Value), _values),
    ((Residue, Residue), notation_rules.both_residues),
    ((Residue, Value), notation_rules.residue_and_value),
    ((Residue, Labelled), notation_rules.residue_and_labelled),
    ((Piecewise, Piecewise), notation_rules.piecewise),
    ((Choice, Choice), _choices),
    ((Choice, Value), _choice_and_value),
    ((Choice, Text), lambda cmp, one, other: (
        one.letter.casefold() == other.words or _choice_content(cmp, one, other))),
    ((Choice, object), _choice_content),
    ((Text, Value), _text_and_value),
    ((Date, Date), _dates),
    ((Date, Value), _date_and_value),
    ((Text, Ratio), _text_and_ratio),
    ((Labelled, Labelled), notation_rules.labelled),
    ((Labelled, Relation), lambda cmp, one, other: (
        one.difference is not None and other.sign == "="
        and cmp.relation(one.difference, other.difference))),
    ((List, Labelled), _list_and_labelled),
    ((Labelled, object), lambda cmp, one, other: cmp.same(one.value, other)),
    ((Relation, Relation), lambda cmp, one, other: one.sign == other.sign and cmp.relation(
        one.difference, other.difference, positive=one.sign in ("<", "<="))),
    ((List, List), _lists),
    ((Set, Set), lambda cmp, one, other: cmp.unordered(
        cmp.without_repetition(one.items), cmp.without_repetition(other.items))),
    ((Set, List), lambda cmp, one, other: cmp.unordered(
        cmp.without_repetition(one.items), other.items)),
    ((List, Tuple), _list_and_tuple),
    (((Set, List), Value), lambda cmp, one, other: (
        len(one.items) == 1 and cmp.same(one.items[0], other))),
    ((Tuple, Tuple), lambda cmp, one, other: cmp.ordered(one.items, other.items)),
    ((Square, Square), lambda cmp, one, other: cmp.ordered(one.items, other.items)),
    ((Square, Tuple), lambda cmp, one, other: (
        not other.round and cmp.ordered(one.items, other.items))),
    ((Square, Matrix), lambda cmp, one, other: (
        len(other.rows) == 1 and cmp.ordered(one.items, other.rows[0]))),
    ((Matrix, Matrix), _matrices),
    ((Matrix, Tuple), lambda cmp, one, other: (
        len(one.rows) == 1 and not other.column and cmp.ordered(one.rows[0], other.items))),
    ((Region, Region), _regions),
    ((Region, (Tuple, Square)), _region_and_pair),
    ((Ratio, Ratio), _ratios),
)  # fmt: skip
"""The first rule whose two types fit, in either order, decides; types without a rule differ."""

FAST = Comparison(scalars.equal_values_fast, scalars.equivalent_fast)
"""Bounded work for any text; None where this does not decide."""
FULL = Comparison(scalars.equal_values, scalars.equivalent)
"""Decides every expression that can be read; needs limits."""
