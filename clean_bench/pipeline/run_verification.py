"""Check a `run` artifact: its report from the stored rows of its parts, and what binds the parts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import canonical
from clean_bench.pipeline.evidence import build_report
from clean_bench.pipeline.recipe import Recipe
from leaderboards import table
from leaderboards.data import RunReport


def verify_run(artifact: Artifact) -> Iterator[Failure]:
    """The report built again; the fresh set bound to the checkpoints that were scored on it.

    The parts themselves are checked by their own verifiers.
    """
    folder, recipe = artifact.folder, Recipe.model_validate(artifact.config["recipe"])
    labels = [f"{arm.name}-{seed}" for seed in recipe.seeds for arm in recipe.arms]
    weights = {"base": artifact.config["base_weights_sha256"]} | {
        label: Artifact.load(folder / "arms" / label, "training").metadata["weights_sha256"]
        for label in labels
    }
    for label, expected in weights.items():
        for part in ("scores", "probe"):
            if Artifact.load(folder / part / label).config["weights_sha256"] != expected:
                yield Failure(f"{part}/{label}", "was not made with the weights of that checkpoint")
    bound = Artifact.load(folder / "fresh", "problem-set").metadata["freshness"]["bound_to"]
    if sorted(set(weights.values())) != bound:
        yield Failure("fresh", "is not bound to the checkpoints that were scored on it")
    report = build_report(folder, recipe)
    if canonical(report.to_json()) != (folder / "report.json").read_bytes():
        yield Failure("report.json", "does not follow from the stored rows")
    stored = RunReport.from_json(json.loads((folder / "report.json").read_bytes()))
    if table.markdown(stored).encode() != (folder / "table.md").read_bytes():
        yield Failure("table.md", "does not follow from the report")
    if artifact.rows("table") != table.to_table(stored).to_pylist():
        yield Failure("table", "does not follow from the report")
