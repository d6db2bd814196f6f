"""Every problem of a run with the completions before and after, for the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.experiments.plan import Subject, subjects_of
from clean_bench.experiments.recipe import ModelRecipe, Recipe
from clean_bench.experiments.sets import load_sets
from clean_bench.grading import score_of
from clean_bench.probing.memorized import memorized_problems
from clean_bench.samples import GREEDY, SAMPLE, TABLE, counted_answer
from leaderboards.page_data import Answers, Completion, ProblemRow, ProblemTable

_COLUMNS = (
    "set", "problem_id", "template", "mode", "response", "grade", "extracted", "finish",
)  # fmt: skip

Key = tuple[str, str]
"""The set and the id of a problem."""


def problem_tables(folder: Path, recipe: Recipe) -> list[ProblemTable]:
    """One table per model, read from the finished stages of a run."""
    return [_problem_table(folder, recipe, model) for model in recipe.models]


def _problem_table(folder: Path, recipe: Recipe, model: ModelRecipe) -> ProblemTable:
    subjects = [subject for subject in subjects_of(recipe) if subject.model == model]
    answers = [answers_of(folder / subject.key("scores")) for subject in subjects]
    memorized = memorized_of(folder / Subject(model).key("probe"))
    rows = [
        ProblemRow(
            set=problems.name,
            id=problem.id,
            text=problem.problem,
            gold=problem.answer or "",
            memorized=memorized.get((problems.name, problem.id)),
            copies=copies_of(problem.metadata),
            answers=[of_subject.get((problems.name, problem.id)) for of_subject in answers],
        )
        for problems in load_sets(recipe, folder)
        for problem in problems
    ]
    names = [shown_label(subject, recipe) for subject in subjects]
    return ProblemTable(model.name, names, rows)


def shown_label(subject: Subject, recipe: Recipe) -> str:
    """The name of a checkpoint for readers: with its seed only where there are several."""
    if subject.arm is None:
        return subject.label
    several = len(recipe.seeds_of(subject.arm)) > 1
    return f"{subject.arm.name}, seed {subject.seed}" if several else subject.arm.name


def copies_of(metadata: Mapping[str, str]) -> int | None:
    """The planted copies of a problem; None where its metadata have none."""
    dose = metadata.get("dose")
    return int(dose) if dose is not None and dose.isdecimal() else None


def answers_of(folder: Path) -> dict[Key, Answers]:
    """The completions under the first template in an artifact of kind `scores`, by problem."""
    artifact = Artifact.load(folder, "scores")
    template = artifact.config["templates"][0]
    answers: dict[Key, Answers] = {}
    for shard in artifact.tables(TABLE, _COLUMNS):
        for row in shard.to_pylist():
            if row["template"] != template or row["mode"] not in (GREEDY, SAMPLE):
                continue
            completion = Completion(
                row["mode"],
                row["response"],
                row["grade"],
                score_of(row["grade"]),
                counted_answer(row["grade"], row["extracted"]),
                row["finish"],
            )
            of_problem = answers.setdefault((row["set"], row["problem_id"]), Answers())
            of_problem.add(completion)
    return answers


def memorized_of(folder: Path) -> dict[Key, bool | None]:
    """Whether the probe flags each problem as memorized; see `memorized_problems`.

    Empty where the checkpoint was not probed.
    """
    return (
        memorized_problems(Artifact.load(folder, "probe")) if Artifact.is_finished(folder) else {}
    )
