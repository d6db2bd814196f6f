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

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from clean_bench.experiments.recipe import (
    ArmRecipe,
    DataRecipe,
    ModelRecipe,
    Recipe,
    SetRecipe,
    slug,
)
from clean_bench.problems import ProblemSet, load_folder
from leaderboards.view import BASE

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
    kind: Literal["data", "set", "train", "scores", "probe"]
    subject: Subject | None = None
    inputs: tuple[str, ...] = ()
    note: str = ""


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
        (entry, f"sets/{number}-{slug(entry.label)}") for number, entry in enumerate(recipe.sets)
    ]


def load_sets(recipe: Recipe, folder: Path) -> list[ProblemSet]:
    """The scored sets of a run from its folder, under the names and roles of the recipe."""
    return [
        replace(load_folder(folder / key), name=entry.label, role=entry.role)
        for entry, key in set_keys(recipe)
    ]


def expand(recipe: Recipe) -> list[Stage]:
    """The stages of a recipe, each after its inputs, those of one checkpoint together."""
    subjects = subjects_of(recipe)
    trained = [subject for subject in subjects if subject.training_key]
    training_keys = tuple(str(subject.training_key) for subject in trained)
    sets = set_keys(recipe)
    stages = [] if recipe.data is None else [Stage(DATA, "data", note=_origin(recipe.data))]
    stages += [_set_stage(entry, key, ()) for entry, key in sets if not entry.generated]
    for subject, key in zip(trained, training_keys, strict=True):
        note = f"reward {subject.arm.reward}" if subject.arm else ""
        stages.append(Stage(key, "train", subject, (DATA,), note))
    stages += [_set_stage(entry, key, training_keys) for entry, key in sets if entry.generated]
    set_inputs = tuple(key for _, key in sets)
    for subject in subjects:
        inputs = (*filter(None, [subject.training_key]), *set_inputs)
        stages.append(Stage(subject.key("scores"), "scores", subject, inputs))
        stages.append(Stage(subject.key("probe"), "probe", subject, inputs))
    return stages


def _set_stage(entry: SetRecipe, key: str, inputs: tuple[str, ...]) -> Stage:
    return Stage(key, "set", inputs=inputs, note=f"{entry.role}: {_origin(entry)}")


def _origin(data: DataRecipe) -> str:
    return data.source or f"{data.count} of {data.family}, steps {data.steps}"
