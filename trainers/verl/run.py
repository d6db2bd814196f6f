"""What the overrides of an export depend on, beside verl's own defaults."""

from __future__ import annotations

from dataclasses import dataclass

from trainers.config import TrainConfig
from trainers.verl.arm import Cluster

VERSION = "0.9.1"
"""The version of verl whose configuration and code the export is made for."""
TRAIN, VALIDATION, REWARD = "train.parquet", "val.parquet", "reward.py"
"""Files of the export that verl reads, relative to its folder."""


@dataclass(frozen=True, slots=True)
class Run:
    """One arm with everything that was read from its checkpoint and its data.

    `model` is where the machines find the checkpoint, `checkpoints` verl's folder of checkpoints.
    `longest_prompt` is in tokens; `chat_template` renders the one user message of a row into the
    prompt. `lora` and `checkpointing` are the settings `tuning` and `gradient_checkpointing` with
    `auto` decided.
    """

    name: str
    config: TrainConfig
    cluster: Cluster
    model: str
    checkpoints: str
    longest_prompt: int
    chat_template: str
    lora: bool
    checkpointing: bool

    @property
    def longest_sequence(self) -> int:
        """Most tokens of a prompt and its completion together."""
        return self.longest_prompt + self.config.max_tokens
