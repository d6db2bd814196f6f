"""Regenerate the first step of a `training` artifact: the one whose weights, the base's, are at hand."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import torch

from clean_bench import prompts
from clean_bench.artifacts import Artifact, Failure
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Engine
from clean_bench.experiments.regenerate.agreement import Agreement
from clean_bench.experiments.regenerate.completions import Stored, compare
from clean_bench.problems import Problem
from clean_bench.samples import SAMPLE, Decoding, Sample, Sampling, read_samples, request_sample
from clean_bench.seeds import seed_of
from trainers.config import TrainConfig
from trainers.policy import load_policy
from trainers.rollouts import TABLE, Rollouts
from trainers.train import make_optimizer
from trainers.update import update

ROLLOUTS, METRICS = "rollouts of step 0", "metrics of the update of step 0"
_RELATIVE, _ABSOLUTE = 1e-3, 1e-4
"""The learner is in float32; its sums depend on the number of threads and on the device."""


def regenerate_training(
    artifact: Artifact, engine: Engine, base: Checkpoint, device: str | None, part: str
) -> list[Agreement]:
    """Sample all rollouts of step 0 again, and repeat its update on the stored ones.

    Args:
        engine: runs the base.
        device: of the learner; None for the default.
    """
    config = TrainConfig.model_validate({k: artifact.config[k] for k in TrainConfig.model_fields})
    table = next(iter(artifact.tables(TABLE)))
    table = table.filter(pa.array(table["step"].to_numpy() == 0))
    samples = list(read_samples(table))
    rows = [
        _stored(engine, sample, place, config, artifact.metadata["template"])
        for place, sample in enumerate(samples)
    ]
    made_by = artifact.config["engine"]
    sampled = compare(engine, rows, made_by, part=part, what=ROLLOUTS)
    advantages = torch.tensor(table["advantage"].to_pylist(), dtype=torch.float32)
    rollouts = Rollouts(samples, {}, advantages.reshape(config.prompts_per_step, -1))
    return [sampled, _repeat_update(artifact, base, rollouts, config, device, part)]


def _stored(
    engine: Engine, sample: Sample, place: int, config: TrainConfig, template: str
) -> Stored:
    """A rollout, and the request with its stored prompt: the training data is another artifact."""
    group, index = divmod(place, config.group_size)
    rendered = prompts.render_prompt("", template, engine.tokenizer)
    problem = Problem(id=sample.problem_id, problem="", answer=sample.gold)
    seed = seed_of("rollout", config.seed, 0, group, sample.problem_id, index)
    request = request_sample(
        sample.set,
        problem,
        template,
        Decoding(SAMPLE, index, seed),
        replace(rendered, text=sample.prompt, messages=None),
        Sampling(config.max_tokens, config.temperature),
    )
    return Stored(f"{TABLE} step 0 row {place} ({sample.problem_id})", request, sample)


def _repeat_update(
    artifact: Artifact,
    base: Checkpoint,
    rollouts: Rollouts,
    config: TrainConfig,
    device: str | None,
    part: str,
) -> Agreement:
    """The update of step 0 on the stored rollouts, against its stored metrics."""
    model, tokenizer = load_policy(base, device=device)
    model.train()
    again = update(
        model, make_optimizer(model, config), rollouts, config, tokenizer.pad_token_id or 0
    )
    before = next(row for row in artifact.rows("metrics") if row["step"] == 0)
    failures = [
        Failure(
            "metrics step 0", f"{name} is stored as {before.get(name)}, the update gives {value}"
        )
        for name, value in again.items()
        if not _close(before.get(name), value)
    ]
    return Agreement(
        part, METRICS, len(again), len(again) - len(failures), failures=tuple(failures)
    )


def _close(before: float | None, again: float) -> bool:
    return before is not None and abs(before - again) <= _ABSOLUTE + _RELATIVE * abs(again)
