"""One training arm from a checkpoint's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import weights_sha256
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.pipeline.names import checkpoint_folder
from clean_bench.problems import ProblemSet
from trainers.grpo.config import TrainConfig
from trainers.grpo.loop import train


def train_arm(
    checkpoint: str,
    problems: ProblemSet,
    config: TrainConfig,
    out: Path,
    *,
    trust_remote_code: bool = False,
    progress: Callable[[int, Mapping[str, float]], None] = lambda step, metrics: None,
) -> Artifact:
    """Load a checkpoint twice, to sample and to train, and train it; see `trainers.grpo.loop.train`.

    The training copy is float32 everywhere: updates of 1e-6 are lost in bfloat16.
    """
    folder = checkpoint_folder(checkpoint)
    engine = TransformersEngine.load(folder, trust_remote_code=trust_remote_code)
    learner = TransformersEngine.load(
        folder, trust_remote_code=trust_remote_code, dtype=torch.float32
    )
    return train(
        engine,
        learner.model,
        learner.tokenizer,
        problems,
        config,
        out,
        base={"name": checkpoint, "weights_sha256": weights_sha256(folder)},
        progress=progress,
    )
