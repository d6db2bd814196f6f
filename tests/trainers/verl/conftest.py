"""A run of a control model, as an export makes it, with settings to vary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trainers.config import make_config
from trainers.verl.arm import Cluster
from trainers.verl.run import Run

MakeRun = Callable[..., Run]


def run_of(**settings: Any) -> Run:
    """A run on two machines of four GPUs; `settings` are keys of `[train]`."""
    config = make_config({"reward": "truth", "steps": 3, "prompts_per_step": 32, **settings})
    return Run(
        name="arm",
        config=config,
        cluster=Cluster(nodes=2, gpus_per_node=4),
        model="/models/base",
        checkpoints="/shared/arm",
        longest_prompt=40,
        chat_template="{{ messages[0]['content'] }}",
        lora=settings.get("tuning") == "lora",
        checkpointing=False,
    )


@pytest.fixture
def make_run() -> MakeRun:
    return run_of
