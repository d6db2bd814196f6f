"""Check the evaluations of a `training` artifact: each is checked as a score is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.problems import check_stored_sets, stored_sets
from clean_bench.regrading import Regrading
from clean_bench.scoring.checks import check_samples
from trainers.config import TrainConfig
from trainers.evaluation import (
    CONFIG_KEY,
    PROBLEMS,
    TABLE,
    as_score,
    is_due,
    stored_evaluations,
)
from trainers.kept_checkpoints import check_kept


def check_evaluations(
    artifact: Artifact, config: TrainConfig, regrading: Regrading
) -> Iterator[Failure]:
    """Sets, steps, samples and kept checkpoints; the results are checked with those of the training."""
    if (CONFIG_KEY in artifact.config) != bool(config.evaluate_every):
        yield Failure(NAME, f"evaluate_every is {config.evaluate_every}, against {CONFIG_KEY}")
        return
    if not config.evaluate_every:
        for table in (TABLE, PROBLEMS):
            if artifact.shards(table):
                yield Failure(table, "is stored, and evaluate_every is 0")
        return
    yield from check_stored_sets(artifact, PROBLEMS, CONFIG_KEY)
    sets = stored_sets(artifact, PROBLEMS, CONFIG_KEY)
    scored = as_score(artifact.config, config, artifact.metadata["template"])
    steps = []
    for step, tables in stored_evaluations(artifact):
        steps.append(step)
        checks = check_samples(tables, scored, artifact.metadata, sets, regrading)
        yield from _of_step(step, checks)
    expected = [step for step in range(config.steps + 1) if is_due(config, step)]
    if sorted(steps) != expected:
        yield Failure(TABLE, f"are after the steps {steps}, expected {expected}")
        return
    yield from check_kept(artifact, config)


def _of_step(step: int, failures: Iterable[Failure]) -> Iterator[Failure]:
    """The same failures, named by the evaluation."""
    for failure in failures:
        yield replace(failure, where=f"{TABLE} step {step}, {failure.where}")
