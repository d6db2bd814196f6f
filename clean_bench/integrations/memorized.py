"""Problems that a checkpoint has memorized, from what `clean-bench probe` wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.artifacts import manifest as manifests
from clean_bench.errors import UserError
from clean_bench.probing.memorized import memorized_problems
from clean_bench.probing.rows import KIND
from clean_bench.problems import ProblemSet, load_problems, stored_sets


def load_memorized(name: str) -> ProblemSet:
    """The problems that a `probe` folder finds memorized; any other name is loaded as `--on` does.

    Problems of several sets keep their ids, after the name of their set. Problems without an answer
    are left out.

    Raises:
        UserError: for a probe that found no such problem, and as `clean_bench.problems.load_problems`.
    """
    folder = Path(name)
    if not (folder / manifests.NAME).is_file() or Artifact.load(folder).kind != KIND:
        return load_problems(name)
    artifact = Artifact.load(folder, KIND)
    memorized = memorized_problems(artifact)
    sets = stored_sets(artifact)
    problems = [
        replace(problem, id=f"{set_name}/{problem.id}") if len(sets) > 1 else problem
        for set_name, of_set in sets.items()
        for problem in of_set
        if memorized.get((set_name, problem.id)) and problem.answer
    ]
    if not problems:
        raise UserError(
            f"{name}: expected a probe that flags problems as memorized, got one that flags none"
        )
    return ProblemSet(folder.name, problems)
