"""Recipes: what `clean-bench run` does, in a TOML file or built in.

Every key is checked before anything is computed; an unknown one is an error that names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from clean_bench.engines.open import EngineConfig
from clean_bench.errors import UserError
from clean_bench.experiments.names import slug
from clean_bench.foreign_files.regular_file import read_text
from clean_bench.foreign_files.toml_text import LARGEST, decode_toml
from clean_bench.probing.items import HEADLINE
from clean_bench.probing.run import FRACTIONS
from clean_bench.problems import Role
from clean_bench.scoring.config import ScoreConfig
from clean_bench.settings import explain
from generators.competition.plan import FAMILY, VARIANTS, MatchedPlan
from generators.competition.profile import DEFAULT, profile_named
from leaderboards.view import BASE
from trainers.config import LARGEST_SEED, TrainConfig, make_config

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
RESERVED = ("data", "sets", "results")
"""Folders of a run that are no model's."""


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def _require_apart(numbers: Sequence[float]) -> None:
    """Raise `ValueError` for two numbers that name the same folder or column: six digits are written."""
    written: dict[str, float] = {}
    for number in numbers:
        other = written.setdefault(f"{number:g}", number)
        if other != number:
            raise ValueError(
                f"expected numbers that differ in their first six digits, got {other!r} and {number!r}"
            )


class ModelRecipe(_Strict):
    """A base checkpoint and its name in the results.

    In place of `checkpoint`, `completions` names files of completions that it has made, or a folder
    that `score` wrote.
    """

    name: Name
    """Name in folders and results; a model that is written as its checkpoint alone is named after it."""
    checkpoint: str = ""
    """Folder, hub name (`NAME@REVISION`) or `organism:NAME`."""
    revision: str | None = None
    """Branch, tag or commit of a hub name."""
    completions: tuple[str, ...] = ()
    """Files of completions, or a folder that `score` wrote, in place of `checkpoint`."""

    @model_validator(mode="after")
    def _one_origin(self) -> ModelRecipe:
        if bool(self.checkpoint) == bool(self.completions):
            raise ValueError("expected either checkpoint or completions (files)")
        if self.revision and self.completions:
            raise ValueError("revision: completions have none; leave it out")
        return self

    @property
    def source(self) -> str:
        """The checkpoint, or the files of its completions."""
        return self.checkpoint or ", ".join(self.completions)


class DataRecipe(_Strict):
    """Problems: from a `source` (whatever `--on` takes), or generated."""

    source: str | None = None
    """Whatever `--on` takes; a set without one is generated."""
    family: str | None = None
    """Family of a generated set (`clean-bench list families`)."""
    steps: str | None = None
    """Number of steps of a generated set, or a range such as `5-10`."""
    count: int | None = Field(default=None, ge=1)
    """Number of problems of a generated set."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        self.check_origin()
        return self

    def check_origin(self) -> None:
        """Raise `ValueError` unless the problems have exactly one origin."""
        generated = (self.family, self.steps, self.count)
        complete = None not in generated
        if complete == (self.source is not None) or (self.source and any(generated)):
            raise ValueError("expected either source, or family, steps and count")

    def matched_plan(self, master: bytes) -> MatchedPlan | None:
        """The plan of a set that is drawn in groups; None for any other origin."""
        return None


class SetRecipe(DataRecipe):
    """A problem set that every checkpoint is scored and probed on.

    A generated set is drawn after training and bound to every checkpoint of the run. `name` defaults to
    the name of the source, or to the role; `clean_bench.experiments.run.check_recipe` fills it in.
    `limit` keeps only the first problems of a source.
    """

    role: Role
    """What the set is in the report: see docs/matched-sets.md."""
    groups: int | None = Field(default=None, ge=1)
    """With `family = "competition"`, in place of steps and count: groups of five variants."""
    name: str | None = Field(default=None, min_length=1)
    """Name in the results; by default that of the source, or the role."""
    limit: int | None = Field(default=None, ge=1)
    """Only the first problems of a source."""

    def check_origin(self) -> None:
        """As of any problems; a matched set has groups in place of steps and count."""
        if self.family != FAMILY:
            if self.groups is not None:
                raise ValueError(f'groups: expected family = "{FAMILY}"')
            super().check_origin()
        elif self.groups is None or self.source or self.steps or self.count:
            raise ValueError(f"{FAMILY}: expected groups, and no source, steps or count")
        elif self.role != "matched":
            raise ValueError(f'{FAMILY}: expected role = "matched", got {self.role}')

    def matched_plan(self, master: bytes) -> MatchedPlan | None:
        """See `DataRecipe.matched_plan`. Scored problems are those of the split eval."""
        if self.groups is None:
            return None
        return MatchedPlan(profile_named(DEFAULT), self.groups, master, split="eval")

    @property
    def drawn(self) -> int:
        """The number of problems that are generated."""
        return self.count or VARIANTS * (self.groups or 0)

    @model_validator(mode="after")
    def _limit_of_a_source(self) -> SetRecipe:
        if self.limit is not None and self.source is None:
            raise ValueError("limit: a generated set has a count; leave limit out")
        return self

    @property
    def label(self) -> str:
        """The name, or what stands for it before it is filled in."""
        return self.name or self.source or self.role

    @property
    def generated(self) -> bool:
        return self.source is None


class ProbeRecipe(_Strict):
    """How every checkpoint is probed."""

    prefixes: tuple[float, ...] = Field(
        default=FRACTIONS, json_schema_extra={"source": "2507.10532, section 3"}
    )
    """Fractions of each problem that are shown; 0.6, the headline, is among them."""

    @field_validator("prefixes")
    @classmethod
    def _headline_among_them(cls, prefixes: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < prefix < 1 for prefix in prefixes) or HEADLINE not in prefixes:
            raise ValueError(
                f"expected fractions between 0 and 1 that include {HEADLINE}, the headline"
            )
        _require_apart(prefixes)
        return prefixes


class TrainingFreeRecipe(_Strict):
    """Settings of the base checkpoint that need no training, to compare a gain with.

    Every template of `score`, greedy decoding and the majority vote take part in any case.
    `temperatures` are further ones, at which the base alone is sampled.
    """

    temperatures: tuple[float, ...] = ()
    """Further temperatures, at which the base alone is sampled."""

    @field_validator("temperatures")
    @classmethod
    def _positive(cls, temperatures: tuple[float, ...]) -> tuple[float, ...]:
        if any(temperature <= 0 for temperature in temperatures):
            raise ValueError(
                "expected temperatures above 0; greedy decoding takes part in any case"
            )
        _require_apart(temperatures)
        return tuple(dict.fromkeys(temperatures))


class ReadRecipe(_Strict):
    """How files of completions are read, where models and arms have `completions`.

    `columns` names columns that are not recognized (`--map`); `problems` is the problem set that holds
    the gold answers, as `--on` takes it.
    """

    columns: dict[str, str] = {}
    """Columns of fields that are not recognized, as in `--map`."""
    problems: str | None = None
    """Problem set that holds the gold answers, as `--on` takes it."""


class ArmRecipe(_Strict):
    """A reward to train under, an existing checkpoint, or the completions of one.

    A reward is trained from every model. `set` overrides keys of `train` for this arm. An existing
    `checkpoint` (or `completions`, files) was trained from the base `model`, which may be left out
    where there is only one.
    """

    name: Name
    """Name in folders and results."""
    reward: str | None = None
    """Reward to train under (`clean-bench list rewards`)."""
    set: dict[str, Any] = {}
    """Keys of `train` that this arm overrides."""
    labels: str | None = None
    """Labels for the rewards `majority` and `incorrect`: a folder of `clean-bench label`, or a file with
    a label per problem of the training data (`clean-bench train --labels`)."""
    checkpoint: str | None = None
    """Existing checkpoint, which is scored and probed and not trained."""
    revision: str | None = None
    """Branch, tag or commit of a hub name."""
    completions: tuple[str, ...] = ()
    """Files of completions, or a folder that `score` wrote, in place of a checkpoint."""
    model: str | None = None
    """Name of the base of an existing checkpoint, where the recipe has several models."""

    @property
    def source(self) -> str:
        """The existing checkpoint, or the files of its completions."""
        return self.checkpoint or ", ".join(self.completions)

    @model_validator(mode="after")
    def _one_origin(self) -> ArmRecipe:
        if [bool(self.reward), bool(self.checkpoint), bool(self.completions)].count(True) != 1:
            raise ValueError(
                "expected either reward (trained here) or checkpoint (existing), or completions"
            )
        if self.set and not self.reward:
            raise ValueError("set: an existing checkpoint is not trained here; leave it out")
        if self.labels and not self.reward:
            raise ValueError("labels: an existing checkpoint is not trained here; leave it out")
        if self.revision and not self.checkpoint:
            raise ValueError("revision: expected a checkpoint of the hub; leave it out")
        if self.model and self.reward:
            raise ValueError(
                "model: an arm with a reward is trained from every model; leave it out"
            )
        return self


class Recipe(_Strict):
    """An experiment: models, problem sets with roles, training data, arms and seeds."""

    title: str
    """Title of the report."""
    models: list[ModelRecipe] = Field(min_length=1)
    """Base checkpoints."""
    sets: list[SetRecipe] = []
    """What every checkpoint is scored and probed on; empty where completions are compared."""
    data: DataRecipe | None = None
    """The training data of the arms. A generated set is drawn from the split `train`, which shares no
    computation with a generated set that is scored."""
    seeds: list[Seed] = []
    """Training seeds; every arm that is trained here is trained once with each."""
    engine: EngineConfig = EngineConfig()
    """How checkpoints are run."""
    score: ScoreConfig = ScoreConfig(samples=16)
    """How every checkpoint is scored; `samples` is 16 unless it is set."""
    probe: ProbeRecipe = ProbeRecipe()
    """How every checkpoint is probed."""
    training_free: TrainingFreeRecipe = TrainingFreeRecipe()
    """Settings of the base that need no training, to compare a gain with."""
    read: ReadRecipe = ReadRecipe()
    """How files of completions are read."""
    behaviors: bool = False
    """Whether the behaviors of every arm's completions are compared with those of its base."""
    train: dict[str, Any] = {}
    """Settings that all arms share (`clean-bench train --set`)."""
    arms: list[ArmRecipe] = Field(min_length=1)
    """Rewards that are trained here, or existing checkpoints."""
    limits: list[str] = []
    """Limits of the evidence that the report prints after those that follow from the recipe."""

    @field_validator("models", mode="before")
    @classmethod
    def _named(cls, models: object) -> object:
        """A model may be written as its checkpoint alone."""
        if not isinstance(models, list):
            return models
        return [
            {"name": slug(model), "checkpoint": model} if isinstance(model, str) else model
            for model in models
        ]

    @field_validator("score", mode="before")
    @classmethod
    def _sampled(cls, score: object) -> object:
        """Gains are measured on samples unless the recipe sets `samples`."""
        return {"samples": 16, **score} if isinstance(score, dict) else score

    @model_validator(mode="after")
    def _different_names(self) -> Recipe:
        models, arms = [model.name for model in self.models], [arm.name for arm in self.arms]
        for what, names in (("models", models), ("arms", arms), ("seeds", self.seeds)):
            if len(set(names)) < len(names):
                raise ValueError(
                    f"{what}: expected different ones, got {', '.join(map(str, names))}"
                )
        for name in models:
            if name in RESERVED:
                raise ValueError(f"models: {name} is a folder of the run; choose another name")
        labels = {f"{arm.name}-{seed}" for arm in self.arms if arm.reward for seed in self.seeds}
        for name in arms:
            if name == BASE or name in labels:
                raise ValueError(f"arms: {name} names another checkpoint; choose another name")
        return self

    @model_validator(mode="after")
    def _arms_have_origins(self) -> Recipe:
        models = [model.name for model in self.models]
        for arm in self.arms:
            if not arm.reward and arm.model not in models and (arm.model or len(models) > 1):
                raise ValueError(
                    f"arms: {arm.name}: model: expected one of {', '.join(models)}, got {arm.model}"
                )
        for key in ("reward", "seed"):
            if key in self.train or any(key in arm.set for arm in self.arms):
                raise ValueError(f"train: {key} is set by arms and seeds; leave it out")
        trained = any(arm.reward for arm in self.arms)
        if trained and self.data is None:
            raise ValueError("data: expected training data, since an arm is trained here")
        if trained and not self.seeds:
            raise ValueError("seeds: expected at least one, since an arm is trained here")
        labelled = next((arm.name for arm in self.arms if arm.labels), None)
        if labelled is not None and self.data is not None and self.data.source is None:
            raise ValueError(
                f"data: expected a source, since the labels of the arm {labelled} are of its problems; "
                "write the problems with clean-bench generate and name their folder"
            )
        if self.train.get("evaluate_every", 0) or any(
            arm.set.get("evaluate_every", 0) for arm in self.arms
        ):
            raise ValueError(
                "train: evaluate_every: a recipe has no sets to evaluate on during training; it scores "
                "every checkpoint afterwards; leave it out"
            )
        if not trained and (self.data or self.seeds or self.train):
            raise ValueError("data, seeds, train: no arm is trained here; leave them out")
        return self

    @model_validator(mode="after")
    def _measured_or_read(self) -> Recipe:
        subjects: list[ModelRecipe | ArmRecipe] = [*self.models, *self.arms]
        read = [subject.name for subject in subjects if subject.completions]
        if not read:
            if not self.sets:
                raise ValueError("sets: expected at least one")
            return self
        if len(read) < len(subjects):
            other = next(subject.name for subject in subjects if not subject.completions)
            raise ValueError(
                f"completions: {read[0]} has completions of its own and {other} has not: expected "
                "completions for every model and arm, or for none"
            )
        if self.sets or self.training_free.temperatures:
            raise ValueError(
                "sets, training_free: completions of one's own come with their problems, and no model "
                "is run; leave them out"
            )
        return self

    @property
    def from_completions(self) -> bool:
        """Whether the completions are read from files, so that no model is run."""
        return bool(self.models[0].completions)

    def arms_of(self, model: ModelRecipe) -> list[ArmRecipe]:
        """The arms trained from a model, and the existing checkpoints that belong to it."""
        return [
            arm
            for arm in self.arms
            if arm.reward or (arm.model or self.models[0].name) == model.name
        ]

    def seeds_of(self, arm: ArmRecipe) -> list[int | None]:
        """The seeds of an arm; an existing checkpoint has none."""
        return list(self.seeds) if arm.reward else [None]

    @model_validator(mode="after")
    def _temperatures_apart(self) -> Recipe:
        _require_apart([self.score.temperature, *self.training_free.temperatures])
        return self

    def further_temperatures(self) -> list[float]:
        """Temperatures at which only the bases are sampled."""
        return [t for t in self.training_free.temperatures if t != self.score.temperature]

    def arm_config(self, arm: ArmRecipe, seed: int) -> TrainConfig:
        """The training configuration of an arm under a seed (raises UserError)."""
        values = {**self.train, **arm.set, "reward": arm.reward, "seed": seed}
        return make_config(values, f"arm {arm.name!r}")


def parse_recipe(text: str, source: str) -> Recipe:
    """A recipe from TOML.

    Raises:
        UserError: one line naming `source` and the key.
    """
    try:
        recipe = Recipe.model_validate(decode_toml(text, source))
    except ValidationError as error:
        raise UserError(f"{source}: {explain(error, Recipe)}") from None
    try:
        for arm in recipe.arms:
            if arm.reward:
                recipe.arm_config(arm, recipe.seeds[0])
        recipe.score.check()
    except UserError as error:
        raise UserError(f"{source}: {error}") from None
    return recipe


def built_in_files() -> dict[str, Path]:
    """The files of the recipes that come with the package, by name."""
    folder = Path(str(resources.files("clean_bench.experiments") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def built_in() -> dict[str, Recipe]:
    """The recipes that come with the package, by name."""
    return {
        name: parse_recipe(path.read_text("utf-8"), path.name)
        for name, path in built_in_files().items()
    }


def load_recipe(name: str) -> Recipe:
    """A recipe by built-in name or by path.

    Raises:
        UserError: if there is neither, or it is no valid recipe.
    """
    path = Path(name)
    if path.exists() and not path.is_dir():
        return parse_recipe(read_text(path, LARGEST), str(path))
    recipes = built_in()
    if name not in recipes:
        raise UserError(
            f"no recipe named {name!r}: expected a TOML file or one of {', '.join(recipes)}"
        )
    return recipes[name]
