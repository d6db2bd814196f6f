"""Measurements of a small random checkpoint, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.probing.run import probe
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score
from trainers.config import make_config
from trainers.train import train


@pytest.fixture(scope="session")
def problems() -> ProblemSet:
    text = "Ann has {} red apples and {} green ones in a basket. How many apples does she have?"
    return ProblemSet(
        "sums", [Problem(f"p{i}", text.format(i, i + 1), answer=f"{2 * i + 1}") for i in range(5)]
    )


@pytest.fixture(scope="session")
def engine(tiny_checkpoint: Path) -> TransformersEngine:
    return TransformersEngine.load(tiny_checkpoint, device="cpu")


@pytest.fixture(scope="session")
def scores(
    tmp_path_factory: pytest.TempPathFactory,
    engine: TransformersEngine,
    problems: ProblemSet,
    tiny_checkpoint: Path,
) -> Artifact:
    config = ScoreConfig(
        templates=("boxed",), samples=3, temperature=0.9, top_p=0.95, max_tokens=12, repeat=2
    )
    out, checkpoint = tmp_path_factory.mktemp("s") / "scores", str(tiny_checkpoint)
    return score(
        engine, [problems], out, config, checkpoint=Checkpoint(checkpoint, tiny_checkpoint)
    )


@pytest.fixture(scope="session")
def probed(
    tmp_path_factory: pytest.TempPathFactory,
    engine: TransformersEngine,
    problems: ProblemSet,
    tiny_checkpoint: Path,
) -> Artifact:
    checkpoint = Checkpoint(str(tiny_checkpoint), tiny_checkpoint)
    out = tmp_path_factory.mktemp("p") / "probe"
    return probe(engine, [problems], out, checkpoint=checkpoint, fractions=[0.4, 0.6])


@pytest.fixture(scope="session")
def trained(
    tmp_path_factory: pytest.TempPathFactory, problems: ProblemSet, tiny_checkpoint: Path
) -> Artifact:
    settings = {"prompts_per_step": 3, "group_size": 2, "minibatches": 2, "max_tokens": 8}
    config = make_config(
        {"reward": "random", "steps": 1, "seed": 2, "template": "boxed", **settings}
    )
    checkpoint = Checkpoint(str(tiny_checkpoint), tiny_checkpoint)
    return train(checkpoint, problems, config, tmp_path_factory.mktemp("t") / "arm")
