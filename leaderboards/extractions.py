"""The strict and the flexible accuracy of every checkpoint of a run, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate

STRICT, FLEXIBLE = "strict:", "flexible:"


@dataclass(frozen=True)
class Extractions:
    """Both accuracies of a checkpoint on a set, under a template."""

    checkpoint: str
    set: str
    template: str
    strict: Estimate
    flexible: Estimate

    @property
    def differ(self) -> bool:
        return self.strict.value != self.flexible.value


def extractions_of(model: str, measure: str, results: Results) -> Iterator[Extractions]:
    """Those of the checkpoints of a model, in the order of the results; none of runs with one grade.

    Args:
        model: the name that begins the names of its checkpoints.
        measure: the headline, `avg@16` or `accuracy`.
    """

    def key(row: Result) -> tuple[str, str, str | None]:
        return row.checkpoint, row.set, row.template

    of_model = [row for row in results if row.checkpoint.startswith(f"{model}/")]
    flexible = {key(row): row for row in of_model if row.measure == FLEXIBLE + measure}
    for row in of_model:
        other = flexible.get(key(row))
        if row.measure == STRICT + measure and other is not None and row.value is not None:
            label = row.checkpoint.removeprefix(f"{model}/")
            yield Extractions(label, row.set, row.template or "", row.estimate, other.estimate)
