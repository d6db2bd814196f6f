"""Problems that a checkpoint has memorized, from what `clean-bench probe` wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.artifacts import manifest as manifests
from clean_bench.errors import UserError
from clean_bench.probing.rows import KIND
from clean_bench.probing.summary import HEADLINE
from clean_bench.problems import ProblemSet, load_problems, stored_sets


def load_memorized(name: str) -> ProblemSet:
    """The recited problems of a `probe` folder; any other name is loaded as `--on` does.

    A problem is recited if the checkpoint completed it word for word from 60% of its text. Problems of
    several sets keep their ids, after the name of their set. Problems without an answer are left out.

    Raises:
        UserError: for a probe that found no such problem, and as `clean_bench.problems.load_problems`.
    """
    folder = Path(name)
    if not (folder / manifests.NAME).is_file() or Artifact.load(folder).kind != KIND:
        return load_problems(name)
    artifact = Artifact.load(folder, KIND)
    recited = {
        (row["set"], row["problem_id"])
        for row in artifact.rows("probes")
        if abs(row["fraction"] - HEADLINE) < 1e-9 and row["exact_match"]
    }
    sets = stored_sets(artifact)
    problems = [
        replace(problem, id=f"{set_name}/{problem.id}") if len(sets) > 1 else problem
        for set_name, of_set in sets.items()
        for problem in of_set
        if (set_name, problem.id) in recited and problem.answer
    ]
    if not problems:
        raise UserError(
            f"{name}: expected a probe with problems that were completed word for word from "
            f"{HEADLINE:.0%}, got none"
        )
    return ProblemSet(folder.name, problems)
