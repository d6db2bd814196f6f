"""SIGKILL at 20 random moments of a run: sampling, updates, and writing. The weights end equal."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

KILLS = 20
SMALL: dict[str, Any] = {
    "reward": "random", "steps": 30, "prompts_per_step": 2, "group_size": 4, "minibatches": 2,
    "max_tokens": 8, "learning_rate": 1e-3, "checkpoint_every": 3, "template": "raw",
    "checkpoint_seconds": 0, "seed": 5,
}  # fmt: skip
VARIANTS = {
    "full": {"epochs": 2, "old_logprobs": "recomputed"},
    "LoRA": {"tuning": "lora", "lora_rank": 4},
}
MOMENTS = {"sampling": 2, "update": 3, "writing": 5}
"""Most events of a kind before the kill: a life of the run gets about a step further."""


def run(base: str, settings: dict[str, Any], out: str, events: Connection | None) -> None:
    """Train; sends the name of each event as it begins."""
    import torch

    from clean_bench.artifacts import atomic_files
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.engines.transformers_engine import TransformersEngine
    from clean_bench.problems import Problem, ProblemSet
    from trainers.config import make_config
    from trainers.optimizers import Optimizer
    from trainers.train import train

    torch.set_num_threads(1)

    def announced(name: str, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if events is not None:
                events.send(name)
            return function(*arguments, **options)

        return call

    TransformersEngine.generate = announced("sampling", TransformersEngine.generate)  # type: ignore[method-assign]
    Optimizer.step = announced("update", Optimizer.step)  # type: ignore[method-assign]
    atomic_files.atomic_file = announced("writing", atomic_files.atomic_file)
    problems = [Problem(str(i), f"What is {i}+{i}?", str(2 * i)) for i in range(7)]
    train(resolve_checkpoint(base), ProblemSet("p", problems), make_config(settings), out)


@pytest.mark.parametrize("variant", VARIANTS)
def test_killed_at_random_moments_the_weights_end_equal(
    variant: str, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    from clean_bench.artifacts import Artifact

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["trainers.train", "clean_bench.engines.transformers_engine"])
    settings = {**SMALL, **VARIANTS[variant]}

    @contextmanager
    def life(name: str) -> Any:
        receiver, sender = context.Pipe(duplex=False)
        line = (str(tiny_checkpoint), settings, str(tmp_path / name), sender)
        process = context.Process(target=run, args=line)
        process.start()
        sender.close()
        yield process, receiver
        process.join()
        receiver.close()

    def drain(receiver: Connection) -> None:
        try:
            while True:
                receiver.recv()
        except EOFError:
            pass

    with life("whole") as (process, receiver):
        drain(receiver)
    assert process.exitcode == 0
    draw = random.Random(f"kills {variant}")
    moments: Counter[str] = Counter()
    for kill in range(KILLS):
        kind = list(MOMENTS)[kill % len(MOMENTS)]
        count, delay = draw.randint(1, MOMENTS[kind]), draw.uniform(0, 0.02)
        with life("killed") as (process, receiver):
            while count:
                count -= receiver.recv() == kind
            time.sleep(delay)
            process.kill()
        assert process.exitcode == -9
        moments[kind] += 1
    with life("killed") as (process, receiver):
        drain(receiver)
    assert process.exitcode == 0 and sum(moments.values()) == KILLS
    whole, killed = (Artifact.load(tmp_path / name) for name in ("whole", "killed"))
    assert killed.metadata["weights_sha256"] == whole.metadata["weights_sha256"]
    assert killed.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert not list((tmp_path / "killed").rglob(".partial-*"))
