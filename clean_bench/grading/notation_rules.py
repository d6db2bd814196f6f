r"""The equality policy for residues, approximations, piecewise functions and named values.

Each rule is given the `Comparison` of `rules`, which holds the table of rules by type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from clean_bench.grading.algebra import residues
from clean_bench.grading.expr import Expr, symbols
from clean_bench.grading.parse import units
from clean_bench.grading.parse.answer_types import (
    Answer,
    Approximation,
    Labelled,
    Piecewise,
    Residue,
    Text,
    Value,
)
from clean_bench.grading.parse.congruences import as_value
from clean_bench.grading.parse.labels import same_name

Ternary = bool | None


class Decider(Protocol):
    """What a rule uses of a comparison."""

    def scalar(self, one: Expr, other: Expr, /) -> Ternary: ...

    def relation(self, one: Expr, other: Expr) -> Ternary: ...

    def same(self, one: Answer, other: Answer) -> Ternary: ...

    def unordered(self, one: Sequence[Answer], other: Sequence[Answer]) -> Ternary: ...


def some(decisions: Iterable[Ternary]) -> Ternary:
    """True if one is True, else None if one is None, else False. Stops at the first True."""
    result: Ternary = False
    for decision in decisions:
        if decision is True:
            return True
        if decision is None:
            result = None
    return result


def labelled(cmp: Decider, one: Labelled, other: Labelled) -> Ternary:
    """Equal values under one name, or one equation: x = 10 - x and x = 5."""
    both = one.difference is not None and other.difference is not None
    if same_name(one.label, other.label) and not (both and (_recursive(one) or _recursive(other))):
        return cmp.same(one.value, other.value)
    if one.difference is not None and other.difference is not None:
        return cmp.relation(one.difference, other.difference)
    return _between_names(one, other)


def _between_names(one: Labelled, other: Labelled) -> bool:
    """Whether an equation between two names, such as MR = SRMC, has its sides exchanged."""
    left, right = (_name(answer.value) for answer in (one, other))
    return (left, right) == (other.label.casefold(), one.label.casefold())


def _name(answer: Answer) -> str:
    if isinstance(answer, Text):
        return answer.words
    return answer.written.casefold() if isinstance(answer, Value) else ""


def _recursive(answer: Labelled) -> bool:
    """Whether the name occurs in its own value: x = c/x^2."""
    value = answer.value
    return isinstance(value, Value) and answer.label in symbols(value.tree)


def approximations(cmp: Decider, one: Approximation, other: Approximation) -> Ternary:
    return cmp.same(one.exact, other.exact)


def approximation(cmp: Decider, one: Approximation, other: Answer) -> Ternary:
    """The exact value or one of its roundings."""
    return some(cmp.same(value, other) for value in (one.exact, *one.rounded))


def piecewise(cmp: Decider, one: Piecewise, other: Piecewise) -> Ternary:
    return cmp.unordered(one.items, other.items)


def both_residues(cmp: Decider, one: Residue, other: Residue) -> Ternary:
    if one.label != other.label and (
        None not in (one.label, other.label) or not _solved(one, other)
    ):
        return False
    moduli = cmp.scalar(one.modulus, other.modulus)
    if moduli is not True:
        return moduli
    return some(
        (residues.congruent(one.tree, other.tree, one.modulus), cmp.scalar(one.tree, other.tree))
    )


def _solved(one: Residue, other: Residue) -> bool:
    return one.solved and other.solved


def residue_and_value(cmp: Decider, one: Residue, other: Value) -> Ternary:
    if not one.solved or units.stated(other.unit) or other.percent or other.base is not None:
        return False
    reduced, as_written = as_value(one)
    values = [("num", reduced)] if reduced is not None else []
    return some(
        cmp.scalar(value, other.tree) for value in [*values, *([one.tree] if as_written else [])]
    )


def residue_and_labelled(cmp: Decider, one: Residue, other: Labelled) -> Ternary:
    if one.label is not None and one.label != other.label:
        return False
    return cmp.same(one, other.value)
