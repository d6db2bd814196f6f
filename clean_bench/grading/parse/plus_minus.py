"""Expand plus-minus, and convert degrees inside trigonometric functions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from clean_bench.grading.expr import Expr, replace
from clean_bench.grading.parse.latex_lexer import Unreadable

_ANGULAR = frozenset("sin cos tan cot sec csc".split())


def radians(tree: Expr) -> Expr:
    """The tree with degrees inside trigonometric functions converted to radians."""
    if tree[0] == "fn" and tree[1] in _ANGULAR:
        turn = ("div", ("sym", "pi"), ("num", Fraction(180)))
        return replace(tree, "deg", lambda node: ("mul", node[1], turn))
    return tuple(radians(part) if isinstance(part, tuple) else part for part in tree)


def both_signs(tree: Expr) -> list[Expr]:
    """All values of a tree with plus-minus. With a minus-plus, the signs are coupled."""
    nodes = _count(tree)
    if any(sign < 0 for sign in nodes):
        choices = [[way] * len(nodes) for way in (1, -1)]
    elif len(nodes) <= 4:
        choices = [
            [1 if bits >> at & 1 else -1 for at in range(len(nodes))]
            for bits in range(2 ** len(nodes))
        ]
    else:
        raise Unreadable
    return [_signed(tree, iter(ways)) for ways in choices]


def _count(tree: Expr) -> list[int]:
    signs = [tree[1]] if tree[0] == "pm" else []
    for part in tree[1:]:
        if isinstance(part, tuple):
            signs.extend(_count(part))
    return signs


def _signed(tree: Expr, ways: Iterator[int]) -> Expr:
    if tree[0] == "pm":
        way = next(ways) * tree[1]
        inner = _signed(tree[2], ways)
        return inner if way > 0 else ("neg", inner)
    return tuple(_signed(part, ways) if isinstance(part, tuple) else part for part in tree)
