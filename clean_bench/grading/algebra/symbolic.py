"""Symbolic proofs of equality with sympy. Slow and unbounded, so only for the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clean_bench.grading.algebra.polynomials import WRITTEN_OUT
from clean_bench.grading.expr import Expr, evaluate, symbols

_CONSTANTS = frozenset({"pi", "e", "i"})
_NAMES = {
    "ln": "log", "factorial": "factorial", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arccot": "acot", "arcsec": "asec", "arccsc": "acsc", "abs": "Abs",
} | {name: name for name in "sqrt cbrt floor ceiling exp sin cos tan cot sec csc sinh cosh tanh coth "
     "sech csch binomial".split()}  # fmt: skip


class NoFormula(Exception):
    """The expression has a part without a counterpart in sympy."""


def proves_equal(
    one: Expr, other: Expr, signs: Iterable[tuple[bool, ...]], below_one: bool = True
) -> bool:
    """Whether sympy proves an identity of two expressions that agree numerically.

    The variables, in alphabetical order, are real. If that gives no proof, each pattern in `signs` (True
    for positive) needs one of its own: the identity then holds where the variables have these signs.
    `below_one`: whether the difference is known to be below 1.
    """
    from sympy import Symbol

    names = sorted((symbols(one) | symbols(other)) - _CONSTANTS)
    real = {name: Symbol(name, real=True) for name in names}
    positive = [Symbol(name, positive=True) for name in names]
    cases = [
        {
            name: symbol if sign else -symbol
            for name, sign, symbol in zip(names, pattern, positive, strict=True)
        }
        for pattern in sorted(signs, reverse=True)
    ]
    try:
        if proves_zero(to_sympy(one, real) - to_sympy(other, real), below_one):
            return True
        return bool(names) and all(
            proves_zero(to_sympy(one, values) - to_sympy(other, values)) for values in cases
        )
    except (NoFormula, ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
        return False  # sympy raises these where it cannot represent or simplify an expression


def proves_zero(difference: Any, below_one: bool = True) -> bool:
    """Whether sympy simplifies a difference to exactly 0. False means only that there is no proof.

    If the difference is known to be `below_one`, it is 0 where its exponential is 1 or its sine 0.
    """
    import sympy as sp
    from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction

    def factor_radicands(d: Any) -> Any:
        return d.replace(
            lambda part: part.is_Pow and part.exp.is_Rational and not part.exp.is_Integer,
            lambda part: sp.factor(part.base) ** part.exp,
        )

    steps: list[Callable[[Any], Any]] = [  # the cheap ones first
        lambda d: d,
        lambda d: sp.expand(sp.expand_log(sp.expand_func(d))),
        lambda d: sp.together(sp.expand(d.rewrite(sp.exp))),
        lambda d: sp.combsimp(sp.expand_func(d)),
        sp.simplify,
        lambda d: sp.simplify(sp.expand_log(sp.expand_func(d))),
        lambda d: sp.simplify(factor_radicands(d)),
        lambda d: sp.simplify(d.rewrite(sp.exp)),
    ]
    has_inverse = difference.has(InverseTrigonometricFunction)
    if has_inverse:
        steps.append(lambda d: sp.simplify(d.rewrite(sp.asin)))
    if below_one and difference.has(sp.log):
        steps.append(lambda d: sp.simplify(sp.exp(sp.expand_log(d))) - 1)
    if below_one and has_inverse and not difference.free_symbols:
        steps.append(lambda d: sp.simplify(sp.expand_trig(sp.sin(d))))
    return any(step(difference) == 0 for step in steps)


def to_sympy(tree: Expr, values: Mapping[str, Any]) -> Any:
    """An expression in sympy, with `values` in place of its variables.

    Raises:
        NoFormula: if a part has no counterpart.
    """
    import sympy

    constants = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, **values}

    def leaf(node: Expr) -> Any:
        if node[0] == "num":
            return sympy.Rational(node[1].numerator, node[1].denominator)
        if node[1] not in constants:
            raise NoFormula
        return constants[node[1]]

    def function(name: str, parts: list[Any]) -> Any:
        if name == "pow":
            written_out = parts[0].is_Rational and abs(parts[0]) not in (0, 1)
            if written_out and parts[1].is_Integer and abs(parts[1]) > WRITTEN_OUT:
                raise NoFormula  # sympy would write out its digits
            return parts[0] ** parts[1]
        if name == "root":
            odd = parts[1].is_odd and parts[0].is_negative
            return -((-parts[0]) ** (1 / parts[1])) if odd else parts[0] ** (1 / parts[1])
        if name == "log10" or (name == "log" and len(parts) == 2):
            return sympy.log(parts[0], *parts[1:] or (10,))
        if name not in _NAMES:
            raise NoFormula
        return getattr(sympy, _NAMES[name])(*parts)

    return evaluate(tree, leaf, function, sympy.pi)
