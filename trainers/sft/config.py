"""The configuration of a supervised fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from clean_bench.errors import UserError
from clean_bench.settings import explain
from trainers.config import LARGEST_SEED
from trainers.policy_settings import PolicySettings


class SftConfig(PolicySettings):
    """One supervised fine-tuning on worked solutions."""

    updates: int = Field(ge=1, le=10_000_000)
    """Optimizer steps."""
    batch_size: int = Field(default=32, ge=1, le=100_000)
    """Problems per optimizer step."""
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)
    """Seed of the order of the problems."""
    template: str = "auto"
    """Prompt template (`clean-bench list templates`)."""
    checkpoint_seconds: float = Field(default=600.0, ge=0, le=1e9)
    """Seconds between two saved states, from which a killed run resumes."""


def make_sft_config(values: Mapping[str, Any], source: str = "the options") -> SftConfig:
    """A configuration from values.

    Raises:
        UserError: for an unknown key or a value out of range; one line that names it and `source`.
    """
    try:
        return SftConfig(**values)
    except ValidationError as error:
        raise UserError(f"{source}: {explain(error, SftConfig)}") from None
