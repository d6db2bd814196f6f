"""The scored sets of a run, from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.experiments.plan import set_keys, subjects_of
from clean_bench.experiments.recipe import Recipe
from clean_bench.problems import Problem, ProblemSet, Role, load_folder, stored_sets


def load_sets(recipe: Recipe, folder: Path) -> list[ProblemSet]:
    """The scored sets, under the names and roles of the recipe.

    Completions of one's own come with their problems; their sets are the problems that every checkpoint
    has completions of.

    Raises:
        UserError: if the completions of two checkpoints share no problem, or a problem of both has two
            gold answers.
    """
    if not recipe.from_completions:
        return [
            replace(load_folder(folder / key), name=entry.label, role=entry.role)
            for entry, key in set_keys(recipe)
        ]
    by_subject = _stored(recipe, folder)
    base = Artifact.load(folder / subjects_of(recipe)[0].key("scores"))
    roles: dict[str, Role] = {
        entry["name"]: entry["role"] or "public" for entry in base.config["sets"]
    }
    shared = [
        ProblemSet(name, problems, role=roles[name])
        for name in roles
        if (problems := _shared(name, by_subject))
    ]
    if not shared:
        covered = "; ".join(
            f"{name}: {', '.join(f'{len(p)} of {s}' for s, p in sets.items())}"
            for name, sets in by_subject.items()
        )
        raise UserError(
            f"completions: no problem in common ({covered}): expected completions of the same problems "
            "of the same set"
        )
    return shared


def left_out(recipe: Recipe, folder: Path) -> dict[str, int]:
    """Per shared set of completions, the problems that not every checkpoint has completions of."""
    by_subject = _stored(recipe, folder)
    counts = {}
    for problems in load_sets(recipe, folder):
        every = {p.id for sets in by_subject.values() for p in sets.get(problems.name, ())}
        counts[problems.name] = len(every) - len(problems)
    return counts


def _stored(recipe: Recipe, folder: Path) -> dict[str, dict[str, list[Problem]]]:
    """The problems of every set of every subject, by the subject's name and the set's name."""
    return {
        subject.name: stored_sets(Artifact.load(folder / subject.key("scores"), "scores"))
        for subject in subjects_of(recipe)
    }


def _shared(name: str, by_subject: dict[str, dict[str, list[Problem]]]) -> Sequence[Problem]:
    """The problems of a set that every subject has, in the order of the first."""
    (first, of_first), *others = by_subject.items()
    kept = list(of_first.get(name, ()))
    for other, sets in others:
        answers = {problem.id: problem.answer for problem in sets.get(name, ())}
        kept = [problem for problem in kept if problem.id in answers]
        for problem in kept:
            if problem.answer != answers[problem.id]:
                raise UserError(
                    f"completions: problem {problem.id} of {name} has the gold answer "
                    f"{answers[problem.id]!r} in {other}, and {problem.answer!r} in {first}: expected "
                    "completions of the same problems"
                )
    return kept
