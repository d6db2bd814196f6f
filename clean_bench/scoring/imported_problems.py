"""The problems of files of completions: collected from their rows, or joined to a problem set."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from clean_bench.completion_files import CompletionRow, require_gold
from clean_bench.completion_files.join import ProblemJoin
from clean_bench.errors import UserError
from clean_bench.grading import read_gold, several_golds
from clean_bench.problems import Problem, ProblemSet
from clean_bench.samples import GREEDY, SAMPLE, storable


class _Seen(NamedTuple):
    """A problem, and the row that named it first."""

    problem: Problem
    where: str


class ImportedProblems:
    """The problems of all rows, by set, with the number of their completions.

    Add every row first; then `sets` and `modes` describe them, and `locate` gives a row's problem.
    """

    def __init__(self, joined: ProblemSet | None = None) -> None:
        self._joined = None if joined is None else ProblemJoin(joined)
        self._seen: dict[tuple[str, int | None], dict[str, _Seen]] = {}
        self._counts: dict[tuple[str, int | None], dict[str, int]] = {}
        self._temperatures: dict[tuple[str, int | None], set[float | None]] = {}

    def add(self, row: CompletionRow) -> None:
        """Add a row.

        Raises:
            UserError: naming the row, if it has no gold answer or one that cannot be read, its id is
                of a problem with another gold answer or text, or its problem is not of the joined set.
        """
        part = (self._set_name(row), row.step)
        seen = self._seen.setdefault(part, {})
        problem = self._problem(row, seen)
        seen.setdefault(problem.id, _Seen(problem, row.where))
        counts = self._counts.setdefault(part, {})
        counts[problem.id] = counts.get(problem.id, 0) + len(row.responses)
        self._temperatures.setdefault(part, set()).add(row.temperature)

    def sets(self) -> list[ProblemSet]:
        """The problem sets, in the order in which they first occur."""
        names = self._names()
        joined = self._joined.problems if self._joined else None
        sets = []
        for part, seen in self._seen.items():
            problems = [entry.problem for entry in seen.values()]
            if joined is not None:
                problems = [problem for problem in joined if problem.id in seen]
            about, role = (joined.about, joined.role) if joined is not None else ({}, None)
            sets.append(ProblemSet(names[part], problems, about, role))
        return sets

    def modes(self) -> dict[str, str]:
        """How the completions of each set were decoded: greedy, or sampled."""
        return {
            name: SAMPLE
            if max(self._counts[part].values()) > 1
            or any(temperature for temperature in self._temperatures[part])
            else GREEDY
            for part, name in self._names().items()
        }

    def least(self, name: str) -> int:
        """The least number of completions of a problem of a set."""
        part = next(part for part, other in self._names().items() if other == name)
        return min(self._counts[part].values())

    def temperature(self) -> float | None:
        """The temperature of all completions, if it is stated and the same."""
        stated = {t for temperatures in self._temperatures.values() for t in temperatures}
        return stated.pop() if len(stated) == 1 else None

    def locate(self, row: CompletionRow) -> tuple[str, Problem]:
        """The name of a row's set, and its problem."""
        part = (self._set_name(row), row.step)
        seen = self._seen[part]
        problem = self._problem(row, seen)
        return self._names()[part], seen[problem.id].problem

    def _set_name(self, row: CompletionRow) -> str:
        return storable(row.set) if self._joined is None else self._joined.problems.name

    def _names(self) -> dict[tuple[str, int | None], str]:
        """The name of each part: the task, with the step where the task has several."""
        tasks = [task for task, _ in self._seen]
        return {
            (task, step): task if tasks.count(task) == 1 else f"{task}-step{step}"
            for task, step in self._seen
        }

    def _problem(self, row: CompletionRow, seen: Mapping[str, _Seen]) -> Problem:
        if self._joined is not None:
            return self._joined.find(row)
        text = row.problem or row.prompt
        known = row.problem_id or _digest(text) or row.where.rpartition(":")[2]
        before = seen.get(storable(known))
        if before is not None and row.gold is not None and _same(before, row):
            return before.problem
        gold = require_gold(row)
        answers = tuple(storable(answer).strip() for answer in read_gold(gold))
        answer = several_golds(answers)
        if before is not None:
            raise UserError(_conflict(before, row, answer))
        solution = storable(gold) if gold.strip() != answer else None
        return Problem(storable(known), storable(text), answer, solution, source=_source(row))


def _same(before: _Seen, row: CompletionRow) -> bool:
    """Whether a row is of a problem that is known: the same gold answer and the same text."""
    assert row.gold is not None
    problem = before.problem
    golds = {problem.answer, problem.solution} - {None}
    if storable(row.gold) not in golds:
        answers = tuple(storable(answer).strip() for answer in read_gold(row.gold))
        if several_golds(answers) != problem.answer:
            return False
    return row.problem is None or storable(row.problem) == problem.problem


def _conflict(before: _Seen, row: CompletionRow, answer: str) -> str:
    problem = before.problem
    differing = f"another text than in {before.where}"
    if answer != problem.answer:
        other = (problem.answer or "")[:60]
        differing = f"the gold answer {answer[:60]!r}, and {other!r} in {before.where}"
    return (
        f"{row.where}: problem {problem.id!r} of {row.set!r} has {differing}: name a column that "
        "identifies problems with --map id=COLUMN, or a set for each file with --from SET=FILE"
    )


def _source(row: CompletionRow) -> str:
    """The row without the folder of its file, so that a set does not depend on where the file is."""
    return storable(row.where.rsplit("/", 1)[-1])


def _digest(text: str) -> str:
    """An id from a text: the same problem has the same id in the files of two models."""
    return hashlib.sha256(storable(text).encode()).hexdigest()[:16] if text.strip() else ""
