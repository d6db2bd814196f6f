"""The configuration of one training arm, and the presets that fill parts of it.

Unknown keys are errors. The defaults suit the control models. For a model of billions of parameters
the papers use a learning rate of 5e-7, 64 prompts per step and completions of 3,072 tokens
(2506.10947, appendix A.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clean_bench.errors import UserError

CHECKPOINT = "checkpoint"
"""The folder of the trained checkpoint in an artifact of kind `training`."""

PRESETS: Mapping[str, dict[str, Any]] = {
    "grpo": {"clip_low": 0.2, "clip_high": 0.2, "aggregate": "sequence", "scale_advantages": True},
    "dapo": {"clip_low": 0.2, "clip_high": 0.28, "aggregate": "token", "scale_advantages": True},
    "dr-grpo": {
        "clip_low": 0.2,
        "clip_high": 0.2,
        "aggregate": "constant",
        "scale_advantages": False,
    },
    "no-clip": {
        "clip_low": None,
        "clip_high": None,
        "aggregate": "sequence",
        "scale_advantages": True,
    },
}
SUMMARIES: Mapping[str, str] = {
    "grpo": "symmetric clip, mean over tokens then over sequences (2402.03300)",
    "dapo": "clip-higher, mean over all tokens (2503.14476; without its dynamic sampling)",
    "dr-grpo": "no division by the group's deviation, tokens divided by a constant (2503.20783)",
    "no-clip": "as grpo, with the ratio unclipped: the control of the clipping-bias claim",
}


class TrainConfig(BaseModel):
    """One arm: a reward under an objective and a seed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reward: str
    """Name of the reward (`clean-bench list rewards`)."""
    steps: int = Field(ge=1)
    """Rollout batches; each is followed by `minibatches` optimizer steps."""
    seed: int = Field(default=0, ge=0)
    """Seed of the order of prompts, of the sampling and of the random reward."""
    objective: str = "grpo"
    """Preset that fills the clip range, the aggregation and the scaling of advantages."""
    prompts_per_step: int = Field(default=32, ge=1)
    """Prompts per rollout batch (TRL: `generation_batch_size / num_generations`)."""
    group_size: int = Field(default=16, ge=2)
    """Rollouts per prompt (TRL: `num_generations`)."""
    minibatches: int = Field(default=8, ge=1)
    """Optimizer steps per rollout batch, each on its own mini-batch; above 1 training is off-policy."""
    learning_rate: float = Field(default=1e-4, gt=0)
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    temperature: float = Field(default=1.0, gt=0)
    max_tokens: int = Field(default=48, ge=1)
    """Most tokens of a completion; also the constant of the aggregation `constant`."""
    clip_low: float | None = Field(default=0.2, gt=0, lt=1)
    clip_high: float | None = Field(default=0.2, gt=0)
    dual_clip: float | None = Field(default=None, gt=1)
    aggregate: Literal["token", "sequence", "constant"] = "sequence"
    scale_advantages: bool = True
    template: str = "auto"
    """Prompt template (`clean-bench list templates`)."""
    checkpoint_every: int = Field(default=5, ge=1)
    """Steps between two saved states, from which a killed run resumes."""

    @model_validator(mode="after")
    def _divides(self) -> TrainConfig:
        rollouts = self.prompts_per_step * self.group_size
        if rollouts % self.minibatches:
            raise ValueError(
                f"minibatches = {self.minibatches} must divide the {rollouts} rollouts of a step"
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
        raise UserError(f"{source}: {explain(error)}") from None


def explain(error: ValidationError) -> str:
    """The first problem of a validation error in one line.

    An unknown key comes first: a key that is missing is mostly one that was misspelled.
    """
    errors = sorted(error.errors(), key=lambda entry: entry["type"] != "extra_forbidden")
    first = errors[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"unknown key {where!r}"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """`["learning_rate=1e-5", "clip_high=none"]` as values by key; `none` becomes None.

    Raises:
        UserError: for a setting without `=`.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key.strip():
            raise UserError(f"--set {setting}: expected key=value")
        values[key.strip().replace("-", "_")] = (
            None if text.strip().lower() == "none" else text.strip()
        )
    return values
