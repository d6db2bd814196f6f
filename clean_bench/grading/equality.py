r"""Are a gold answer and an extracted answer the same answer? (docs/equality.md has the policy.)

Two deciders that never contradict each other:

* `settle` is quick, bounded for any text, and loads neither sympy nor math-verify; where the pair
  needs algebra it returns None;
* `equal` always decides. It may be slow on hostile text, so it is called only in a process with a
  time and a memory limit. Text that a model wrote is never evaluated as code.
"""

from __future__ import annotations

from typing import Any

from clean_bench.grading import rules
from clean_bench.grading.exact import rational
from clean_bench.grading.normal import normal
from clean_bench.grading.parse.parse_answer import read

_LONGEST = 2000


def settle(gold: str, answer: str) -> bool | None:
    """Whether the two are the same answer, or None where only algebra can tell.

    Texts of more than 2,000 characters are the same only character by character.
    """
    if gold == answer:
        return True
    if max(len(gold), len(answer)) > _LONGEST:
        return False
    value = rational(gold)
    found = rational(answer) if value is not None else None
    if found is not None:
        return found == value
    if normal(gold) == normal(answer):
        return True
    return rules.CERTAIN.same(read(gold), read(answer))


def equal(gold: str, answer: str) -> bool:
    """Whether the two are the same answer; slow, to be called within limits."""
    settled = settle(gold, answer)
    if settled is not None:
        return settled
    found = rules.SURE.same(read(gold), read(answer))
    return _by_library(gold, answer) if found is None else found


def _by_library(gold: str, answer: str) -> bool:
    """For sums, products, integrals and limits: whether math-verify reads two equal expressions.

    Its own comparison rounds; here both must agree to 40 digits, or their difference simplify to 0.
    """
    from math_verify import parse
    from sympy import Expr, nsimplify, simplify

    sides: list[Any] = []
    for text in (gold, answer):
        found = parse(f"\\boxed{{{text}}}", parsing_timeout=None)
        if not found or not isinstance(found[0], Expr):
            return False
        sides.append(nsimplify(found[0], rational=True))
    try:
        sides = [side.doit() for side in sides]
        difference = sides[0] - sides[1]
        if any(side.free_symbols for side in sides):
            return bool(simplify(difference) == 0)
        left, right = (complex(side.evalf(50, maxn=400)) for side in sides)
        size = abs(complex(difference.evalf(50, maxn=400)))
        return size <= max(abs(left), abs(right)) * 1e-40
    except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
        return False  # what sympy raises where it knows no value
