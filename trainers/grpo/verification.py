"""Check a `training` artifact: what the log says was rewarded is what the stored text earns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import torch

from clean_bench.answers.grade import grade
from clean_bench.artifacts import Artifact, Failure
from clean_bench.checkpoints import weights_sha256
from clean_bench.problems import Problem
from trainers.grpo.advantages import group_advantages
from trainers.rewards import Context, reward


def verify_training(artifact: Artifact) -> Iterator[Failure]:
    """Verdicts, rewards and advantages from the stored rollouts, mean rewards, and the weights."""
    config, rows = artifact.config, artifact.rows("rollouts")
    verdicts = grade([(row["answer"], row["response"]) for row in rows])
    numbered = list(zip(range(len(rows)), rows, verdicts, strict=True))
    for step, part in groupby(numbered, key=lambda entry: entry[1]["step"]):
        yield from _step(step, list(part), config)
    metrics = {row["step"]: row for row in artifact.rows("metrics")}
    if sorted(metrics) != list(range(config["steps"])):
        yield Failure("metrics", f"are not those of {config['steps']} steps")
        return
    for step, rewarded in groupby(rows, key=lambda row: row["step"]):
        scored = [row["reward"] for row in rewarded if row["reward"] is not None]
        mean = sum(scored) / max(len(scored), 1)
        if abs(mean - metrics[step]["reward"]) > 1e-9:
            yield Failure(f"metrics step {step}", f"its reward is not the rollouts' {mean:.6f}")
    if weights_sha256(artifact.folder / "checkpoint") != artifact.metadata["weights_sha256"]:
        yield Failure("checkpoint", "its tensors are not those that the manifest names")


def _step(step: int, entries: list[Any], config: dict[str, Any]) -> Iterator[Failure]:
    size, function = config["rollouts"], reward(config["reward"]).function
    for start in range(0, len(entries), size):
        group = entries[start : start + size]
        first = group[0][1]
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
