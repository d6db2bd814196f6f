"""The results of a training: the metrics of every step, those of the rollouts with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.results import Result, Results
from clean_bench.samples import SAMPLE, Sampling
from clean_bench.statistics.estimate import Estimate
from trainers.evaluation import evaluation_results
from trainers.metrics import step_results
from trainers.rollouts import TABLE


def training_results(artifact: Artifact, metadata: Mapping[str, Any]) -> Results:
    """The metrics of every step as results, then the evaluations; intervals are over prompts.

    A step is sampled before its update, so step 0 is of the base checkpoint. What the optimizer steps
    measured (entropy, clip fractions, gradient norm) has no interval; a statistic of no token, None,
    has no result.
    """
    config = artifact.config
    head = Result(
        checkpoint=artifact.manifest["provenance"]["base"],
        weights_sha256=config["base_weights_sha256"],
        arm=config["reward"],
        seed=config["seed"],
        set=config["data"],
        set_sha256=config["data_sha256"],
        role="train",
        template=metadata["template"],
        protocol=Sampling(config["max_tokens"], config["temperature"]).protocol(SAMPLE),
    )
    metrics = {row["step"]: row for row in artifact.rows("metrics")}
    results: list[Result] = []
    for table in artifact.tables(TABLE):
        steps = table["step"].to_numpy()
        for step in dict.fromkeys(steps.tolist()):
            rollouts = table.filter(pa.array(steps == step))
            at_step = head._replace(step=step)
            rows = list(step_results(rollouts, config["reward"], at_step))
            measured = {row.measure for row in rows}
            for name, value in metrics[step].items():
                if name != "step" and name not in measured and value is not None:
                    unbounded = Estimate(value, -inf, inf, config["prompts_per_step"])
                    rows.append(at_step.of(name, unbounded))
            results += rows
    return Results(results + evaluation_results(artifact))
