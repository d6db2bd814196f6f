"""The settings of the policy, its batches and its optimizer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Decay = Annotated[float, Field(ge=0, lt=1)]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
BASE_SHA256 = "base_sha256"
"""Key of the hash of the weights under an adapter, in `Policy.describe` and in each saved state."""
LOST = "lost_by_merging"
"""Key of the share of an adapter's update that rounding took from the merged checkpoint."""

LORA_FROM = 5_000_000_000
"""Parameters from which adapters are trained in place of all weights."""
SINGLE_BELOW = 2_000_000_000
"""Parameters below which all weights are held in float32."""
CHECKPOINTED_FROM = 1_000_000_000
"""Parameters from which the backward pass recomputes activations."""
HOST_FROM = 5_000_000_000
"""Trained parameters from which float32 masters and moments are in the host's memory."""


class PolicySettings(BaseModel):
    """How the learner is held, batched and optimized; part of `trainers.config.TrainConfig`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    learning_rate: float = Field(
        default=1e-4,
        ge=0,
        le=1,
        json_schema_extra={"source": "papers: 5e-7 at 7B (2506.10947, A.3)"},
    )
    """Peak learning rate of AdamW; the default suits models of a million parameters."""
    learning_rate_schedule: Literal["constant", "linear", "cosine"] = Field(
        default="constant", json_schema_extra={"source": "2506.10947, A.3"}
    )
    """Learning rate after the warm-up: constant, or a linear or cosine decay to the floor."""
    warmup_updates: int = Field(
        default=0, ge=0, le=10_000_000, json_schema_extra={"source": "2506.10947, A.3"}
    )
    """Optimizer steps in which the learning rate rises linearly from 0, the rate of the first one."""
    learning_rate_floor: float = Field(default=0.0, ge=0, le=1)
    """Learning rate at the end of a decay, as a fraction of the peak."""
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
    tuning: Literal["auto", "full", "lora"] = "auto"
    """What is trained: all weights, or LoRA adapters. auto: adapters above 5 billion parameters."""
    lora_rank: int = Field(default=16, ge=1, le=4096)
    """Rank of the LoRA adapters."""
    lora_alpha: float = Field(default=32.0, gt=0, le=1e6)
    """Scale of the LoRA adapters; their product is multiplied by lora_alpha / lora_rank."""
    lora_targets: str = Field(default="all-linear", min_length=1)
    """Modules with adapters, by name, separated by commas; all-linear: every linear layer but the
    output head."""
    compute_dtype: Dtype = "auto"
    """Arithmetic of the learner's forward and backward pass. auto: that of the sampler."""
    weights_dtype: Dtype = "auto"
    """Data type of the learner's weights. auto: float32 below 2 billion parameters, else that of the
    arithmetic. 16-bit weights that are trained have float32 masters."""
    masters: Literal["auto", "device", "host"] = "auto"
    """Memory of the float32 masters and of AdamW's moments: of the device, or of the host. auto: the
    host from 5 billion trained parameters on. Moments in 8 bits are not offered: beside float32 masters
    they do not make 7B fit on 80 GB, and without masters small steps are rounded away."""
    token_budget: int = Field(default=1024, ge=1, le=100_000_000)
    """Most tokens, of prompts and completions together, in one forward and backward pass; a longer
    sequence has a pass of its own. Memory grows with it, the gradient does not depend on it. 1,024 suits
    a CPU; a GPU is faster with 16,384."""
    head_chunk: int = Field(default=512, ge=1, le=1_000_000)
    """Most tokens whose logits are in memory at once; fewer where the vocabulary is large."""
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    """Whether the backward pass recomputes the activations of each layer. auto: from 1 billion
    parameters on."""

    @model_validator(mode="after")
    def _floor_of_a_decay(self) -> PolicySettings:
        if self.learning_rate_floor and self.learning_rate_schedule == "constant":
            raise ValueError(
                "learning_rate_floor has no effect at learning_rate_schedule = constant: set "
                "learning_rate_schedule to linear or cosine"
            )
        return self
