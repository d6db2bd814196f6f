"""The configuration of one training arm, and the presets that fill parts of it.

Unknown keys are errors. The defaults suit the control models. For a model of billions of parameters
the papers use a learning rate of 5e-7, 64 prompts per step and completions of 3,072 tokens
(2506.10947, appendix A.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clean_bench.errors import UserError
from clean_bench.settings import explain

LARGEST_SEED = 10**18
MOST_ROLLOUTS = 1_000_000
"""Rollouts of a step, which are held in memory."""
Decay = Annotated[float, Field(ge=0, lt=1)]
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

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    reward: str
    """Name of the reward (`clean-bench list rewards`)."""
    steps: int = Field(
        ge=1, le=1_000_000, json_schema_extra={"source": "papers: 300 (2506.10947, A.3)"}
    )
    """Rollout batches; each is followed by `minibatches` optimizer steps."""
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)
    """Seed of the order of prompts, of the sampling and of the random reward."""
    objective: str = "grpo"
    """Preset that fills clip range, aggregation and scaling of advantages (`list objectives`)."""
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
    """Optimizer steps per rollout batch, each on its own mini-batch; above 1 training is off-policy."""
    learning_rate: float = Field(
        default=1e-4,
        gt=0,
        le=1,
        json_schema_extra={"source": "papers: 5e-7 at 7B (2506.10947, A.3)"},
    )
    """Constant learning rate of AdamW; the default suits models of a million parameters."""
    betas: tuple[Decay, Decay] = Field(
        default=(0.9, 0.95), json_schema_extra={"source": "code of 2506.10947"}
    )
    """Decay rates of AdamW's moments."""
    weight_decay: float = Field(
        default=0.0, ge=0, le=1000, json_schema_extra={"source": "code of 2506.10947"}
    )
    """Decoupled weight decay of AdamW."""
    max_grad_norm: float = Field(
        default=1.0, gt=0, le=1e6, json_schema_extra={"source": "code of 2506.10947"}
    )
    """Largest norm of the gradient; a larger gradient is scaled down to it."""
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
    clip_low: float | None = Field(
        default=0.2, gt=0, lt=1, json_schema_extra={"source": "2402.03300, eq. 3"}
    )
    """The importance ratio is clipped from below at 1 - clip_low; none leaves it unclipped."""
    clip_high: float | None = Field(
        default=0.2, gt=0, json_schema_extra={"source": "2402.03300, eq. 3; 0.28 in 2503.14476"}
    )
    """The importance ratio is clipped from above at 1 + clip_high; none leaves it unclipped."""
    dual_clip: float | None = Field(
        default=None, gt=1, json_schema_extra={"source": "1912.09729, eq. 5"}
    )
    """Bound on the loss of tokens with a negative advantage, in multiples of the advantage."""
    aggregate: Literal["token", "sequence", "constant"] = Field(
        default="sequence",
        json_schema_extra={"source": "2402.03300; token: 2503.14476; constant: 2503.20783"},
    )
    """Mean of the loss over all tokens, over sequences of token means, or over a constant length."""
    scale_advantages: bool = Field(
        default=True, json_schema_extra={"source": "2402.03300; false: 2503.20783"}
    )
    """Whether advantages are divided by the standard deviation of the group's rewards."""
    template: str = "auto"
    """Prompt template (`clean-bench list templates`)."""
    checkpoint_every: int = Field(default=5, ge=1, le=1_000_000)
    """Steps between two saved states, from which a killed run resumes."""

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
