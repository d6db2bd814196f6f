"""Memorized problems to print in the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.experiments.plan import Subject
from clean_bench.experiments.problem_rows import Key, copies_of, memorized_of
from clean_bench.experiments.recipe import ModelRecipe
from clean_bench.probing.items import HEADLINE
from clean_bench.probing.rows import template_of
from clean_bench.problems import Problem, ProblemSet
from clean_bench.samples import GREEDY, TABLE, counted_answer
from leaderboards.report_schema import Answer, MemorizedProblem

COUNT = 3
CHARACTERS = 1200
"""Longer texts are cut."""


def memorized_examples(
    folder: Path, model: ModelRecipe, sets: Sequence[ProblemSet], subjects: Sequence[Subject]
) -> tuple[MemorizedProblem, ...]:
    """Up to three flagged problems that the base completes word for word from the headline prefix.

    The choice is deterministic. The sets take turns. Within a set the problems with the most planted
    copies come first, then those on which the greedy answers of the checkpoints differ in their grade,
    then those with the longest ending, then the order of their ids.

    Args:
        subjects: the checkpoints of the model whose greedy answers are printed, the base first.
    """
    memorized = memorized_of(folder / Subject(model).key("probe"))
    if not any(memorized.values()):
        return ()
    probed = _probed(folder / Subject(model).key("probe"))
    answers = [_greedy(folder / subject.key("scores"), subject) for subject in subjects]
    queues = []
    for problems in sets:
        ranked = []
        for problem in problems:
            key = (problems.name, problem.id)
            if memorized.get(key) and key in probed:
                of_problem = tuple(of[key] for of in answers if key in of)
                example = _example(key, problem, probed[key], of_problem)
                ranked.append((_rank(example), example))
        queues.append([example for _, example in sorted(ranked, key=lambda pair: pair[0])])
    in_turn = [example for turn in zip_longest(*queues) for example in turn if example]
    return tuple(in_turn[:COUNT])


def _rank(example: MemorizedProblem) -> tuple[int, int, int, str]:
    grades = {answer.grade for answer in example.answers}
    return (-(example.copies or 0), -len(grades), -len(example.ending), example.problem_id)


def _example(
    key: Key, problem: Problem, row: dict[str, Any], answers: tuple[Answer, ...]
) -> MemorizedProblem:
    # The probe lets the model write past the ending; that part is compared with nothing.
    continuation = row["response"][: len(row["gold"])]
    return MemorizedProblem(
        set=key[0],
        problem_id=key[1],
        prefix=row["prompt"][-CHARACTERS:],
        ending=row["gold"][:CHARACTERS],
        continuation=continuation[:CHARACTERS],
        gold=(problem.answer or "")[:CHARACTERS],
        copies=copies_of(problem.metadata),
        answers=answers,
    )


def _probed(folder: Path) -> dict[Key, dict[str, Any]]:
    """Prefix, true ending and continuation of the problems completed exactly at the headline prefix."""
    columns = ("set", "problem_id", "template", "prompt", "gold", "response", "grade")
    return {
        (row["set"], row["problem_id"]): row
        for shard in Artifact.load(folder, "probe").tables(TABLE, columns)
        for row in shard.to_pylist()
        if row["template"] == template_of(HEADLINE) and row["grade"] == "equal"
    }


def _greedy(folder: Path, subject: Subject) -> dict[Key, Answer]:
    """The greedy answers of a checkpoint under the first template."""
    name = subject.arm.name if subject.arm else subject.label
    return {
        (row["set"], row["problem_id"]): Answer(
            checkpoint=name,
            text=row["response"][:CHARACTERS],
            grade=row["grade"],
            extracted=(counted_answer(row["grade"], row["extracted"]) or "")[:CHARACTERS] or None,
        )
        for row in _greedy_rows(Artifact.load(folder, "scores"))
    }


def _greedy_rows(artifact: Artifact) -> Iterator[dict[str, Any]]:
    columns = ("set", "problem_id", "template", "mode", "response", "grade", "extracted")
    template = artifact.config["templates"][0]
    for shard in artifact.tables(TABLE, columns):
        for row in shard.to_pylist():
            if (row["template"], row["mode"]) == (template, GREEDY):
                yield row
