"""Check a `training` artifact: what the log says was rewarded is what the stored text earns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import torch

from clean_bench.artifacts import Artifact, Failure
from clean_bench.checkpoints import weights_sha256
from clean_bench.grading.grade import UNDECIDED, Grade, grade
from clean_bench.problems import Problem
from trainers.advantages import group_advantages
from trainers.metrics import batch_metrics
from trainers.rewards import Context, reward


def verify_training(artifact: Artifact) -> Iterator[Failure]:
    """Verdicts, rewards, advantages and batch metrics from the stored rollouts, and the weights.

    What depends on the model (entropy, clip fractions, gradient norm) is not computed again.
    """
    config, rows = artifact.config, artifact.rows("rollouts")
    verdicts = grade([(row["answer"], row["response"]) for row in rows])
    numbered = list(zip(range(len(rows)), rows, verdicts, strict=True))
    for step, part in groupby(numbered, key=lambda entry: entry[1]["step"]):
        yield from _step(step, list(part), config)
    metrics = {row["step"]: row for row in artifact.rows("metrics")}
    wanted = config["prompts"] * config["rollouts"]
    if sorted(metrics) != list(range(config["steps"])):
        yield Failure("metrics", f"are not those of {config['steps']} steps")
        return
    for step in range(config["steps"]):
        own = [row for row in rows if row["step"] == step]
        if len(own) != wanted:
            yield Failure(f"rollouts step {step}", f"are {len(own)} and should be {wanted}")
            continue
        for name, value in batch_metrics(own, config["rollouts"]).items():
            if abs(value - metrics[step][name]) > 1e-9:
                yield Failure(
                    f"metrics step {step}", f"its {name} is not the rollouts' {value:.6f}"
                )
    if weights_sha256(artifact.folder / "checkpoint") != artifact.metadata["weights_sha256"]:
        yield Failure("checkpoint", "its tensors are not those that the manifest names")


def _step(step: int, entries: list[Any], config: dict[str, Any]) -> Iterator[Failure]:
    size, function = config["rollouts"], reward(config["reward"]).function
    for start in range(0, len(entries), size):
        group = entries[start : start + size]
        first = group[0][1]
        named = [(row["problem_id"], row["answer"], row["sample"]) for _, row, _ in group]
        if named != [(first["problem_id"], first["answer"], sample) for sample in range(size)]:
            yield Failure(
                f"rollouts row {group[0][0]} (step {step})",
                f"does not begin {size} samples of one problem, in order",
            )
            continue
        # A limit of time may be met on one machine and not on another: there the log has the word.
        group = [
            (n, row, Grade(row["verdict"], None) if _undecided(row, verdict) else verdict)
            for n, row, verdict in group
        ]
        problem = Problem(id=first["problem_id"], problem="", answer=first["answer"])
        context = Context(config["seed"], step, [verdict for _, _, verdict in group])
        given = function(problem, [row["response"] for _, row, _ in group], context)
        tensor = torch.tensor(
            [[float("nan") if value is None else value for value in given]], dtype=torch.float64
        )
        advantages = group_advantages(tensor, scale=config["scale_advantages"]).float()[0].tolist()
        for (number, row, verdict), value, advantage in zip(group, given, advantages, strict=True):
            stored = (row["verdict"], row["reward"], row["advantage"])
            if stored != (verdict.kind, value, advantage):
                yield Failure(
                    f"rollouts row {number} (step {step}, {row['problem_id']})",
                    f"verdict, reward and advantage are stored as {stored} and come out as "
                    f"{(verdict.kind, value, advantage)}",
                )


def _undecided(row: dict[str, Any], verdict: Grade) -> bool:
    return bool({row["verdict"], verdict.kind} & UNDECIDED)
