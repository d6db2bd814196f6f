"""Train one arm: GRPO on a problem set under one reward, one objective and one seed.

    train(engine, model, tokenizer, problems, config, out, base=...)

The folder is an artifact of kind `training`: `metrics` (one row a step), `rollouts` (every completion
with its verdict, reward and advantage), `seconds` (per phase, no part of the identity) and
`checkpoint/`, which `transformers` loads. A killed run continues from its last saved step and ends
with the same weights, bit for bit on a CPU.

What it leaves out: several GPUs, a reference model with a KL term, an entropy bonus.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import torch

from clean_bench import prompts
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import weights_sha256
from clean_bench.engines.base import Engine
from clean_bench.errors import UserError
from clean_bench.problems import ProblemSet
from trainers.config import TrainConfig
from trainers.metrics import batch_metrics
from trainers.rewards import reward
from trainers.rollouts import judge, pick, sample
from trainers.state import load_state, save_state
from trainers.update import update

KIND = "training"
CHECKPOINT = "checkpoint"


def train(
    engine: Engine,
    model: Any,
    tokenizer: Any,
    problems: ProblemSet,
    config: TrainConfig,
    out: Any,
    *,
    base: Mapping[str, str],
    progress: Callable[[int, Mapping[str, float]], None] = lambda step, metrics: None,
) -> Artifact:
    """Train `model` in place and write the artifact.

    Args:
        engine: samples the rollouts; its weights follow the model's.
        base: what the checkpoint is, `name` and `weights_sha256`; the hash is part of the
            configuration, the name is recorded as typed.
        progress: called after each step with the number of completed steps and its metrics.

    Raises:
        UserError: for a problem without an answer, an empty set, or a folder of another run.
    """
    if not len(problems):
        raise UserError(f"{problems.name}: no problem to train on")
    problems.require_answers()
    reward(config.reward)
    artifact = Artifact.open(
        out,
        KIND,
        {
            **config.model_dump(mode="json"),
            "base_weights_sha256": base["weights_sha256"],
            "data": problems.name,
            "data_sha256": problems.content_sha256,
            "engine": engine.describe(),
        },
        provenance={"base": base["name"]},
    )
    with artifact:
        if not artifact.finished:
            _run(artifact, engine, model, tokenizer, problems, config, progress)
    return artifact


def _run(
    artifact: Artifact,
    engine: Engine,
    model: Any,
    tokenizer: Any,
    problems: ProblemSet,
    config: TrainConfig,
    progress: Callable[[int, Mapping[str, float]], None],
) -> None:
    template = prompts.resolve(config.template, tokenizer)
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=config.betas,
        weight_decay=config.weight_decay,
    )
    begin = load_state(artifact, model, [optimizer])
    model.train()
    engine.update_weights(model.named_parameters())
    _check_lengths(engine, problems, template, tokenizer)
    tables: dict[str, list[dict[str, Any]]] = {"metrics": [], "rollouts": [], "seconds": []}
    for step in range(begin, config.steps):
        clock = _Clock()
        chosen = pick(problems.problems, config, step)
        completions = sample(engine, chosen, config, template, tokenizer, step)
        clock.lap("generate")
        rollouts = judge(chosen, completions, config, step)
        clock.lap("reward")
        stats = update(model, optimizer, rollouts, config, tokenizer.pad_token_id or 0)
        clock.lap("train")
        engine.update_weights(model.named_parameters())
        clock.lap("sync")
        rows = rollouts.rows(step)
        tables["metrics"].append({"step": step, **batch_metrics(rows, config.rollouts), **stats})
        tables["rollouts"] += rows
        tables["seconds"].append({"step": step, **clock.seconds})
        progress(step + 1, tables["metrics"][-1])
        if (step + 1) % config.checkpoint_every == 0 or step + 1 == config.steps:
            for name, rows in tables.items():
                artifact.write(
                    f"{name}/{step // config.checkpoint_every:05d}", pa.Table.from_pylist(rows)
                )
                rows.clear()
            save_state(artifact, step + 1, model, [optimizer])
    _save(artifact, model, tokenizer)
    weights = weights_sha256(artifact.folder / CHECKPOINT)
    artifact.finish(
        {
            "steps": config.steps,
            "template": template,
            "weights_sha256": weights,
            "engine": engine.describe(),
        },
        volatile=["seconds"],
    )


def _check_lengths(engine: Engine, problems: ProblemSet, template: str, tokenizer: Any) -> None:
    """Raise `UserError` naming the first problem whose prompt leaves no room for an answer."""
    for problem in problems:
        prompt = prompts.render(problem.problem, template, tokenizer)
        length = len(engine.encode(prompt.text, special_tokens=prompt.special_tokens))
        if length >= engine.context_length:
            raise UserError(
                f"{problem.source or problem.id}: its prompt takes {length} tokens, and the checkpoint "
                f"reads {engine.context_length}; leave the row out"
            )


def _save(artifact: Artifact, model: Any, tokenizer: Any) -> None:
    with artifact.folder_in_work(CHECKPOINT) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


class _Clock:
    """Seconds per phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, phase: str) -> None:
        now = time.perf_counter()
        self.seconds[phase], self._last = now - self._last, now
