r"""Expression trees of scalars: nested tuples.

| node | meaning |
|---|---|
| ("num", Fraction) | a number |
| ("sym", name) | a variable, or one of the constants pi, e, i, oo |
| ("add", a, ...), ("mul", a, ...), ("neg", a), ("div", a, b), ("pow", a, b) | arithmetic |
| ("pm", sign, a) | plus-minus (1) or minus-plus (-1) a |
| ("fn", name, a) or ("fn", name, a, b) | a function; b is a base, an index, a lower number |
| ("deg", a) | a degrees |
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

Expr = tuple[Any, ...]

ONE: Expr = ("num", Fraction(1))


def evaluate(
    tree: Expr, leaf: Callable[[Expr], Any], function: Callable[[str, list[Any]], Any], pi: Any
) -> Any:
    """Evaluate a tree: `leaf` gives numbers and symbols, `function` powers ("pow") and functions."""
    if tree[0] in ("num", "sym"):
        return leaf(tree)
    parts = [evaluate(part, leaf, function, pi) for part in tree[1:] if isinstance(part, tuple)]
    if tree[0] == "neg":
        return -parts[0]
    if tree[0] == "add":
        return sum(parts[1:], start=parts[0])
    if tree[0] == "mul":
        return math.prod(parts[1:], start=parts[0])
    if tree[0] == "div":
        return parts[0] / parts[1]
    if tree[0] == "deg":
        return parts[0] * pi / 180
    return function("pow" if tree[0] == "pow" else tree[1], parts)


def has(tree: Expr, kind: str) -> bool:
    """Whether the tree has a node of this kind."""
    return tree[0] == kind or any(has(part, kind) for part in tree[1:] if isinstance(part, tuple))


def symbols(tree: Expr) -> frozenset[str]:
    """The names in a tree."""
    if tree[0] == "sym":
        return frozenset({tree[1]})
    parts = (part for part in tree[1:] if isinstance(part, tuple))
    return frozenset[str]().union(*map(symbols, parts))


def replace(tree: Expr, kind: str, change: Callable[[Expr], Expr]) -> Expr:
    """The tree with every node of this kind replaced by `change(node)`, innermost first."""
    changed = tuple(
        replace(part, kind, change) if isinstance(part, tuple) else part for part in tree
    )
    return change(changed) if changed[0] == kind else changed
