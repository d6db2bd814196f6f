r"""Are a gold answer and an extracted answer the same answer? (docs/equality.md has the policy.)

Two deciders that never contradict each other:

* `settle` is quick, bounded for any text, and loads neither sympy nor math-verify; where the pair
  needs algebra it returns None;
* `equal` always decides. It may be slow on hostile text, so it is called only in a process with a
  time and a memory limit. Text that a model wrote is never evaluated as code.
"""

from __future__ import annotations

from clean_bench.answers.exact import rational
from clean_bench.answers.normal import normal

_LONGEST = 2000


def settle(gold: str, answer: str) -> bool | None:
    """Whether the two are the same answer, or None where only algebra can tell."""
    if gold == answer:
        return True
    if max(len(gold), len(answer)) > _LONGEST:
        return False
    value = rational(gold)
    found = rational(answer) if value is not None else None
    if found is not None:
        return found == value
    return True if normal(gold) == normal(answer) else None


def equal(gold: str, answer: str) -> bool:
    """Whether the two are the same answer; slow, to be called within limits."""
    settled = settle(gold, answer)
    if settled is not None:
        return settled
    from math_verify import parse, verify

    sides = [parse(f"\\boxed{{{text}}}", parsing_timeout=None) for text in (gold, answer)]
    return bool(verify(*sides, timeout_seconds=None))
