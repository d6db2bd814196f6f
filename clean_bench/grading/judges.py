r"""The graders' words on one pair, as the worker process asks for them: slow, and without a limit.

Each takes the gold answer and what `graders` reads from the response, and gives a kind (equal,
different, no answer) and, where it read the answer itself, that answer as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clean_bench.grading import equality
from clean_bench.grading.compat import spurious_rewards

Judge = Callable[[str, str], tuple[str, str | None]]


def clean_bench(gold: str, answer: str) -> tuple[str, str | None]:
    """Equality as this project understands it."""
    return _kind(equality.equal(gold, answer)), None


def math_verify(gold: str, response: str) -> tuple[str, str | None]:
    r"""The plain library's word on a whole response.

    `parse` finds the answer in the response with the library's own patterns and order; the gold
    answer is parsed as the content of a box, as most users of the library do (bare, 109 of the 500
    gold answers of MATH-500 are misread, `3\sqrt{13}` as 3). Its own limits of time are switched off:
    they need the main thread and whole seconds, and the process has a harder one.
    """
    from math_verify import parse, verify

    found = parse(response, parsing_timeout=None)
    if not found:
        return "no answer", None
    wanted = parse(f"\\boxed{{{gold}}}", parsing_timeout=None)
    kind = _kind(bool(verify(wanted, found, timeout_seconds=None)))
    return kind, _text(found)


def _text(found: list[Any]) -> str:
    """What the library read: the piece of text, which it gives last, or else the value."""
    return str(next((part for part in reversed(found) if isinstance(part, str)), found[0]))


def spurious_rewards_code(gold: str, answer: str) -> tuple[str, str | None]:
    """The rules of the code of Spurious Rewards, on the answer that its extraction gives."""
    return _kind(spurious_rewards.equal(gold, answer)), None


def _kind(equal: bool) -> str:
    return "equal" if equal else "different"


JUDGES: Mapping[str, Judge] = {
    "clean-bench": clean_bench,
    "math-verify": math_verify,
    "spurious-rewards": spurious_rewards_code,
}
