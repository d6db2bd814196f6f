"""Runs of single tests of the probe on engines without a model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.probing.checks import check_probe
from clean_bench.probing.rows import STATISTICS
from clean_bench.probing.run import probe
from clean_bench.problems import ProblemSet

CHECKS = {"probe": check_probe}


class Run:
    """A finished probe: its numbers by set, problem, prefix and statistic; and how it is checked."""

    def __init__(self, artifact: Artifact, test: str) -> None:
        self.artifact, self.test = artifact, test

    @property
    def values(self) -> dict[tuple[str, str, float | None, str], float]:
        return {
            (row["set"], row["problem_id"], row["prefix"], row["statistic"]): row["value"]
            for row in self.artifact.rows(STATISTICS)
            if row["test"] == self.test
        }

    def hypothesis(self, set_name: str) -> dict[str, Any]:
        [row] = [
            row
            for row in self.artifact.rows("hypotheses")
            if (row["set"], row["test"]) == (set_name, self.test)
            and row["question"] != "evidence above null"
        ]
        return row

    @staticmethod
    def failures(folder: Path) -> list[str]:
        return [str(failure) for failure in verify(folder, CHECKS)]


@pytest.fixture
def run_test(tmp_path: Path) -> Callable[..., Run]:
    """Probe sets with one test, and verify what was written."""

    def run(
        engine: Any, sets: Sequence[ProblemSet], test: str, folder: str = "p", **options: Any
    ) -> Run:
        model = Checkpoint("some/model", Path("nowhere"))
        model.__dict__["weights_sha256"] = "ab" * 32
        options = {"fractions": [0.6], "checkpoint": model, **options}
        artifact = probe(engine, sets, tmp_path / folder, tests=[test], **options)
        assert Run.failures(artifact.folder) == []
        return Run(artifact, test)

    return run
