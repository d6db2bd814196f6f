"""Choose the worked examples of few-shot prompts from a set that the user names.

The same examples stand before every problem, as in the published layouts: the first problems of the set
that have a solution and are not among the scored problems.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, load_problems
from clean_bench.prompts import Example
from clean_bench.text.normalize import normalize
from clean_bench.text.similarity import most_similar

NEAR = 0.9
"""From this edit similarity on, two problems with the same numbers count as one."""
_NUMBER = re.compile(r"\d+")


def choose_examples(
    source: str, count: int, sets: Sequence[ProblemSet]
) -> tuple[str, tuple[Example, ...]]:
    """The name of the set, and its first `count` examples that are no scored problem.

    A problem is a scored one if the texts agree up to framing, case, spaces and punctuation, or if they
    have the same numbers and an edit similarity of at least `NEAR`.

    Args:
        source: a problem set, named as for `--on`.
        sets: the scored sets.

    Raises:
        UserError: if the set holds every problem of a scored set, or has too few examples.
    """
    training = load_problems(source)
    keys = {_key(problem.problem) for problem in training}
    for scored in sets:
        if all(_key(problem.problem) in keys for problem in scored):
            raise UserError(
                f"--fewshot-from {source}: expected a training split, got a set that holds every "
                f"problem of {scored.name}, which is scored"
            )
    by_numbers: dict[tuple[str, ...], list[str]] = {}
    for problem in (problem for scored in sets for problem in scored):
        by_numbers.setdefault(_numbers(problem), []).append(_key(problem.problem))
    examples: list[Example] = []
    for problem in training:
        if len(examples) == count:
            break
        if not (problem.solution and problem.solution.strip() and problem.answer):
            continue
        others = by_numbers.get(_numbers(problem), [])
        if most_similar(_key(problem.problem), others) < NEAR:
            examples.append(Example(problem.problem, problem.solution, problem.answer))
    if len(examples) < count:
        raise UserError(
            f"--fewshot-from {source}: expected {count} problems with a solution and an answer that are "
            f"not scored, got {len(examples)}; lower --num-fewshot or name another set"
        )
    return training.name, tuple(examples)


def _numbers(problem: Problem) -> tuple[str, ...]:
    return tuple(_NUMBER.findall(problem.problem))


def _key(text: str) -> str:
    """A text without framing, case, spaces and punctuation."""
    return "".join(c for c in normalize(text).casefold() if c.isalnum() or c in "+-*/=<>^\\")
