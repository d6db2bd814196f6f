"""Integers and expressions modulo another."""

from __future__ import annotations

from fractions import Fraction

from clean_bench.grading.algebra import fields
from clean_bench.grading.algebra.polynomials import ONE, TooLarge
from clean_bench.grading.expr import Expr

_MAX_BITS = 20_000


def congruent(one: Expr, other: Expr, modulus: Expr) -> bool | None:
    """Whether two expressions differ by an integer multiple of the modulus; None if that is unknown."""
    left, right = reduced(one, modulus), reduced(other, modulus)
    if left is not None and right is not None:
        return left == right
    try:
        difference = fields.normal_form(("add", one, ("neg", other)))
        if not difference.above:
            return True
        divisor = fields.normal_form(modulus)
        if difference.below != ONE or divisor.below != ONE:
            return None
        factor = fields.proportional(difference, divisor)
    except fields.Undefined:
        return False
    except TooLarge:
        return None
    if not isinstance(factor, fields.Quotient):
        return False if factor is False else None
    if set(factor.above) | set(factor.below) != {()}:
        return False
    constant: Fraction = factor.above[()] / factor.below[()]
    return constant.denominator == 1


def reduced(tree: Expr, modulus: Expr) -> Fraction | None:
    """The least residue from 0 on of an integer expression; None if it is no such expression."""
    if modulus[0] != "num" or modulus[1].denominator != 1 or modulus[1] < 1:
        return None
    number = int(modulus[1])
    value = _reduced(tree, number) if number.bit_length() < _MAX_BITS else None
    return None if value is None else Fraction(value)


def _reduced(tree: Expr, modulus: int) -> int | None:
    kind = tree[0]
    if kind == "num":
        value: Fraction = tree[1]
        return int(value) % modulus if value.denominator == 1 else None
    if kind == "pow":
        base, power = _reduced(tree[1], modulus), tree[2]
        if base is None or power[0] != "num" or power[1].denominator != 1:
            return None
        whole = power[1] >= 0 and int(power[1]).bit_length() < _MAX_BITS
        return pow(base, int(power[1]), modulus) if whole else None
    if kind not in ("neg", "add", "mul"):
        return None
    parts = [_reduced(part, modulus) for part in tree[1:]]
    total = 0 if kind != "mul" else 1
    for part in parts:
        if part is None:
            return None
        total = (total * part if kind == "mul" else total + part) % modulus
    return -total % modulus if kind == "neg" else total
