"""Check the metrics that need the model: those that the optimizer steps measured.

They cannot be recomputed without the weights. Their names, their bounds and their averages are checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from trainers.config import TrainConfig
from trainers.loop import METRICS, UPDATES
from trainers.schedules import wrong_rate
from trainers.update import OF_SAMPLING, UPDATE_METRICS, step_statistics

_ROUNDING = 1e-5
"""Of metrics that are computed in 32 bits."""


def check_bounds(where: str, values: Mapping[str, Any]) -> Iterator[Failure]:
    """Metrics that no training writes, and values that cannot be."""
    for name, value in sorted(values.items()):
        if name not in UPDATE_METRICS:
            yield Failure(where, f"has the metric {name!r}, which no training writes")
            continue
        least, most = UPDATE_METRICS[name]
        if value is None:
            continue
        if not (isinstance(value, int | float) and least - _ROUNDING <= value <= most + _ROUNDING):
            shown = f"{value:g}" if isinstance(value, int | float) else repr(value)
            what = f"{name} is {shown}, expected a number from {least:g} to {most:g}"
            yield Failure(where, what)


def check_updates(artifact: Artifact, config: TrainConfig) -> Iterator[Failure]:
    """The rows of all optimizer steps: order, learning rates, bounds, and the averages of each step."""
    rows = artifact.rows(UPDATES)
    expected = [
        (step, *divmod(update, config.minibatches))
        for step in range(config.steps)
        for update in range(config.updates_per_step)
    ]
    if [(row["step"], row["epoch"], row["minibatch"]) for row in rows] != expected:
        yield Failure(UPDATES, f"are not {config.updates_per_step} in order for each step")
        return
    for number, row in enumerate(rows):
        wrong = wrong_rate(config, number, len(rows), row["learning_rate"])
        if wrong is not None:
            yield Failure(f"{UPDATES} step {row['step']}", wrong)
    metrics = {row["step"]: row for row in artifact.rows(METRICS)}
    for step, of_step in groupby(rows, key=lambda row: row["step"]):
        records = [{k: v for k, v in row.items() if k != "step"} for row in of_step]
        for record in records:
            values = {k: v for k, v in record.items() if k not in ("epoch", "minibatch")}
            yield from check_bounds(f"{UPDATES} step {step}", values)
        statistics = step_statistics(records)
        measured = UPDATE_METRICS.keys() - OF_SAMPLING
        for name in sorted(measured & metrics[step].keys() - statistics.keys()):
            yield Failure(f"{METRICS} step {step}", f"{name} is in none of its updates")
        for name, value in statistics.items():
            stored = metrics[step].get(name)
            if not same_value(stored, value):
                what = f"{name} is {stored}, its updates give {value}"
                yield Failure(f"{METRICS} step {step}", what)


def same_value(stored: float | None, value: float | None) -> bool:
    """Whether a stored metric is the recomputed one up to rounding; false for NaN."""
    if stored is None or value is None:
        return stored is value
    return abs(stored - value) <= 1e-9 * max(1.0, abs(value))
