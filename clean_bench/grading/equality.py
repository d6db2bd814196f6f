r"""Equality of a gold answer and an extracted answer (docs/equality.md has the policy).

Two functions that never contradict each other:

* `equal_fast` takes bounded time for any text and loads neither sympy nor math-verify; it gives None
  where the pair needs algebra;
* `equal` always decides. It may be slow on hostile text, so call it only in a process with a time and
  a memory limit. Text of a response is never evaluated as code.
"""

from __future__ import annotations

import math
from typing import Any

from clean_bench.grading import rules
from clean_bench.grading.parse.answer_types import Answer
from clean_bench.grading.parse.derivatives import may_have_derivatives, reconciled
from clean_bench.grading.parse.parse_answer import parse_answer
from clean_bench.grading.plain_answer import equal_plain

_MAX_CHARACTERS = 2000


def equal_fast(gold: str, answer: str) -> bool | None:
    """Whether the two answers are equal, or None where only algebra decides.

    Texts of more than 2,000 characters are equal only character by character.
    """
    plain = equal_plain(gold, answer, _MAX_CHARACTERS)
    return plain if plain is not None else rules.FAST.same(*_parsed(gold, answer))


def equal(gold: str, answer: str) -> bool:
    """Whether the two answers are equal; slow, so only for the worker."""
    decided = equal_fast(gold, answer)
    if decided is None:
        decided = rules.FULL.same(*_parsed(gold, answer))
    return _equal_by_library(gold, answer) if decided is None else decided


def _parsed(gold: str, answer: str) -> tuple[Answer, Answer]:
    """Both answers, with their derivatives in one notation."""
    one, other = parse_answer(gold), parse_answer(answer)
    if may_have_derivatives(gold) and may_have_derivatives(answer):
        return reconciled(one, other)
    return one, other


def _equal_by_library(gold: str, answer: str) -> bool:
    """For sums, products, integrals and limits: math-verify parses both, and sympy evaluates them.

    Values that differ in 40 digits are different; the others are equal only if sympy proves it.
    """
    from math_verify import parse
    from sympy import Expr, nsimplify

    from clean_bench.grading.algebra import symbolic

    sides: list[Any] = []
    for text in (gold, answer):
        parsed = parse(f"\\boxed{{{text}}}", parsing_timeout=None)
        if not parsed or not isinstance(parsed[0], Expr):
            return False
        sides.append(nsimplify(parsed[0], rational=True))
    try:
        left, right = (side.doit() for side in sides)
        difference, size = left - right, math.inf
        if not difference.free_symbols:
            values = [
                abs(complex(value.evalf(50, maxn=400))) for value in (left, right, difference)
            ]
            size = values[-1]
            if size > max(values[:-1]) * 1e-40:
                return False
        return symbolic.proves_zero(difference, below_one=size < 1)
    except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
        return False  # sympy raises these where it has no value
