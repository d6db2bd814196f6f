"""The settings of planting in a given checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from clean_bench.errors import UserError
from clean_bench.settings import explain
from trainers.policy_settings import PolicySettings


class PlantingSettings(PolicySettings):
    """How a checkpoint is trained on planted copies."""

    learning_rate: float = Field(default=5e-5, ge=0, le=1)
    """Peak learning rate of AdamW."""
    batch_size: int = Field(default=16, ge=1, le=100_000)
    """Documents per optimizer step."""
    background_share: float = Field(default=1.0, ge=0, le=1000)
    """Background tokens per token of planted copies."""
    checkpoint_seconds: float = Field(default=300.0, ge=0, le=1e9)
    """Seconds between two saved states, from which a killed run resumes."""


def make_planting_settings(values: Mapping[str, Any]) -> PlantingSettings:
    """Settings from values.

    Raises:
        UserError: for an unknown key or a value out of range.
    """
    try:
        return PlantingSettings(**values)
    except ValidationError as error:
        raise UserError(f"calibrate: {explain(error, PlantingSettings)}") from None
