"""The samples of a run as arrays, model by model.

The gains of an arm are an array, seeds x problems: mean score over samples after training minus mean
score before. A problem on which the grader was undecided for any sample of any checkpoint of the model
takes no part in any arm, so that before, after and gain are of the same problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.experiments.plan import DATA, Subject
from clean_bench.experiments.recipe import ArmRecipe, ModelRecipe, Recipe
from clean_bench.experiments.sets import load_sets
from clean_bench.probing.memorized import memorized_problems
from clean_bench.problems import ProblemSet, load_folder
from clean_bench.problems.kin import kin_problems
from clean_bench.problems.problem import kin_of, template_of
from clean_bench.results import Results
from clean_bench.samples import GREEDY, SAMPLE, TABLE
from clean_bench.scoring.summary import score_table
from clean_bench.statistics.clusters import cluster_sums
from clean_bench.statistics.gains import MatchedContrast, item_gains, matched_contrast
from generators.competition.plan import FAMILY

Array = npt.NDArray[np.float64]
_COLUMNS = ("set", "problem_id", "template", "gold", "mode", "grade")


@dataclass(frozen=True)
class Scores:
    """Scores of one checkpoint per set, (problems, samples), NaN where the grader was undecided."""

    sampled: Mapping[str, Array]
    greedy: Mapping[str, Array]
    problems: Mapping[str, list[tuple[str, str]]]
    """Per set the id and the gold answer of each problem, in the order of the arrays."""
    weights_sha256: str = ""

    template: str = ""
    samples: int = 0
    """Least number of sampled completions of a problem."""

    @classmethod
    def read(cls, folder: Path) -> Scores:
        """The scores under the first template of an artifact of kind `scores`.

        Without sampled completions the greedy ones stand in their place. A set without greedy
        completions (of another tool) has none.
        """
        artifact = Artifact.load(folder, "scores")
        table = pa.concat_tables(artifact.tables(TABLE, _COLUMNS))
        rows = table.select(_COLUMNS).to_pylist()
        template = artifact.config["templates"][0]
        sampled, greedy, problems = {}, {}, {}
        for entry in artifact.config["sets"]:
            name = entry["name"]
            of_set = [row for row in rows if (row["set"], row["template"]) == (name, template)]
            by_mode = {
                mode: [row for row in of_set if row["mode"] == mode] for mode in (GREEDY, SAMPLE)
            }
            arrays = {
                mode: score_table([row["problem_id"] for row in of], [row["grade"] for row in of])
                for mode, of in by_mode.items()
            }
            greedy[name] = arrays[GREEDY]
            sampled[name] = arrays[SAMPLE] if by_mode[SAMPLE] else arrays[GREEDY]
            golds = {row["problem_id"]: row["gold"] for row in of_set}
            problems[name] = list(golds.items())
            if not by_mode[GREEDY]:
                greedy[name] = np.zeros((len(golds), 0))
        config = artifact.config
        return cls(sampled, greedy, problems, config["weights_sha256"], template, config["samples"])

    def only(self, sets: Sequence[ProblemSet]) -> Scores:
        """The scores of these problems of these sets, in their order."""
        sampled, greedy, problems = {}, {}, {}
        for of_set in sets:
            name = of_set.name
            places = {key: place for place, (key, _) in enumerate(self.problems[name])}
            rows = [places[problem.id] for problem in of_set]
            sampled[name], greedy[name] = self.sampled[name][rows], self.greedy[name][rows]
            problems[name] = [self.problems[name][row] for row in rows]
        return replace(self, sampled=sampled, greedy=greedy, problems=problems)

    def first(self, samples: int) -> Scores:
        """The first sampled completions of each problem."""
        sampled = {name: scores[:, :samples] for name, scores in self.sampled.items()}
        return replace(self, sampled=sampled)


class Evidence:
    """The samples of one model of a run: its base, and every arm under every seed."""

    def __init__(self, folder: Path, recipe: Recipe, model: ModelRecipe) -> None:
        self.folder, self.recipe, self.model = folder, recipe, model
        self.sets = load_sets(recipe, folder)
        self.set_sha256 = {problems.name: problems.content_sha256 for problems in self.sets}
        self.base = self._scores(Subject(model))
        self.trained = {
            arm.name: [self._scores(Subject(model, arm, seed)) for seed in recipe.seeds_of(arm)]
            for arm in recipe.arms_of(model)
        }
        if recipe.from_completions:
            self._equalize()
        for arm, trained in self.trained.items():
            for scores in trained:
                if scores.problems != self.base.problems:
                    raise UserError(
                        f"{folder}: expected the scores of arm {arm} on the base's problems in their "
                        "order, got others"
                    )

    def _scores(self, subject: Subject) -> Scores:
        scores = Scores.read(self.folder / subject.key("scores"))
        return scores.only(self.sets) if self.recipe.from_completions else scores

    def _equalize(self) -> None:
        """Completions of one's own: as many per problem as every checkpoint has."""
        everyone = [self.base, *(scores for arm in self.trained.values() for scores in arm)]
        # Where problems differ in their number of samples, the arrays are padded with NaN.
        fewest = min(
            min(scores.samples or 1, scores.sampled[problems.name].shape[1])
            for scores in everyone
            for problems in self.sets
        )
        self.base = self.base.first(fewest)
        self.trained = {
            arm: [scores.first(fewest) for scores in trained]
            for arm, trained in self.trained.items()
        }

    @property
    def samples(self) -> int:
        """Sampled completions per problem; 0 where the greedy ones are the headline."""
        if not self.recipe.from_completions:
            return self.recipe.score.samples * max(1, len(self.recipe.score.seeds))
        everyone = [self.base, *(scores for arm in self.trained.values() for scores in arm)]
        if not any(scores.samples for scores in everyone):
            return 0
        return int(self.base.sampled[self.sets[0].name].shape[1])

    @property
    def template(self) -> str:
        """The template of the headline."""
        own = self.recipe.from_completions
        return self.base.template if own else self.recipe.score.templates[0]

    def protocol(self, mode: str) -> str:
        """The protocol of completions of a mode, as the results name it."""
        if not self.recipe.from_completions:
            return self.recipe.score.protocol(mode)
        stored = Results.load(self.folder / Subject(self.model).key("scores"))
        headline = stored.first(measure="accuracy") if mode == GREEDY else None
        row = headline or next((r for r in stored if r.measure.startswith("avg@")), None)
        return row.protocol if row else ""

    def of_role(self, *roles: str) -> list[ProblemSet]:
        """The sets of these roles, in the order of the recipe."""
        return [problems for problems in self.sets if problems.role in roles]

    @cached_property
    def kept(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Per set, the problems on which every sample of every checkpoint was decided."""
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
            for name in self.base.problems
        }

    def before(self, name: str, samples: slice = slice(None)) -> Array:
        """Scores of the base, (problems, samples)."""
        return self.base.sampled[name][self.kept[name]][:, samples]

    def after(self, arm: str, name: str) -> Array:
        """Scores of an arm, (seeds, problems, samples)."""
        return np.stack([scores.sampled[name][self.kept[name]] for scores in self.trained[arm]])

    def has_greedy(self, name: str, arm: str | None = None) -> bool:
        """Whether the base, and the arm, have greedy completions of a set."""
        every = [self.base, *(self.trained[arm] if arm else ())]
        return all(scores.greedy[name].size for scores in every)

    def greedy(self, name: str, arm: str | None = None) -> Array:
        """Greedy scores, (problems, 1) of the base or (problems, seeds) of an arm."""
        every = [self.base] if arm is None else self.trained[arm]
        return np.concatenate([scores.greedy[name][self.kept[name]] for scores in every], axis=1)

    def gains(self, arm: str, name: str, before: slice = slice(None)) -> Array:
        """Gains, seeds x problems; `before` selects among the base's samples."""
        return item_gains(self.before(name, before), self.after(arm, name))

    def unit_gains(self, arm: str, problems: ProblemSet) -> Array:
        """Gains, seeds x units: see `by_unit`."""
        return self.by_unit(problems, self.gains(arm, problems.name))

    def kin(self, benchmark: ProblemSet, matched: ProblemSet) -> npt.NDArray[np.bool_]:
        """Which kept problems of a benchmark a matched set names as kin, without those with figures.

        All, if the set has no names at all.
        """
        kept = self.kept[benchmark.name]
        if not any(map(kin_of, matched)):
            return np.ones(int(kept.sum()), dtype=np.bool_)
        names = {problem.id for problem in kin_problems(matched, benchmark)}
        return np.array([problem.id in names for problem in benchmark])[kept]

    def units(self, problems: ProblemSet) -> list[str]:
        """The unit of each kept problem: its template in a matched set, else the problem itself.

        The variants of a template are not independent, so its templates are the units.
        """
        names = [template_of(p) if problems.role == "matched" else p.id for p in problems]
        kept = self.kept[problems.name]
        return [name for name, keep in zip(names, kept, strict=True) if keep]

    def by_unit(self, problems: ProblemSet, values: Array) -> Array:
        """Values, seeds x kept problems, as seeds x units, whose mean is that over the problems.

        A column is the sum over the problems of a unit, scaled so that larger units count for more.
        """
        units = self.units(problems)
        columns = [cluster_sums(of_seed, units)[0] for of_seed in values]
        scaled: Array = np.stack(columns) * (len(set(units)) / max(1, len(units)))
        return scaled

    @cached_property
    def trained_templates(self) -> set[str]:
        """The templates of matched sets that the training problems of the run are drawn from."""
        if self.recipe.data is None:
            return set()
        return {
            problem.metadata["template"]
            for problem in load_folder(self.folder / DATA)
            if problem.family == FAMILY
        }

    def practiced(self, matched: ProblemSet) -> set[str]:
        """The templates of a matched set that the training problems are drawn from too."""
        return self.trained_templates & {template_of(problem) for problem in matched}

    @cached_property
    def memorized(self) -> dict[tuple[str, str], bool | None]:
        """Per set and problem, whether the probe of the base flags it as memorized.

        None for a problem that could not be probed. Empty where no model was run.
        """
        if self.recipe.from_completions:
            return {}
        folder = self.folder / Subject(self.model).key("probe")
        return memorized_problems(Artifact.load(folder, "probe"))

    def memorized_among(self, name: str) -> npt.NDArray[np.object_]:
        """The flags of `memorized` of the problems of a set that take part, None where not probed."""
        kept = np.flatnonzero(self.kept[name])
        ids = [self.base.problems[name][place][0] for place in kept]
        return np.array([self.memorized.get((name, key)) for key in ids], dtype=object)

    def memorized_contrast(self, arm: ArmRecipe, sets: list[ProblemSet]) -> MatchedContrast | None:
        """Gain on memorized problems minus gain on the others of the same sets, matched.

        A problem that could not be probed is on neither side. Matched on level, on length (below or
        above the median) and on base accuracy in quarters. That accuracy is of the first half of the
        base's samples, and the gain is measured from the second half, so that chance in the same
        samples does not enter both. None without two samples, or without a stratum with both sides.
        """
        half = self.base.sampled[sets[0].name].shape[1] // 2
        if not half:
            return None
        lengths = {(s.name, p.id): len(p.problem) for s in sets for p in s}
        median = float(np.median(list(lengths.values())))
        columns, flagged, strata = [], [], []
        for problems in sets:
            name = problems.name
            kept = [p for p, keep in zip(problems, self.kept[name], strict=True) if keep]
            base_accuracy = self.before(name, slice(half)).mean(axis=1)
            gains = self.gains(arm.name, name, slice(half, None))
            for column, (problem, accuracy) in enumerate(zip(kept, base_accuracy, strict=True)):
                key = (name, problem.id)
                memorized = self.memorized.get(key)
                if memorized is None:
                    continue
                columns.append(gains[:, column])
                flagged.append(memorized)
                strata.append((problem.level, lengths[key] > median, int(min(accuracy, 0.99) * 4)))
        if not columns:
            return None
        return matched_contrast(np.stack(columns, axis=1), np.array(flagged), strata)
