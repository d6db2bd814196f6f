"""Regenerate the first step of a `training` artifact: the one whose weights, the base's, are at hand."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pyarrow as pa
import torch

from clean_bench import prompts
from clean_bench.artifacts import Artifact, Failure
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Engine
from clean_bench.engines.open import EngineConfig
from clean_bench.experiments.regenerate.agreement import Agreement
from clean_bench.experiments.regenerate.completions import Stored, compare
from clean_bench.problems import Problem
from clean_bench.samples import SAMPLE, Decoding, Sample, Sampling, read_samples, request_sample
from clean_bench.seeds import seed_of
from trainers.config import TrainConfig, stored_config
from trainers.loop import UPDATES
from trainers.open_training import open_training
from trainers.optimizers import optimizer_of
from trainers.policy import Policy
from trainers.rollouts import TABLE, Rollouts
from trainers.update import prepare, run_updates

ROLLOUTS, METRICS = "rollouts of step 0", "metrics of the updates of step 0"
_OF_FLOAT32, _OF_16_BITS = (1e-4, 1e-3), (2e-2, 5e-2)
"""Largest difference of a metric, absolute and relative to it: the sums of a learner depend on the
number of threads and on the device."""


def regenerate_training(
    artifact: Artifact, base: Checkpoint, settings: EngineConfig, part: str
) -> list[Agreement]:
    """Sample all rollouts of step 0 again, and repeat its update on the stored ones.

    Sampler and learner are opened as for a training, so that both have its arithmetic.

    Args:
        settings: of the sampler, as far as this machine has those of the artifact.

    Raises:
        UserError: if they cannot be opened, or an earlier trainer wrote the artifact.
    """
    config = stored_config(artifact)
    policy, sampler = open_training(base, config, settings)
    with closing(sampler):
        sampler.follow(policy)
        sampled, rollouts = _sample_again(artifact, sampler.engine, config, part)
        sampler.rest()
        return [sampled, _repeat_update(artifact, policy, rollouts, config, part)]


def _sample_again(
    artifact: Artifact, engine: Engine, config: TrainConfig, part: str
) -> tuple[Agreement, Rollouts]:
    """The agreement of the rollouts of step 0, and the stored ones."""
    table = next(iter(artifact.tables(TABLE)))
    table = table.filter(pa.array(table["step"].to_numpy() == 0))
    samples = list(read_samples(table))
    rows = [
        _stored(engine, sample, place, group, config, artifact.metadata["template"])
        for place, (sample, group) in enumerate(
            zip(samples, table["group"].to_pylist(), strict=True)
        )
    ]
    made_by = artifact.config["engine"]
    sampled = compare(engine, rows, made_by, part=part, what=ROLLOUTS)
    return sampled, Rollouts.from_table(table, config)


def _stored(
    engine: Engine, sample: Sample, row: int, group: int, config: TrainConfig, template: str
) -> Stored:
    """A rollout, and the request with its stored prompt: the training data is another artifact."""
    index = row % config.group_size
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
    return Stored(f"{TABLE} step 0 row {row} ({sample.problem_id})", request, sample)


def _repeat_update(
    artifact: Artifact, policy: Policy, rollouts: Rollouts, config: TrainConfig, part: str
) -> Agreement:
    """The updates of step 0 on the stored rollouts, against its stored metrics."""
    optimizer = optimizer_of(policy, config)
    if config.kl_coefficient:
        policy.keep_reference()
    recompute = artifact.config["policy"]["recomputes_old_logprobs"]
    batch = prepare(policy, rollouts, config, recompute=recompute)
    stored = [row for row in artifact.rows(UPDATES) if row["step"] == 0]
    again = run_updates(policy, optimizer, batch, config, step=0)
    in_float32 = policy.compute_dtype == torch.float32
    failures, compared = [], 0
    for number, (before, record) in enumerate(zip(stored, again, strict=True)):
        for name in sorted(record.keys() - {"epoch", "minibatch"}):
            value, compared = record[name], compared + 1
            if not _close(before.get(name), value, in_float32):
                what = f"{name} is stored as {before.get(name)}, the update gives {value}"
                failures.append(Failure(f"{UPDATES} step 0, update {number}", what))
    return Agreement(part, METRICS, compared, compared - len(failures), failures=tuple(failures))


def _close(before: float | None, again: float | None, in_float32: bool) -> bool:
    if before is None or again is None:
        return before is again
    absolute, relative = _OF_FLOAT32 if in_float32 else _OF_16_BITS
    return abs(before - again) <= absolute + relative * abs(again)
