"""Equality within a relative tolerance, for sets of measured quantities.

Minerva's gold answers are rounded: 4.4677e14 Hz is one of many values that a correct calculation
gives. With a tolerance t, two numbers a and b are equal if |a - b| <= t max(|a|, |b|). Units, order,
brackets, and formulas with variables are compared as without a tolerance.
"""

from __future__ import annotations

from functools import lru_cache

from flint import arb, ctx

from clean_bench.errors import UserError
from clean_bench.grading import equality
from clean_bench.grading.algebra import enclosures, scalars
from clean_bench.grading.expr import Expr, symbols
from clean_bench.grading.parse.parse_answer import parse_answer
from clean_bench.grading.rules import Comparison, Ternary

_LARGEST = 0.1
_BITS = 256
_MAX_CHARACTERS = 2000
_CONSTANTS = frozenset({"pi", "e", "i"})


def checked(relative: float) -> float:
    """The tolerance itself.

    Raises:
        UserError: unless it is above 0 and at most 0.1.
    """
    if not 0 < relative <= _LARGEST:
        raise UserError(
            f"--tolerance: expected a relative difference above 0 and up to {_LARGEST}, got {relative}"
        )
    return relative


def equal_fast(gold: str, answer: str, *, relative: float) -> bool | None:
    """Whether two answers are equal within the tolerance, or None where only algebra decides."""
    exact = equality.equal_fast(gold, answer)
    if exact or max(len(gold), len(answer)) > _MAX_CHARACTERS:
        return exact
    within = _comparisons(relative)[0].same(parse_answer(gold), parse_answer(answer))
    return True if within else None if within is None or exact is None else False


def equal(gold: str, answer: str, *, relative: float) -> bool:
    """Whether two answers are equal within the tolerance; slow, so only for the worker."""
    decided = equal_fast(gold, answer, relative=relative)
    if decided is not None:
        return decided
    within = _comparisons(relative)[1].same(parse_answer(gold), parse_answer(answer))
    return bool(within) or equality.equal(gold, answer)


@lru_cache(maxsize=64)
def _comparisons(relative: float) -> tuple[Comparison, Comparison]:
    """The fast comparison and the full one."""

    def close_fast(one: Expr, other: Expr) -> Ternary:
        close = _close(one, other, relative)
        return scalars.equal_values_fast(one, other) if close is None else close

    def close(one: Expr, other: Expr) -> Ternary:
        close = _close(one, other, relative)
        return scalars.equal_values(one, other) if close is None else close

    return (
        Comparison(close_fast, scalars.equivalent_fast),
        Comparison(close, scalars.equivalent),
    )


def _close(one: Expr, other: Expr, relative: float) -> Ternary:
    """Whether two numbers agree within the tolerance; None for formulas, or where it is undecided."""
    if (symbols(one) | symbols(other)) - _CONSTANTS:
        return None
    with ctx.workprec(_BITS):
        try:
            left, right = enclosures.enclosure(one, {}), enclosures.enclosure(other, {})
        except enclosures.NoEnclosure:
            return None
        difference, bound = abs(left - right), arb(relative) * _larger(abs(left), abs(right))
        if difference <= bound:
            return True
        return False if difference > bound else None


def _larger(one: arb, other: arb) -> arb:
    return one if one > other else other
