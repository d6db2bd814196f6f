"""The configuration of one training arm, and the presets that fill parts of it.

Unknown keys are errors. The defaults suit the control models. For a model of billions of parameters
the papers use a learning rate of 5e-7, 64 prompts per step and completions of 3,072 tokens
(2506.10947, appendix A.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import (
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from clean_bench.errors import UserError
from clean_bench.settings import explain
from trainers.objective_settings import ObjectiveSettings
from trainers.policy_settings import PolicySettings
from trainers.presets import PRESETS

if TYPE_CHECKING:
    from clean_bench.artifacts import Artifact

LARGEST_SEED = 10**18
MOST_ROLLOUTS = 1_000_000
"""Rollouts of a step, which are held in memory."""
CHECKPOINT = "checkpoint"
"""The folder of the trained checkpoint in an artifact of kind `training`."""
ADAPTER = "adapter"
"""The folder of the adapter that LoRA trained, in peft's format."""


class TrainConfig(PolicySettings, ObjectiveSettings):
    """One arm: a reward under an objective and a seed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    reward: str
    """The reward that trains: a name (`clean-bench list rewards`) or an expression such as
    `format+0.5*python`."""
    log_rewards: tuple[str, ...] = ("truth", "random", "format", "python")
    """Rewards that are recorded without training on them."""
    steps: int = Field(
        ge=1, le=1_000_000, json_schema_extra={"source": "papers: 300 (2506.10947, A.3)"}
    )
    """Rollout batches; each is followed by `minibatches` times `epochs` optimizer steps."""
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)
    """Seed of the order of prompts, of the sampling and of the random reward."""
    prompts_per_step: int = Field(
        default=32, ge=1, le=100_000, json_schema_extra={"source": "papers: 64 (2506.10947, A.3)"}
    )
    """Prompts per rollout batch (TRL: `generation_batch_size / num_generations`)."""
    group_size: int = Field(
        default=16, ge=2, le=10_000, json_schema_extra={"source": "2506.10947, A.3"}
    )
    """Rollouts per prompt (TRL: `num_generations`)."""
    minibatches: int = Field(
        default=8, ge=1, le=1_000_000, json_schema_extra={"source": "2506.10947, A.3"}
    )
    """Mini-batches of a rollout batch, each with an optimizer step; above 1 training is off-policy."""
    epochs: int = Field(default=1, ge=1, le=1000, json_schema_extra={"source": "2506.10947, A.3"})
    """Passes through the mini-batches of a rollout batch. Above 1, training without a clip has a drift
    of its own."""
    temperature: float = Field(
        default=1.0, ge=0.001, le=1000, json_schema_extra={"source": "2506.10947, A.3"}
    )
    """Temperature of the rollouts."""
    max_tokens: int = Field(
        default=48,
        ge=1,
        le=10_000_000,
        json_schema_extra={"source": "papers: 3072 (2506.10947, A.3)"},
    )
    """Most tokens of a completion; also the constant of the aggregation `constant`."""
    template: str = "auto"
    """Prompt template (`clean-bench list templates`)."""
    checkpoint_every: int = Field(default=5, ge=1, le=1_000_000)
    """Steps between two saved states, from which a killed run resumes."""
    checkpoint_seconds: float = Field(default=600.0, ge=0, le=1e9)
    """Seconds after which the state is saved within a step too."""
    evaluate_every: int = Field(default=0, ge=0, le=1_000_000)
    """Steps between two evaluations on the sets of --evaluate, which are also evaluated before the
    first step and after the last one; 0 without such sets."""
    evaluate_samples: int = Field(default=0, ge=0, le=10_000)
    """Sampled completions per problem of an evaluation, at temperature 1, beside the greedy one."""
    keep_last: int = Field(default=1, ge=1, le=1000)
    """Number of last evaluated checkpoints that are kept, OUT/checkpoint among them; the others are
    OUT/checkpoints/step-N."""
    keep_best: bool = False
    """Whether the checkpoint with the best evaluation is kept too: that of the highest mean over the
    sets of greedy accuracy, the first of equals."""

    @property
    def updates_per_step(self) -> int:
        """Optimizer steps per rollout batch."""
        return self.minibatches * self.epochs

    @property
    def length_constant(self) -> int:
        """Tokens per sequence that the aggregation `constant` divides by."""
        return self.constant_length or self.max_tokens

    @property
    def corrects_mismatch(self) -> bool:
        """Whether token weights correct for the difference between sampler and learner."""
        return self.mismatch_level != "none" or self.mismatch_delta is not None

    @field_validator("betas", "log_rewards", mode="before")
    @classmethod
    def _split(cls, value: Any, info: ValidationInfo) -> Any:
        """The parts of a list that is typed as one text: expressions of rewards may have commas."""
        if not isinstance(value, str):
            return value
        separator = "," if info.field_name == "betas" else ";"
        return [part.strip() for part in value.split(separator) if part.strip()]

    @model_validator(mode="after")
    def _divides(self) -> TrainConfig:
        rollouts = self.prompts_per_step * self.group_size
        if rollouts > MOST_ROLLOUTS:
            raise ValueError(
                f"prompts_per_step * group_size: expected at most {MOST_ROLLOUTS:,} rollouts of a step, "
                f"got {rollouts:,}"
            )
        if rollouts % self.minibatches:
            raise ValueError(
                f"minibatches = {self.minibatches} must divide the {rollouts} rollouts of a step"
            )
        if not self.evaluate_every and (
            self.evaluate_samples or self.keep_best or self.keep_last > 1
        ):
            raise ValueError(
                "evaluate_samples, keep_best and keep_last have no effect at evaluate_every = 0: set "
                "evaluate_every, and name sets with --evaluate"
            )
        updates = self.steps * self.minibatches * self.epochs
        if self.warmup_updates > updates:
            raise ValueError(
                f"warmup_updates: expected at most the {updates:,} updates of this training, got "
                f"{self.warmup_updates:,}"
            )
        return self


def make_config(values: Mapping[str, Any], source: str = "the options") -> TrainConfig:
    """A configuration from values, over the preset that they name.

    Raises:
        UserError: for an unknown key or a value out of range; one line that names it and `source`.
    """
    preset = values.get("objective", "grpo")
    if not isinstance(preset, str) or preset not in PRESETS:
        raise UserError(
            f"{source}: no objective named {preset!r}: expected one of {', '.join(PRESETS)}"
        )
    try:
        return TrainConfig(**{**PRESETS[preset], **values})
    except ValidationError as error:
        raise UserError(f"{source}: {explain(error, TrainConfig)}") from None


def stored_config(artifact: Artifact) -> TrainConfig:
    """The configuration of an artifact of kind `training`.

    Raises:
        UserError: if an earlier trainer wrote it.
    """
    if complaint := of_earlier_trainer(artifact):
        raise UserError(f"{artifact.folder}: {complaint}")
    return TrainConfig.model_validate(
        {key: artifact.config[key] for key in TrainConfig.model_fields}
    )


def of_earlier_trainer(artifact: Artifact) -> str | None:
    """What is wrong with an artifact of kind `training` that an earlier trainer wrote; else None.

    The line names the version that wrote it.
    """
    keys = (*TrainConfig.model_fields, "policy")
    lacking = next((key for key in keys if key not in artifact.config), None)
    if lacking is None:
        return None
    packages = artifact.manifest.get("environment", {}).get("packages", {})
    version = packages.get("clean-bench", "of an unknown version")
    return (
        f"expected a training of this version of the trainer, got one that clean-bench {version} wrote, "
        f"without the setting {lacking}: read it with the version that wrote it, or train again"
    )


def parse_settings(
    settings: Sequence[str], options: Sequence[str] = (), name: str = "--set"
) -> dict[str, Any]:
    """`["learning_rate=1e-5", "clip_high=none"]` as values by key; `none` becomes None.

    Args:
        options: keys that have an option of their own.
        name: the option that the settings come from.

    Raises:
        UserError: for a setting without `=`, and for a key that has an option of its own.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key.strip():
            raise UserError(f"{name} {setting}: expected key=value")
        values[key.strip().replace("-", "_")] = (
            None if text.strip().lower() == "none" else text.strip()
        )
    for option in options:
        if option in values:
            raise UserError(f"{name} {option}=...: give it as --{option}")
    return values
