"""The plan of a planting, and the random assignment of problems to doses.

The problems of a set are exchangeable under the assignment: which half a problem is in, and its dose,
depend on a seed and on ids alone. The never-planted half is therefore a control group of the planted
one, and a difference between them is caused by the copies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Literal, get_args

from clean_bench.errors import UserError
from clean_bench.problems import Problem
from clean_bench.seeds import digest

SizeName = Literal["small", "large"]
Stage = Literal["pretraining", "continued"]
Form = Literal["verbatim", "renumbered", "reworded"]

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class PlantingPlan:
    """All settings of a planting.

    Attributes:
        seed: seed of the assignment, the order of the corpus and, from random weights, the weights.
        doses: numbers of copies of a planted problem.
        shares: relative numbers of planted problems of each dose.
        size: a preset of `planting_recipes.RECIPES`.
        stage: "pretraining" mixes the copies into the whole corpus of a model with random weights;
            "continued" mixes them into the corpus of a continued training of a base model.
        form: what is planted: the text itself, or a copy altered by `clean_bench.probing.alter`.
    """

    seed: str
    doses: tuple[int, ...] = (1, 4, 16, 64, 256)
    shares: tuple[int, ...] = (70, 70, 60, 30, 20)
    size: SizeName = "small"
    stage: Stage = "continued"
    form: Form = "verbatim"

    def __post_init__(self) -> None:
        """Raise `UserError` for a value that is no plan."""
        if not self.doses or any(dose < 1 for dose in self.doses):
            raise UserError(f"doses: expected numbers of copies from 1 on, got {self.doses}")
        if len(set(self.doses)) < len(self.doses):
            raise UserError(f"doses: expected each dose once, got {self.doses}")
        if len(self.shares) != len(self.doses) or any(share < 1 for share in self.shares):
            raise UserError(
                f"shares: expected {len(self.doses)} numbers from 1 on, one per dose, got {self.shares}"
            )
        for name, known in (("size", SizeName), ("stage", Stage), ("form", Form)):
            if getattr(self, name) not in get_args(known):
                expected = ", ".join(get_args(known))
                raise UserError(f"{name}: expected one of {expected}, got {getattr(self, name)!r}")


def assign(problems: Sequence[Problem], plan: PlantingPlan) -> tuple[list[Problem], list[Problem]]:
    """The planted and the never-planted half, each in the order of the ids.

    The problems are ranked by a hash of the seed and their id. The first half of the ranks is planted;
    it is divided between the doses in the proportions of `shares`.

    Returns:
        both halves, with `metadata["dose"]`: a dose of the plan, or "0" in the never-planted half. Of
        an odd number of problems, the never-planted half has one more.

    Raises:
        UserError: if two problems share an id, or there are fewer than two problems per dose.
    """
    ids = {problem.id for problem in problems}
    if len(ids) < len(problems):
        raise UserError("planting: two problems share an id; give each its own")
    if len(problems) < 2 * len(plan.doses):
        raise UserError(
            f"planting: expected at least {2 * len(plan.doses)} problems, 2 per dose, got "
            f"{len(problems)}: use a larger set or fewer doses"
        )
    ranked = sorted(problems, key=lambda problem: (_rank(plan.seed, problem.id), problem.id))
    half = len(ranked) // 2
    doses = [
        dose
        for dose, count in zip(plan.doses, dose_counts(half, plan.shares), strict=True)
        for _ in range(count)
    ]
    planted = [_with_dose(p, dose) for p, dose in zip(ranked[:half], doses, strict=True)]
    held_out = [_with_dose(problem, 0) for problem in ranked[half:]]
    return sorted(planted, key=lambda p: p.id), sorted(held_out, key=lambda p: p.id)


def dose_counts(total: int, shares: Sequence[int]) -> list[int]:
    """Numbers in the proportions of `shares` with the sum `total`; each differs by less than 1."""
    bounds = [total * part // sum(shares) for part in accumulate(shares, initial=0)]
    return [after - before for before, after in pairwise(bounds)]


def without_near_duplicates(
    problems: Sequence[Problem],
) -> tuple[list[Problem], dict[str, str]]:
    """The first problem of each group that is equal up to numerals, case and white space.

    A problem whose near-duplicate is in the other half would not be a control.

    Returns:
        the problems kept, and the id of each problem left out with the id of the one kept for it.
    """
    kept: dict[str, Problem] = {}
    left_out: dict[str, str] = {}
    for problem in problems:
        key = masked(problem.problem)
        if key in kept:
            left_out[problem.id] = kept[key].id
        else:
            kept[key] = problem
    return list(kept.values()), left_out


def masked(text: str) -> str:
    """A text without white space, in one case, with the same sign for every numeral."""
    return _NUMERAL.sub("0", "".join(text.casefold().split()))


def _rank(seed: str, problem_id: str) -> bytes:
    return digest("planting assignment", seed, problem_id)


def _with_dose(problem: Problem, dose: int) -> Problem:
    return replace(problem, metadata={**problem.metadata, "dose": str(dose)})
