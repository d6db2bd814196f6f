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

from collections.abc import Callable
from fractions import Fraction
from typing import Any

Expr = tuple[Any, ...]

ONE: Expr = ("num", Fraction(1))


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
