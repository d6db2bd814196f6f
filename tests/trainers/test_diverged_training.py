"""Training that diverges, and weights that give no probabilities, end in one line."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
import torch

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines.base import Request
from clean_bench.engines.open import open_engine
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from trainers import update
from trainers.config import make_config
from trainers.train import train

PROBLEMS = ProblemSet("p", [Problem(str(i), f"What is {i}+1?", str(i + 1)) for i in range(4)])
SMALL = {
    "steps": 2, "prompts_per_step": 2, "group_size": 2, "minibatches": 2, "max_tokens": 4,
    "reward": "random",
}  # fmt: skip


@pytest.mark.parametrize("value", [nan, inf])
def test_a_loss_that_is_not_finite_stops_training(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    sound = update.policy_loss
    calls = []

    def diverged(*arguments: Any, **options: Any) -> Any:
        parts = sound(*arguments, **options)
        calls.append(parts)
        return replace(parts, loss=parts.loss * value) if len(calls) == 2 else parts

    monkeypatch.setattr(update, "policy_loss", diverged)
    base = resolve_checkpoint(str(tiny_checkpoint))
    with pytest.raises(
        UserError, match=r"step 0, update 2: expected a finite loss, got .*learning_rate"
    ):
        train(base, PROBLEMS, make_config(SMALL), tmp_path / "o")
    assert not Artifact.is_finished(tmp_path / "o")


@pytest.mark.parametrize("value", [nan, inf])
def test_weights_without_probabilities_are_refused(tiny_checkpoint: Path, value: float) -> None:
    engine: Any = open_engine(resolve_checkpoint(str(tiny_checkpoint)))
    with torch.no_grad():
        engine.model.get_output_embeddings().weight.fill_(value)
    request = Request("k", "What is 1+1?", seed=0, max_tokens=4, temperature=1.0)
    with pytest.raises(UserError, match="the model gives no probabilities"):
        list(engine.generate([request]))
    engine.close()
