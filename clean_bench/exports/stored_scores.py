"""The input of exports of results: a finished artifact of kind `scores`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.problems import Problem, stored_sets
from clean_bench.problems.catalog import BENCHMARKS, Benchmark
from clean_bench.results import Result, Results
from clean_bench.samples import SAMPLE, SCHEMA, TABLE, WHOLE, Sample, read_samples

KIND = "scores"
EXTRACTIONS = ("strict", "flexible")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MODEL = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class StoredScores:
    """Results, samples and problems of a score; `model` is `developer/model`."""

    artifact: Artifact
    model: str

    @property
    def results(self) -> Results:
        return Results.read(self.artifact)

    @property
    def version(self) -> str:
        """The version of clean-bench that wrote the artifact."""
        return str(self.artifact.manifest["environment"]["packages"]["clean-bench"])

    @property
    def finished(self) -> datetime:
        """When the score was finished."""
        return datetime.fromisoformat(self.artifact.manifest["times"]["finished"]).astimezone(UTC)

    @property
    def identity(self) -> str:
        return str(self.artifact.manifest["identity_sha256"])

    def sets(self) -> Mapping[str, Mapping[str, Problem]]:
        """The problems by id, by set."""
        stored = stored_sets(self.artifact)
        return {name: {problem.id: problem for problem in of} for name, of in stored.items()}

    def samples(self) -> Iterator[Sample]:
        """Every sample, in order."""
        for table in self.artifact.tables(TABLE, schema=SCHEMA, whole=WHOLE):
            yield from read_samples(table)

    def headline(self, name: str, template: str) -> Result:
        """The main result of a set: the mean over samples, else the greedy accuracy."""
        part = self.results.where(set=name, template=template, subset=None, versus=None)
        means = [row for row in part if row.measure.startswith("avg@")]
        return means[0] if means else part.where(measure="accuracy").one()

    def strict_and_flexible(self, name: str, template: str) -> dict[str, Result]:
        """Both accuracies of the headline, by name; empty in scores with one grade."""
        headline = self.headline(name, template).measure
        part = self.results.where(set=name, template=template, subset=None, versus=None)
        rows = {kind: part.first(measure=f"{kind}:{headline}") for kind in EXTRACTIONS}
        return {kind: row for kind, row in rows.items() if row is not None}

    def benchmark(self, name: str) -> Benchmark | None:
        """The public benchmark of a set, if all of its problems were scored."""
        benchmark = BENCHMARKS.get(name)
        entry = next(entry for entry in self.artifact.config["sets"] if entry["name"] == name)
        return benchmark if benchmark and entry["problems"] == benchmark.size else None


def read_stored_scores(folder: str | Path, name: str | None = None) -> StoredScores:
    """Read the scores in a folder.

    Args:
        name: the model as `developer/model`; None derives it from the checkpoint's name.

    Raises:
        UserError: if there is no finished artifact of kind `scores`, or the name has another form.
    """
    artifact = Artifact.load(folder, KIND)
    if name is not None and not _MODEL.fullmatch(name):
        raise UserError(f"--name {name!r}: expected DEVELOPER/MODEL, such as Qwen/Qwen2.5-Math-7B")
    checkpoint = artifact.manifest.get("provenance", {}).get("checkpoint", "")
    if name is None and _MODEL.fullmatch(checkpoint):
        name = checkpoint
    # A path of this machine must not leave it: its last part is the name.
    return StoredScores(artifact, name or f"unknown/{safe_name(Path(checkpoint).name)}")


def safe_name(text: str) -> str:
    """A text as the name of a file or folder."""
    return _UNSAFE.sub("-", text).strip("-.") or "unnamed"


def split_measure(measure: str) -> tuple[str | None, str]:
    """The extraction, "strict", "flexible" or None for the headline's, and the measure without it."""
    head, colon, rest = measure.partition(":")
    return (head, rest) if colon and head in EXTRACTIONS else (None, measure)


def is_sampled(row: Result) -> bool:
    """Whether a result is of sampled completions."""
    return row.measure != "accuracy"


def mode_of_headline(row: Result) -> str:
    """The mode of the samples that a headline is the mean of."""
    return SAMPLE if is_sampled(row) else "greedy"
