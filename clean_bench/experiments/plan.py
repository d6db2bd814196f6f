"""From a recipe to a plan: stages in the order in which they run.

A stage writes one folder, its key, below the folder of the run:

    data                        training data
    sets/0-planted              each scored set; a generated one is drawn after training
    MODEL/arms/ARM-SEED         training of an arm
    MODEL/scores/LABEL          scores of a checkpoint on every set, or read from its completions
    MODEL/probe/LABEL           its probe on the same sets
    MODEL/temperatures/T        scores of the base alone at a further temperature
    MODEL/behaviors/LABEL       behaviors of the completions of an arm beside those of its base

LABEL is `base`, `ARM-SEED`, or `ARM` for an existing checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clean_bench.experiments.names import slug
from clean_bench.experiments.recipe import ArmRecipe, DataRecipe, ModelRecipe, Recipe, SetRecipe
from leaderboards.view import BASE

DATA = "data"
DATA_SEED = "clean-bench run: training data"
"""The seed of generated training data: the same for every run."""


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

    @property
    def completions(self) -> tuple[str, ...]:
        """The files of its completions; none for a checkpoint that is run."""
        return (self.arm or self.model).completions

    @property
    def source(self) -> str:
        """The existing checkpoint, or the files of its completions."""
        return (self.arm or self.model).source

    def key(self, part: str) -> str:
        """The stage that scores or probes it."""
        return f"{self.model.name}/{part}/{self.label}"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a plan. `key` is its folder; `inputs` are keys of earlier stages.

    `temperature` is set for scores at another temperature than the recipe's.
    """

    key: str
    kind: Literal["data", "set", "train", "scores", "probe", "completions", "behaviors"]
    subject: Subject | None = None
    inputs: tuple[str, ...] = ()
    note: str = ""
    temperature: float | None = None


def subjects_of(recipe: Recipe) -> list[Subject]:
    """Every checkpoint: of each model the base, then its arms seed by seed."""
    subjects = []
    for model in recipe.models:
        subjects.append(Subject(model))
        arms = recipe.arms_of(model)
        for seed in recipe.seeds:
            subjects += [Subject(model, arm, seed) for arm in arms if arm.reward]
        subjects += [Subject(model, arm) for arm in arms if not arm.reward]
    return subjects


def temperature_key(model: ModelRecipe, temperature: float) -> str:
    """The stage that scores the base of a model at a further temperature."""
    return f"{model.name}/temperatures/{temperature:g}"


def set_keys(recipe: Recipe) -> list[tuple[SetRecipe, str]]:
    """Each scored set with its key."""
    return [
        (entry, f"sets/{number}-{slug(entry.label)}") for number, entry in enumerate(recipe.sets)
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
        stages += _measurements(recipe, subject, set_inputs)
    if recipe.behaviors:
        for subject in subjects:
            if subject.arm is not None:
                inputs = (Subject(subject.model).key("scores"), subject.key("scores"))
                stages.append(Stage(subject.key("behaviors"), "behaviors", subject, inputs))
    return stages


def _measurements(recipe: Recipe, subject: Subject, set_inputs: tuple[str, ...]) -> Iterator[Stage]:
    """The stages that run a checkpoint, or the one that reads its completions."""
    if subject.completions:
        yield Stage(subject.key("scores"), "completions", subject, note=subject.source)
        return
    inputs = (*filter(None, [subject.training_key]), *set_inputs)
    yield Stage(subject.key("scores"), "scores", subject, inputs)
    if subject.arm is None:
        for temperature in recipe.further_temperatures():
            key, note = temperature_key(subject.model, temperature), f"temperature {temperature:g}"
            yield Stage(key, "scores", subject, inputs, note, temperature)
    yield Stage(subject.key("probe"), "probe", subject, inputs)


def _set_stage(entry: SetRecipe, key: str, inputs: tuple[str, ...]) -> Stage:
    return Stage(key, "set", inputs=inputs, note=f"{entry.role}: {_origin(entry)}")


def _origin(data: DataRecipe) -> str:
    if isinstance(data, SetRecipe) and data.groups is not None:
        return f"{data.groups} groups of {data.family}"
    return data.source or f"{data.count} of {data.family}, steps {data.steps}"
