"""Check the rows of the metrics of a supervised training, as `trainers.sft.loop` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from clean_bench.artifacts import Failure
from trainers.policy_settings import PolicySettings
from trainers.schedules import wrong_rate


def check_metrics(
    rows: Sequence[Mapping[str, Any]], config: PolicySettings, updates: int
) -> Iterator[Failure]:
    """One row per update in order, with numbers that a training can give and the scheduled rate."""
    if [row["update"] for row in rows] != list(range(updates)):
        yield Failure("metrics", f"are not those of {updates} updates in order")
    for row in rows:
        numbers = [row[name] for name in ("loss", "grad_norm", "tokens")]
        if not all(isfinite(number) and number >= 0 for number in numbers):
            yield Failure(f"metrics update {row['update']}", "has a number that no update gives")
        wrong = wrong_rate(config, row["update"], updates, row["learning_rate"])
        if wrong is not None:
            yield Failure(f"metrics update {row['update']}", wrong)
