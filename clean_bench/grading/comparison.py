r"""Comparing the structures of two answers.

`Comparison` is given the rules of the policy and the two decisions on scalars, and carries them
through tuples, lists, sets, intervals, equations and the rest. Decisions are True, False or None
(not known), and stay so: with exact scalars the whole is exact, and with ones that always decide
the whole always decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse.answer_types import (
    Answer,
)

Ternary = bool | None
_MOST_ITEMS = 40


class Multiples(Protocol):
    """Whether two differences make the same equation (or, if `positive`, inequality)."""

    def __call__(self, one: Expr, other: Expr, positive: bool = False) -> Ternary: ...


Rules = tuple[tuple[tuple[type, type], Callable[..., Ternary]], ...]
"""What is done with two kinds of answers, in either order: the first that fits."""


def every(verdicts: Iterable[Ternary]) -> Ternary:
    """False where one is False, else None where one is None, else True."""
    found: Ternary = True
    for verdict in verdicts:
        if verdict is False:
            return False
        if verdict is None:
            found = None
    return found


def some(verdicts: Iterable[Ternary]) -> Ternary:
    """True where one is True, else None where one is None, else False."""
    found: Ternary = False
    for verdict in verdicts:
        if verdict is True:
            return True
        if verdict is None:
            found = None
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """`scalar` decides on two expressions, `multiple` on two differences, `rules` on kinds."""

    scalar: Callable[[Expr, Expr], Ternary]
    multiple: Multiples
    rules: Rules

    def same(self, one: Answer, other: Answer) -> Ternary:
        """Whether two answers are the same; symmetric."""
        if one == other:
            return True
        for (first, second), rule in self.rules:
            if isinstance(one, first) and isinstance(other, second):
                return rule(self, one, other)
            if isinstance(other, first) and isinstance(one, second):
                return rule(self, other, one)
        return False

    def ordered(self, one: Sequence[Answer], other: Sequence[Answer]) -> Ternary:
        if len(one) != len(other):
            return False
        return every(self.same(left, right) for left, right in zip(one, other, strict=True))

    def unordered(self, one: Sequence[Answer], other: Sequence[Answer]) -> Ternary:
        """Whether the items can be paired off: repetition counts."""
        if len(one) != len(other):
            return False
        extra = Counter(one) - Counter(other)
        left, rest = list(extra.elements()), list((Counter(other) - Counter(one)).elements())
        if len(left) > _MOST_ITEMS:
            return False
        unknown = False
        for item in left:
            verdicts = [self.same(item, candidate) for candidate in rest]
            if True in verdicts:
                del rest[verdicts.index(True)]
            elif None in verdicts:
                unknown = True
            else:
                return False
        return None if unknown else True

    def without_repetition(self, items: Sequence[Answer]) -> list[Answer]:
        different = list(dict.fromkeys(items))
        if len(different) > _MOST_ITEMS:
            return different
        kept: list[Answer] = []
        for item in different:
            if not any(self.same(item, other) for other in kept):
                kept.append(item)
        return kept
