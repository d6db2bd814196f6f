"""One training arm from a checkpoint's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import weights_sha256
from clean_bench.engines.open import EngineChoice, open_engine
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.experiments.names import checkpoint_folder
from clean_bench.problems import ProblemSet
from trainers.config import TrainConfig
from trainers.loop import train

_SHARE = 0.3
"""Of a GPU's memory for vLLM: the learner with its optimizer needs the rest."""


def train_arm(
    checkpoint: str,
    problems: ProblemSet,
    config: TrainConfig,
    out: Path,
    *,
    engine: EngineChoice | None = None,
    trust_remote_code: bool = False,
    say: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, Mapping[str, float]], None] = lambda step, metrics: None,
) -> Artifact:
    """Load a checkpoint twice, to sample and to train, and train it; see `trainers.loop.train`.

    Args:
        engine: what samples the rollouts.
        say: is told which engine that is and why.

    The training copy is float32 everywhere: updates of 1e-6 are lost in bfloat16.
    """
    folder = checkpoint_folder(checkpoint)
    runner = open_engine(
        folder, engine, trust_remote_code=trust_remote_code, memory=_SHARE, say=say
    )
    try:
        learner = TransformersEngine.load(
            folder, trust_remote_code=trust_remote_code, dtype=torch.float32
        )
        return train(
            runner,
            learner.model,
            learner.tokenizer,
            problems,
            config,
            out,
            base={"name": checkpoint, "weights_sha256": weights_sha256(folder)},
            progress=progress,
        )
    finally:
        runner.close()
