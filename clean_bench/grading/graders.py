"""The graders by name: extraction, fast equality in this process, slow grading in the worker.

`worker.process` imports this module inside the worker, where time and memory are limited.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from clean_bench.errors import UserError
from clean_bench.grading import equality, tolerance
from clean_bench.grading.compat import qwen25_math, spurious_rewards
from clean_bench.grading.extraction import Extraction, locate

WITHIN = "~"
"""Between the name of a grader and its relative tolerance."""
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
    """The grader of a name; `clean-bench~0.0001` is clean-bench with that relative tolerance.

    Raises:
        UserError: listing the graders, if none has that name; for a tolerance out of range, or with a
            grader that takes none.
    """
    base, mark, value = name.partition(WITHIN)
    if base not in GRADERS:
        raise UserError(f"no grader is called {base!r}; there are {', '.join(GRADERS)}")
    return _within(base, value) if mark else GRADERS[base]


def with_tolerance(name: str, relative: float | None) -> str:
    """The name of a grader with a relative tolerance for numbers; None stands for exact equality.

    Raises:
        UserError: as `named`.
    """
    name = name if relative is None else f"{name}{WITHIN}{relative!r}"
    named(name)
    return name


def described(name: str, relative: float | None) -> str:
    """A grader with its tolerance, as protocols name it."""
    return name if relative is None else f"{name}, relative tolerance {relative:g}"


@lru_cache(maxsize=64)
def _within(name: str, value: str) -> Grader:
    if name != "clean-bench":
        raise UserError(f"--tolerance: expected the grader clean-bench, got {name}; leave one out")
    relative = tolerance.checked(float(value))
    return Grader(
        f"{name}{WITHIN}{value}",
        GRADERS[name].extract,
        partial(tolerance.equal_fast, relative=relative),
        _by(partial(tolerance.equal, relative=relative)),
    )


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


def _qwen25_math(name: str, keep_units: bool) -> Grader:
    def extract(gold: str, response: str) -> Extraction | None:
        answer = qwen25_math.extract(response, keep_units=keep_units)
        return (answer, name) if answer is not None else None

    return Grader(
        name,
        extract,
        partial(qwen25_math.equal_fast, keep_units=keep_units),
        _by(partial(qwen25_math.equal, keep_units=keep_units)),
    )


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
        _qwen25_math("qwen2.5-math", keep_units=False),
        _qwen25_math("qwen2.5-math-minerva", keep_units=True),
    )
}
