r"""Sets of real numbers: intervals, inequalities in one variable, their unions and intersections.

An inequality that is linear in its one variable is solved; every other becomes a `Relation`. Ends that
differ clearly in double precision are ordered by that; others must be proven equal or different, or
there is no region.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cmp_to_key

from clean_bench.grading.algebra import enclosures, fields, scalars
from clean_bench.grading.algebra.polynomials import TooLarge
from clean_bench.grading.expr import Expr, symbols
from clean_bench.grading.parse.answer_types import (
    Answer,
    Piece,
    Region,
    Relation,
    Set,
    Square,
    Tuple,
    Value,
)
from clean_bench.grading.parse.latex_lexer import Unreadable

INFINITY: Expr = ("sym", "oo")
MINUS_INFINITY: Expr = ("neg", INFINITY)
_CONSTANTS = frozenset({"pi", "e", "i", "oo"})
_MAX_HOLES = 20
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!="}


def everything() -> Region:
    """All real numbers."""
    return Region((Piece(MINUS_INFINITY, True, INFINITY, True),), None)


def interval(low: Expr, open_low: bool, high: Expr, open_high: bool) -> Region:
    """One interval.

    Raises:
        Unreadable: if an end is no real constant.
    """
    if _place(low) is None or _place(high) is None:
        raise Unreadable
    return Region((Piece(low, open_low, high, open_high),), None)


def from_pair(pair: Tuple | Square) -> Region | None:
    """A pair in brackets as an interval, or None."""
    if len(pair.items) != 2 or (isinstance(pair, Tuple) and not pair.round):
        return None
    low, high = pair.items
    if not (isinstance(low, Value) and isinstance(high, Value)):
        return None
    ends = _place(low.tree), _place(high.tree)
    if ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
        return None
    opened = isinstance(pair, Tuple)
    return Region((Piece(low.tree, opened, high.tree, opened),), None)


def _place(tree: Expr) -> float | None:
    """The value of an end in double precision, or None if it is no real constant."""
    if tree == INFINITY:
        return math.inf
    if tree == MINUS_INFINITY:
        return -math.inf
    middle = enclosures.real_midpoint(tree)
    form = _form(tree) if middle is None else None
    return 0.0 if form is not None and not form.above else middle


def _form(tree: Expr) -> fields.Quotient | None:
    try:
        return fields.normal_form(tree)
    except (TooLarge, fields.Undefined):
        return None


def chain(trees: Sequence[Expr], signs: Sequence[str]) -> Region | Relation:
    """A chain a < b <= c, or a single inequality.

    Raises:
        Unreadable: if it is neither a region nor one inequality.
    """
    region: Region | None = everything()
    for left, right, sign in zip(trees[:-1], trees[1:], signs, strict=True):
        single = _solved(left, right, sign)
        region = region and single and intersection((region, single))
    if region is not None:
        return region
    if len(trees) > 2:
        raise Unreadable
    left, right, sign = trees[0], trees[1], signs[0]
    if sign in (">", ">="):
        left, right, sign = right, left, _FLIPPED[sign]
    return Relation(sign, ("add", left, ("neg", right)))


def _solved(left: Expr, right: Expr, sign: str) -> Region | None:
    """The solutions of an inequality that is linear in one variable, or None."""
    names = (symbols(left) | symbols(right)) - _CONSTANTS
    if len(names) != 1:
        return None
    (variable,) = names
    if right == ("sym", variable) or right[:2] == ("fn", "abs"):
        left, right, sign = right, left, _FLIPPED[sign]
    if left[:2] == ("fn", "abs"):
        return _distance(left[2], right, sign)
    if left == ("sym", variable) and variable not in symbols(right):
        return _half_line(variable, right, sign)
    difference = _form(("add", left, ("neg", right)))
    if difference is None:
        return None
    slope = difference.above.get(((variable, 1),))
    if slope is None or difference.below != {(): Fraction(1)} or not difference.exact:
        return None
    if set(difference.above) - {((variable, 1),), ()}:
        return None
    end: Expr = ("num", -difference.above.get((), Fraction(0)) / slope)
    return _half_line(variable, end, sign if slope > 0 else _FLIPPED[sign])


def _distance(inner: Expr, end: Expr, sign: str) -> Region | None:
    """The solutions of |inner| < end (or another sign), for a positive constant `end`."""
    place = _place(end)
    if place is None or not 0 < place < math.inf or sign == "!=":
        return None
    above = _solved(inner, end, sign)
    below = _solved(inner, ("neg", end), _FLIPPED[sign])
    if above is None or below is None:
        return None
    return (intersection if sign in ("<", "<=") else union)((above, below))


def _half_line(variable: str, end: Expr, sign: str) -> Region | None:
    if _place(end) is None:
        return None
    below = Piece(MINUS_INFINITY, True, end, sign != "<=")
    above = Piece(end, sign != ">=", INFINITY, True)
    pieces = {"<": (below,), "<=": (below,), ">": (above,), ">=": (above,), "!=": (below, above)}
    return Region(tuple(piece for piece in pieces[sign] if piece.low != piece.high), variable)


def _as_region(item: Answer) -> Region | None:
    if isinstance(item, Region):
        return item
    if isinstance(item, Tuple | Square):
        return from_pair(item)
    if isinstance(item, Set) and all(isinstance(part, Value) for part in item.items):
        points = [part.tree for part in item.items if isinstance(part, Value)]
        if points and all(_place(point) is not None for point in points):
            return Region(tuple(Piece(point, False, point, False) for point in points), None)
    return None


def _in_one_variable(items: Sequence[Answer]) -> tuple[list[Region], str | None]:
    """The items as regions, and the name of their variable; no regions if they do not fit together."""
    regions = [region for region in map(_as_region, items) if region is not None]
    names = {region.variable for region in regions if region.variable is not None}
    if len(regions) < len(items) or len(names) > 1:
        return [], None
    return regions, next(iter(names), None)


def union(items: tuple[Answer, ...]) -> Region | None:
    """The union, if all items are regions in one variable, and not all are sets; else None."""
    regions, variable = _in_one_variable(items)
    if not regions or not any(isinstance(item, Region | Tuple | Square) for item in items):
        return None
    return Region(_merged([piece for region in regions for piece in region.pieces]), variable)


def intersection(items: tuple[Answer, ...], named: bool = False) -> Region | None:
    """The intersection, if all items are regions (inequalities if `named`) in one variable."""
    regions, variable = _in_one_variable(items)
    if not regions or (named and any(region.variable is None for region in regions)):
        return None
    pieces = list(regions[0].pieces)
    for region in regions[1:]:
        both = [_both(left, right) for left in pieces for right in region.pieces]
        pieces = [piece for piece in both if piece is not None]
        if len(pieces) > 50:
            return None
    return Region(_merged(pieces), variable)


def without(item: Answer, hole: Answer) -> Region | None:
    """A region minus another, or minus the points of a set."""
    region, other = _as_region(item), _as_region(hole)
    if other is None or len(other.pieces) > _MAX_HOLES:
        return None
    for piece in other.pieces:
        if region is None:
            return None
        below = Piece(MINUS_INFINITY, True, piece.low, not piece.open_low)
        above = Piece(piece.high, not piece.open_high, INFINITY, True)
        rest = tuple(part for part in (below, above) if part.low != part.high)
        region = intersection((region, Region(rest, region.variable)))
    return region


def _both(one: Piece, other: Piece) -> Piece | None:
    """The intersection of two intervals, or None if it is empty."""
    low, open_low = one.low, one.open_low
    high, open_high = one.high, one.open_high
    order = _order(low, other.low)
    if order < 0 or (not order and other.open_low):
        low, open_low = other.low, other.open_low
    order = _order(high, other.high)
    if order > 0 or (not order and other.open_high):
        high, open_high = other.high, other.open_high
    order = _order(low, high)
    if order > 0 or (not order and (open_low or open_high)):
        return None
    return Piece(low, open_low, high, open_high)


def _order(one: Expr, other: Expr) -> int:
    """-1, 0 or 1 as the first end is below, equal to or above the second.

    Raises:
        Unreadable: if that is not decided, or an end is no real constant.
    """
    left, right = _place(one), _place(other)
    if left is None or right is None:
        raise Unreadable
    if one == other:
        return 0
    if math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9):
        equal = scalars.equal_values_fast(one, other)
        if equal is None or (not equal and left == right):
            raise Unreadable
        if equal:
            return 0
    return -1 if left < right else 1


def _before(one: Piece, other: Piece) -> int:
    return _order(one.low, other.low) or one.open_low - other.open_low


def _merged(pieces: list[Piece]) -> tuple[Piece, ...]:
    """The pieces sorted, with those merged that overlap or touch."""
    merged: list[Piece] = []
    for piece in sorted(pieces, key=cmp_to_key(_before)):
        last = merged[-1] if merged else None
        gap = 1 if last is None else _order(piece.low, last.high)
        if last is None or gap > 0 or (not gap and piece.open_low and last.open_high):
            merged.append(piece)
            continue
        order = _order(piece.high, last.high)
        if order > 0 or (not order and last.open_high and not piece.open_high):
            merged[-1] = Piece(last.low, last.open_low, piece.high, piece.open_high)
    return tuple(merged)
