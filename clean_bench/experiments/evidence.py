"""What a run's folder holds, as arrays.

The gains of an arm are an array, seeds x problems: mean accuracy over samples after training minus
mean accuracy before. A problem on which the grader did not decide every sample of every checkpoint
takes no part, in no arm, so that before, after and gain speak of the same problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.experiments.recipe import Recipe
from clean_bench.scoring.summary import accuracy_table
from clean_bench.statistics.gains import MatchedContrast, item_gains, matched_contrast

Array = npt.NDArray[np.float64]
HEADLINE = 0.6
"""The prefix at which a problem counts as recited."""
FRESH = "fresh"
_COLUMNS = ("set", "problem_id", "gold", "dose", "level", "mode", "verdict")


@dataclass(frozen=True)
class Scores:
    """One checkpoint's correctness per set, (problems, samples), NaN where undecided."""

    sampled: Mapping[str, Array]
    greedy: Mapping[str, Array]
    problems: Mapping[str, list[dict[str, Any]]]
    """Per set one row a problem, in the order of the arrays."""

    @property
    def asked(self) -> list[tuple[str, str, str]]:
        """Set, problem and gold answer in order: two checkpoints are compared row by row."""
        return [
            (name, row["problem_id"], row["gold"])
            for name, rows in self.problems.items()
            for row in rows
        ]

    @classmethod
    def read(cls, folder: Path) -> Scores:
        by_set: dict[str, list[dict[str, Any]]] = {}
        for table in Artifact.load(folder, "scores").tables("completions", _COLUMNS):
            for row in table.to_pylist():
                by_set.setdefault(row["set"], []).append(row)
        sampled, greedy, problems = {}, {}, {}
        for name, rows in by_set.items():
            first = [row for row in rows if row["mode"] == "greedy"]
            sampled[name] = accuracy_table([row for row in rows if row["mode"] == "sample"])
            greedy[name] = accuracy_table(first)
            problems[name] = first
        return cls(sampled, greedy, problems)


class Evidence:
    """The rows of a run, read once.

    `main` and `twin` are the names of the benchmark and of its twin among the scored sets.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder, self.recipe = folder, recipe
        self.base = Scores.read(folder / "scores" / "base")
        names = list(self.base.problems)
        self.main = names[0]
        self.twin = names[1] if recipe.twin is not None else None
        self.sets = [name for name in (self.main, self.twin, FRESH) if name]
        self.trained = {
            arm.name: [
                Scores.read(folder / "scores" / f"{arm.name}-{seed}") for seed in recipe.seeds
            ]
            for arm in recipe.arms
        }
        for arm, trained in self.trained.items():
            for scores in trained:
                if scores.asked != self.base.asked:
                    raise UserError(
                        f"{folder}: the scores of arm {arm} are not of the base's problems in its order"
                    )

    def show(self, name: str) -> str:
        """How a set is called in the report."""
        return name.rsplit("/", 1)[-1]

    @cached_property
    def kept(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Per set, the problems that every checkpoint's samples were decided on."""
        everyone = [self.base, *(scores for arm in self.trained.values() for scores in arm)]
        return {
            name: ~np.any(
                [
                    np.isnan(scores.sampled[name]).any(axis=1)
                    | np.isnan(scores.greedy[name]).any(axis=1)
                    for scores in everyone
                ],
                axis=0,
            )
            for name in self.sets
        }

    def before(self, name: str, samples: slice = slice(None)) -> Array:
        """The base checkpoint's correctness, (problems, samples)."""
        return self.base.sampled[name][self.kept[name]][:, samples]

    def after(self, arm: str, name: str) -> Array:
        """(seeds, problems, samples)."""
        return np.stack([scores.sampled[name][self.kept[name]] for scores in self.trained[arm]])

    def greedy(self, name: str, arm: str | None = None) -> Array:
        """Greedy correctness, (problems, 1), or (problems, seeds) of an arm."""
        every = [self.base] if arm is None else self.trained[arm]
        return np.concatenate([scores.greedy[name][self.kept[name]] for scores in every], axis=1)

    def gains(self, arm: str, name: str, before: slice = slice(None)) -> Array:
        """Seeds x problems; `before` picks among the base checkpoint's samples."""
        return item_gains(self.before(name, before), self.after(arm, name))

    @cached_property
    def _probed(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The base checkpoint's probe before training, at the headline prefix."""
        rows = Artifact.load(self.folder / "probe" / "benchmark", "probe").rows("probes")
        return {
            (row["set"], row["problem_id"]): row
            for row in rows
            if abs(row["fraction"] - HEADLINE) < 1e-9
        }

    def recited_contrast(self, arm: str) -> MatchedContrast | None:
        """Gain on recited problems minus gain on the others of the benchmark, matched.

        The benchmark is both halves where there is a twin. Recited: completed word for word from 60%
        by the base checkpoint before training; a problem that could not be probed is on neither side.
        Matched on steps or level, on length (below or above the median) and on base accuracy in
        quarters; that accuracy is of the first half of the base's samples, and the gain is measured
        from the second half.
        """
        half, rows = self.recipe.score.samples // 2, self._probed
        length = {key: len(row["prefix"]) + len(row["suffix"]) for key, row in rows.items()}
        middle = float(np.median(list(length.values())))
        parts, flagged, strata = [], [], []
        for name in self.sets[:-1]:
            kept = [
                p for p, keep in zip(self.base.problems[name], self.kept[name], strict=True) if keep
            ]
            easy = self.before(name, slice(half)).mean(axis=1)
            found = self.gains(arm, name, slice(half, None))
            for column, (problem, accuracy) in enumerate(zip(kept, easy, strict=True)):
                key = (name, problem["problem_id"])
                if rows[key]["exact_match"] is None:
                    continue
                parts.append(found[:, column])
                flagged.append(bool(rows[key]["exact_match"]))
                strata.append(
                    (problem["level"], length[key] > middle, int(min(accuracy, 0.99) * 4))
                )
        if not parts:
            return None
        return matched_contrast(np.stack(parts, axis=1), np.array(flagged), strata)
