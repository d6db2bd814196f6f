"""The stored probes of `measurements/real_models.py`, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from real_models_control import Entry, detections, entries_of, of_tier
from real_models_parts import BENCHMARKS, DONORS, PASSAGES, PREFIX

from clean_bench.artifacts import Artifact
from clean_bench.probing.claims import Control
from clean_bench.probing.conclude import conclude, control_of
from clean_bench.probing.flags import statistics_of
from clean_bench.probing.hypotheses import Hypothesis
from clean_bench.probing.null_sets import Statistics
from clean_bench.probing.rows import STATISTICS, Value
from clean_bench.problems import stored_sets
from clean_bench.problems.famous_passages import NAME as FAMOUS
from clean_bench.problems.famous_passages import TIERS
from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate


class Probed:
    """A part of a checkpoint: its artifact and what follows from it."""

    def __init__(self, folder: Path) -> None:
        self.artifact = Artifact.load(folder, "probe")
        self.sets = stored_sets(self.artifact)
        values = [Value(**row) for row in self.artifact.rows(STATISTICS)]
        self.statistics: Mapping[str, Statistics] = {
            name: statistics_of(name, values, PREFIX) for name in self.sets
        }
        self.concluded = conclude(self.artifact)
        self.results: Results = self.concluded.results
        self.nulls: list[str] = self.artifact.config["nulls"]

    def entries(self, name: str) -> list[Entry]:
        """The problems of a set with their statistics."""
        return entries_of(self.sets[name], [self.statistics[name]])

    def blind(self, name: str) -> Estimate | None:
        """AUC of the blind classifier between a set and the null."""
        row = self.results.first(set=name, measure="blind_auc")
        return None if row is None else row.estimate


class Model:
    """A checkpoint with all its parts."""

    def __init__(self, out: Path, name: str, folder: str) -> None:
        self.name, self.folder = name, folder
        parts = (PASSAGES, DONORS, *BENCHMARKS)
        self.parts = {part: Probed(out / name / part) for part in parts}
        famous, donors = self.parts[PASSAGES], self.parts[DONORS]
        self.passages = entries_of(
            famous.sets[FAMOUS], [famous.statistics[FAMOUS], donors.statistics[FAMOUS]]
        )
        self.detections = detections(self.passages)

    @property
    def weights(self) -> str:
        return str(self.parts[PASSAGES].artifact.config["weights_sha256"])

    @property
    def control(self) -> Control:
        """The positive control, as the probe of the passages decides it."""
        famous = self.parts[PASSAGES]
        hypotheses = famous.concluded.hypotheses
        return control_of(FAMOUS, famous.sets[FAMOUS], famous.statistics[FAMOUS], hypotheses)

    def hypotheses(self) -> list[tuple[str, Hypothesis]]:
        """The tests of the benchmarks, each with its part."""
        return [
            (part, row)
            for part in BENCHMARKS
            for row in self.parts[part].concluded.hypotheses
            if row.set == part
        ]

    def groups(self) -> Iterator[tuple[str, list[Entry]]]:
        """Every set once, with the statistics of its problems; passages without number sequences."""
        yield FAMOUS, [entry for tier in TIERS for entry in of_tier(self.passages, str(tier))]
        seen = set()
        for part in BENCHMARKS:
            for name in self.parts[part].sets:
                if name not in seen:
                    seen.add(name)
                    yield name, self.parts[part].entries(name)
