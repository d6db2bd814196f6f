"""The base of the families whose computation is a signed sum, with or without a further question."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Any, ClassVar, NamedTuple

from clean_bench.seeds import Draw
from generators.family import DrawnFamily
from generators.forms.signed_sum import SignedSum, Terms


class Sum(NamedTuple):
    """The terms of a sum, and what is asked about it (None: its value)."""

    terms: Terms
    question: Any = None


class SumFamily(DrawnFamily[Sum]):
    """A family whose form is a sum from `sums` and, independent of it, one of `questions`, uniform.

    `bits`, `min_bits` and `space` are those of `generators.forms.signed_sum`, with log2 of the number
    of questions added (or the number as a factor).
    """

    sums: ClassVar[SignedSum]
    questions: ClassVar[Sequence[Any]] = (None,)

    def draw(self, draw: Draw, tier: int) -> Sum:
        terms = self.sums.draw(draw, tier)
        questions = self.questions
        return Sum(terms, draw.choice(questions) if len(questions) > 1 else questions[0])

    def canonical(self, form: Sum) -> str:
        name = self.sums.canonical(form.terms)
        return name if form.question is None else f"{form.question}: {name}"

    def bits(self, form: Sum) -> float:
        return self.sums.bits(form.terms) + log2(len(self.questions))

    def part_bits(self, form: Sum) -> float:
        """Of a part of the sum, with the same question."""
        bits = self.sums.part_bits(form.terms)
        return bits + log2(len(self.questions)) if bits else 0.0

    def min_bits(self, tier: int) -> float:
        return self.sums.min_bits(tier) + log2(len(self.questions))

    def space(self, tier: int) -> int | None:
        return self.sums.space(tier) * len(self.questions)
