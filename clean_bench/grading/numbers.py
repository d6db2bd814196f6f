"""The value of an answer that is a real number, for rewards that grade by distance."""

from __future__ import annotations

import math

from flint import ctx

from clean_bench.grading.algebra import enclosures
from clean_bench.grading.parse.answer_types import Answer, Approximation, Labelled, Value
from clean_bench.grading.parse.parse_answer import parse_answer
from clean_bench.grading.plain_answer import parse_rational

_BITS = 128
_MAX_CHARACTERS = 2000


def number_of(answer: str) -> float | None:
    r"""The value of an answer (`-3`, `1/2`, `2\sqrt{3}`, `x = 4`), rounded to a float.

    None for whatever is no single real number: text, lists, formulas with variables, numbers with a
    unit, a percent sign or a base, numbers too large for a float, and more than 2,000 characters.
    """
    if len(answer) > _MAX_CHARACTERS:
        return None
    exact = parse_rational(answer)
    if exact is not None:
        try:
            return float(exact)
        except OverflowError:
            return None
    try:
        return _value(parse_answer(answer))
    except Exception:  # as in the fast decision of `grade`: a fault costs this answer only
        return None


def _value(answer: Answer) -> float | None:
    if isinstance(answer, Approximation):
        return _value(answer.exact)
    if isinstance(answer, Labelled):
        return _value(answer.value)
    if not isinstance(answer, Value) or answer.unit or answer.percent or answer.base is not None:
        return None
    with ctx.workprec(_BITS):
        try:
            ball = enclosures.enclosure(answer.tree, {})
        except enclosures.NoEnclosure:
            return None
        value = float(ball.real.mid())
        real = ball.imag.contains(0) and ball.real.rad() <= abs(ball.real.mid()) * 2**-50 + 2**-50
    return value if real and math.isfinite(value) else None
