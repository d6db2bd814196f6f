r"""The other reading of a power with an odd denominator: (x-1)^{1/3} as the real cube root.

A power of a negative number with exponent 1/3 is complex by its principal value, and negative where
it stands for the cube root. Where formulas mix such powers with odd roots, they are also compared with
all of them read as real roots, in one form: root(u^k, q) and u^{k/q} are both
u^{floor(k/q)} root(u, q)^{k mod q}.
"""

from __future__ import annotations

from fractions import Fraction

from clean_bench.grading.expr import Expr

_MAX_POWER = 60


def as_real_roots(one: Expr, other: Expr) -> tuple[Expr, Expr] | None:
    """Both expressions with real roots for powers, or None if they do not mix the two."""
    kinds = _kinds(one) | _kinds(other)
    return (_rewritten(one), _rewritten(other)) if kinds == {"root", "pow"} else None


def _odd(tree: Expr) -> bool:
    return bool(tree[0] == "num" and tree[1].denominator == 1 and tree[1] > 1 and tree[1] % 2)


def _kinds(tree: Expr) -> set[str]:
    found: set[str] = set()
    if tree[:2] == ("fn", "root") and _odd(tree[3]):
        found.add("root")
    if tree[0] == "pow" and _odd_fraction(tree[2]) is not None:
        found.add("pow")
    return found.union(*(_kinds(part) for part in tree[1:] if isinstance(part, tuple)))


def _odd_fraction(tree: Expr) -> Fraction | None:
    """The value of a fraction with an odd denominator above 1, or None."""
    value = _number(tree)
    return value if value is not None and value.denominator > 1 and value.denominator % 2 else None


def _number(tree: Expr) -> Fraction | None:
    if tree[0] == "num":
        return Fraction(tree[1])
    if tree[0] == "neg":
        value = _number(tree[1])
        return None if value is None else -value
    if tree[0] == "div" or (tree[0] == "mul" and len(tree) == 3):
        left, right = _number(tree[1]), _number(tree[2])
        if left is None or right is None or (tree[0] == "div" and not right):
            return None
        return left / right if tree[0] == "div" else left * right
    return None


def _rewritten(tree: Expr) -> Expr:
    tree = tuple(_rewritten(part) if isinstance(part, tuple) else part for part in tree)
    if tree[:2] == ("fn", "root") and _odd(tree[3]):
        return _root_power(tree[2], Fraction(1, tree[3][1].numerator))
    if tree[0] == "pow":
        power = _odd_fraction(tree[2])
        if power is not None:
            return _root_power(tree[1], power)
    return tree


def _root_power(base: Expr, power: Fraction) -> Expr:
    if base[0] == "pow":
        inner = _number(base[2])
        if inner is not None and inner.denominator == 1:
            base, power = base[1], power * inner
    whole, rest = divmod(power.numerator, power.denominator)
    if abs(whole) > _MAX_POWER:
        whole, rest = 0, power.numerator
    root: Expr = ("fn", "root", base, ("num", Fraction(power.denominator)))
    if power.denominator == 1:
        return ("pow", base, ("num", power))
    parts: list[Expr] = [("pow", root, ("num", Fraction(rest)))] if rest > 1 else [root]
    if whole:
        parts.append(("pow", base, ("num", Fraction(whole))))
    return ("mul", *parts) if len(parts) > 1 else parts[0]
