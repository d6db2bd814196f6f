"""From a recipe to a plan: stages in the order in which they run.

A stage writes one folder, its key, below the folder of the run:

    data                        training data
    sets/0-planted              each scored set; a generated one is drawn after training
    MODEL/arms/ARM-SEED         training of an arm
    MODEL/scores/LABEL          scores of a checkpoint on every set
    MODEL/probe/LABEL           its probe on the same sets

LABEL is `base`, `ARM-SEED`, or `ARM` for an existing checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from clean_bench.experiments.recipe import (
    BASE,
    ArmRecipe,
    DataRecipe,
    ModelRecipe,
    Recipe,
    SetRecipe,
    slug,
)
from clean_bench.problems import ProblemSet, load_folder

DATA = "data"


@dataclass(frozen=True, slots=True)
class Subject:
    """A checkpoint of a run: the base of a model, or one arm of it under one seed."""

    model: ModelRecipe
    arm: ArmRecipe | None = None
    seed: int | None = None

    @property
    def label(self) -> str:
        if self.arm is None:
            return BASE
        return self.arm.name if self.seed is None else f"{self.arm.name}-{self.seed}"

    @property
    def name(self) -> str:
        """The checkpoint in the results."""
        return f"{self.model.name}/{self.label}"

    @property
    def training_key(self) -> str | None:
        """The stage that trains it; None for a checkpoint that exists."""
        trained = self.arm is not None and self.arm.reward is not None
        return f"{self.model.name}/arms/{self.label}" if trained else None

    def key(self, part: str) -> str:
        """The stage that scores or probes it."""
        return f"{self.model.name}/{part}/{self.label}"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a plan. `key` is its folder; `inputs` are keys of earlier stages."""

    key: str
    kind: str
    subject: Subject | None = None
    inputs: tuple[str, ...] = ()
    note: str = field(default="", compare=False)


def subjects_of(recipe: Recipe) -> list[Subject]:
    """Every checkpoint: of each model the base, then its arms seed by seed."""
    subjects = []
    for model in recipe.models:
        subjects.append(Subject(model))
        arms = recipe.arms_of(model)
        for seed in recipe.seeds:
            subjects += [Subject(model, arm, seed) for arm in arms if arm.reward]
        subjects += [Subject(model, arm) for arm in arms if arm.checkpoint]
    return subjects


def set_keys(recipe: Recipe) -> list[tuple[SetRecipe, str]]:
    """Each scored set with its key."""
    return [
        (entry, f"sets/{number}-{slug(entry.name or entry.source or entry.role)}")
        for number, entry in enumerate(recipe.sets)
    ]


def named_set(entry: SetRecipe, problems: ProblemSet) -> ProblemSet:
    """A set under the name and the role of its recipe."""
    name = entry.name or (entry.role if entry.generated else problems.name)
    return ProblemSet(name, problems.problems, problems.about, entry.role)


def load_sets(recipe: Recipe, folder: Path) -> list[ProblemSet]:
    """The scored sets of a run, from its folder."""
    sets = []
    for entry, key in set_keys(recipe):
        problems = load_folder(folder / key, entry.source)
        sets.append(named_set(entry, problems))
    return sets


def expand(recipe: Recipe) -> list[Stage]:
    """The stages of a recipe, each after its inputs, those of one checkpoint together."""
    subjects = subjects_of(recipe)
    trained = [subject.training_key for subject in subjects if subject.training_key]
    stages = []
    if recipe.data is not None and trained:
        stages.append(Stage(DATA, "data", note=_origin(recipe.data)))
    sets = set_keys(recipe)
    for generated in (False, True):
        if generated:
            for subject in subjects:
                if subject.training_key and subject.arm:
                    note = f"reward {subject.arm.reward}"
                    stages.append(Stage(subject.training_key, "train", subject, (DATA,), note))
        for entry, key in sets:
            if entry.generated == generated:
                inputs = tuple(trained) if generated else ()
                note = f"{entry.role}: {_origin(entry)}"
                stages.append(Stage(key, "set", inputs=inputs, note=note))
    keys = tuple(key for _, key in sets)
    for subject in subjects:
        inputs = (*filter(None, [subject.training_key]), *keys)
        for part in ("scores", "probe"):
            stages.append(Stage(subject.key(part), part, subject, inputs))
    return stages


def _origin(data: DataRecipe) -> str:
    return data.source or f"{data.count} of {data.family}, steps {data.steps}"
