"""Draw the trees of `random-calculation`, alone or with text, value and number of texts in one pass."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import cache
from math import factorial
from typing import TypeAlias

from generators.families.arithmetic.random_calculation.expression_tree import Grammar, Tree
from generators.family import Notation

Part: TypeAlias = "tuple[str, int, int, int, int, int, Tree]"
"""Text, numerator, denominator, number of terms, of added terms, number of texts, tree."""

_OPERATORS = "+-*/"
TERMS_ORDERS = [factorial(n - 1) if n > 1 else 1 for n in range(22)]


def draw_tree(entropy: bytes, steps: int, pool_size: int) -> Tree:
    """Draw an expression of `steps` operators.

    The bytes are read as 64-bit integers, little-endian: one for each operand from left to right, then
    one for each node from the root, the left before the right. A remainder by at most 1,606 of a
    uniform 64-bit integer is uniform up to one part in 2^53.
    """
    numbers = struct.unpack_from(f"<{2 * steps + 1}Q", entropy)
    leaves: Iterator[int] = iter([number % pool_size for number in numbers[: steps + 1]])
    nodes = iter(numbers[steps + 1 :])

    def tree(size: int) -> Tree:
        if not size:
            return next(leaves)
        choices = _choices(size)
        operator, left, right = choices[next(nodes) % len(choices)]
        return (_OPERATORS[operator], tree(left), tree(right))

    return tree(steps)


@cache
def _choices(size: int) -> list[tuple[int, int, int]]:
    """The equally likely choices at a node: operator, steps of its left and of its right part."""
    splits = [(j, size - 1 - j) for j in range((size + 1) // 2)]
    return [
        (operator, *order)
        for split in splits
        for order in (split, split[::-1])
        for operator in range(len(_OPERATORS))
    ]


def leaves_of(grammar: Grammar, notation: Notation) -> list[Part]:
    """The operands as expressions of no steps."""
    return [
        (text, operand.value.numerator, operand.value.denominator, 1, 1, 1, number)
        for (text, number), operand in zip(
            grammar.numbers[notation].items(), grammar.pool, strict=True
        )
    ]


def draw_printed(
    steps: int,
    leaf: Callable[[], Part],
    node: Callable[[], int],
    signs: tuple[str, str, str, str],
) -> Part:
    """An expression of `steps` operators; the orders of its outermost sum are not yet counted."""
    choices = _choices(steps)
    operator, left, right = choices[node() % len(choices)]
    lt, ln, ld, lc, lp, lw, l_tree = draw_printed(left, leaf, node, signs) if left else leaf()
    rt, rn, rd, rc, rp, rw, r_tree = draw_printed(right, leaf, node, signs) if right else leaf()
    if operator == 0:
        tree = ("+", l_tree, r_tree)
        return lt + signs[0] + rt, ln * rd + rn * ld, ld * rd, lc + rc, lp + rp, lw * rw, tree
    if operator == 1:
        tree = ("-", l_tree, r_tree)
        above, below = ln * rd - rn * ld, ld * rd
        if rc > 1:
            rt = f"({rt})"
            rw *= rp * TERMS_ORDERS[rc]
        return lt + signs[1] + rt, above, below, lc + 1, lp, lw * rw, tree
    if left:
        lt = f"({lt})"
        if lc > 1:
            lw *= lp * TERMS_ORDERS[lc]
    if right:
        rt = f"({rt})"
        if rc > 1:
            rw *= rp * TERMS_ORDERS[rc]
    if operator == 2:
        return lt + signs[2] + rt, ln * rn, ld * rd, 1, 1, 2 * lw * rw, ("*", l_tree, r_tree)
    if not rn:
        raise ZeroDivisionError
    return lt + signs[3] + rt, ln * rd, ld * rn, 1, 1, lw * rw, ("/", l_tree, r_tree)
