"""Check a `training` artifact: the logged rewards are those of the stored text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import torch

from clean_bench.artifacts import Artifact, Failure
from clean_bench.checkpoints import weights_sha256
from clean_bench.grading import UNDECIDED, grade
from clean_bench.problems import Problem
from clean_bench.results import check_results
from clean_bench.samples import Sample, read_samples
from clean_bench.seeds import seed_of
from trainers.advantages import group_advantages
from trainers.config import TrainConfig
from trainers.metrics import batch_metrics
from trainers.rewards import REWARDS, Group
from trainers.rollouts import TABLE, batched_groups, reward_tensor
from trainers.train import CHECKPOINT, training_results


def check_training(artifact: Artifact) -> Iterator[Failure]:
    """Grades, seeds, rewards, advantages, metrics and results from the stored rollouts; the weights.

    What depends on the model (entropy, clip fractions, gradient norm) is not recomputed.
    """
    config = TrainConfig.model_validate({k: artifact.config[k] for k in TrainConfig.model_fields})
    metrics = {row["step"]: row for row in artifact.rows("metrics")}
    if sorted(metrics) != list(range(config.steps)):
        yield Failure("metrics", f"are not those of {config.steps} steps")
        return
    expected = config.prompts_per_step * config.group_size
    rollouts = pa.concat_tables(artifact.tables(TABLE))
    steps = rollouts["step"].to_numpy()
    for step in range(config.steps):
        where = f"{TABLE} step {step}"
        part = rollouts.filter(pa.array(steps == step))
        if len(part) != expected:
            yield Failure(where, f"are {len(part)}, expected {expected}")
            continue
        yield from _check_step(where, part, config, step)
        for name, value in batch_metrics(part, config.reward).items():
            if abs(value - metrics[step][name]) > 1e-9:
                yield Failure(f"metrics step {step}", f"{name} is not the rollouts' {value:.6f}")
    yield from check_results(artifact, training_results(artifact, artifact.metadata))
    if weights_sha256(artifact.folder / CHECKPOINT) != artifact.metadata["weights_sha256"]:
        yield Failure(CHECKPOINT, "its tensors are not those that the manifest names")


def _check_step(
    where: str, rollouts: pa.Table, config: TrainConfig, step: int
) -> Iterator[Failure]:
    samples = list(read_samples(rollouts))
    groups = []
    for place, group in enumerate(batched_groups(samples, config.group_size)):
        failure = _misplaced(group, config, step, place)
        if failure:
            yield Failure(f"{where}, group {place}", failure)
            return
        problem = Problem(id=group[0].problem_id, problem="", answer=group[0].gold)
        groups.append(Group(problem, group, config.seed, step))
    if rollouts["group"].to_pylist() != [i // config.group_size for i in range(len(samples))]:
        yield Failure(where, "have group numbers out of order")
    pairs = [(sample.gold, sample.response) for sample in samples]
    for number, (sample, graded) in enumerate(zip(samples, grade(pairs), strict=True)):
        # Timeouts are machine-dependent; for those rows the stored grade is trusted.
        undecided = {sample.grade, graded.kind} & UNDECIDED
        stored = (sample.grade, sample.extracted, sample.extraction)
        again = (graded.kind, graded.extracted, graded.extraction)
        if not undecided and stored != again:
            yield Failure(f"{where} row {number}", f"is graded {stored}, the text gives {again}")
    yield from _check_rewards(where, rollouts, groups, config)


def _misplaced(group: Sequence[Sample], config: TrainConfig, step: int, place: int) -> str:
    """What is wrong with the keys and seeds of a group; empty where nothing is."""
    first = group[0]
    named = [(sample.problem_id, sample.gold, sample.index) for sample in group]
    if named != [(first.problem_id, first.gold, index) for index in range(config.group_size)]:
        return f"is not {config.group_size} samples of one problem in order"
    labels = ("rollout", config.seed, step, place, first.problem_id)
    if any(sample.seed != seed_of(*labels, sample.index) for sample in group):
        return "has a seed that is not the one of its place"
    if any(len(sample.token_ids) != len(sample.logprobs) for sample in group):
        return "has not one log-probability for each token"
    return ""


def _check_rewards(
    where: str, rollouts: pa.Table, groups: Sequence[Group], config: TrainConfig
) -> Iterator[Failure]:
    rewards = {name: reward_tensor(name, groups) for name in REWARDS}
    advantages = group_advantages(rewards[config.reward], scale=config.scale_advantages).float()
    columns: dict[str, torch.Tensor] = {f"reward/{name}": rewards[name] for name in rewards}
    for name, values in [*columns.items(), ("advantage", advantages)]:
        stored: list[Any] = rollouts[name].to_pylist()
        for number, (before, now) in enumerate(zip(stored, values.flatten().tolist(), strict=True)):
            again = None if now != now else now
            if before != again:
                yield Failure(
                    f"{where} row {number}", f"{name} is stored as {before}, the text gives {again}"
                )
