"""The graders by name: extraction, fast equality in this process, slow grading in the worker.

`worker.process` imports this module inside the worker, where time and memory are limited.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clean_bench.errors import UserError
from clean_bench.grading import equality
from clean_bench.grading.compat import spurious_rewards
from clean_bench.grading.extraction import Extraction, locate

PairGrade = tuple[str, str | None]
"""The kind of a grade, and the answer if the grader itself extracted it in the worker."""


@dataclass(frozen=True, slots=True)
class Grader:
    """One way of grading.

    `extract(gold, response)` gives the answer with its rule, or None if there is none. A grader whose
    `extract` is None extracts in the worker, and is given the whole response in place of an answer.
    `equal_fast(gold, answer)` decides within microseconds, or gives None: then the worker decides.
    `grade_pair(gold, answer)` is the slow path: it always decides, and runs only inside the worker
    (which enforces time and memory limits).
    """

    name: str
    extract: Callable[[str, str], Extraction | None] | None
    equal_fast: Callable[[str, str], bool | None]
    grade_pair: Callable[[str, str], PairGrade]


def named(name: str) -> Grader:
    """The grader of a name.

    Raises:
        UserError: listing the graders, if none has that name.
    """
    if name not in GRADERS:
        raise UserError(f"no grader is called {name!r}; there are {', '.join(GRADERS)}")
    return GRADERS[name]


def _math_verify(gold: str, response: str) -> PairGrade:
    r"""Grade a whole response as math-verify does.

    `parse` extracts from the response with the library's own patterns and order. The gold answer is
    parsed as the content of a box, as most users of the library do (bare, 109 of the 500 gold answers
    of MATH-500 are misread, `3\sqrt{13}` as 3). The library's timeouts are off: they need the main
    thread and whole seconds, and the worker enforces its own.
    """
    from math_verify import parse, verify

    parsed = parse(response, parsing_timeout=None)
    if not parsed:
        return "no answer", None
    parsed_gold = parse(f"\\boxed{{{gold}}}", parsing_timeout=None)
    kind = _kind(bool(verify(parsed_gold, parsed, timeout_seconds=None)))
    # `parse` lists the value first and, where it has it, the extracted text last.
    return kind, str(next((part for part in reversed(parsed) if isinstance(part, str)), parsed[0]))


def _extract_spurious_rewards(gold: str, response: str) -> Extraction | None:
    answer = spurious_rewards.extract(response, gold)
    return (answer, "spurious-rewards") if answer is not None else None


def _by(equal: Callable[[str, str], bool]) -> Callable[[str, str], PairGrade]:
    return lambda gold, answer: (_kind(equal(gold, answer)), None)


def _kind(equal: bool) -> str:
    return "equal" if equal else "different"


GRADERS: Mapping[str, Grader] = {
    grader.name: grader
    for grader in (
        Grader(
            "clean-bench",
            lambda gold, response: locate(response),
            equality.equal_fast,
            _by(equality.equal),
        ),
        Grader("math-verify", None, lambda gold, response: None, _math_verify),
        Grader(
            "spurious-rewards",
            _extract_spurious_rewards,
            spurious_rewards.equal_fast,
            _by(spurious_rewards.equal),
        ),
    )
}
