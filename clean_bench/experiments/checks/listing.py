"""The files and parts of a run: those of its recipe, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.experiments.plan import Stage, expand
from clean_bench.experiments.recipe import Recipe
from clean_bench.experiments.results import has_behaviors
from clean_bench.results import SCHEMA
from clean_bench.results import TABLE as RESULTS
from leaderboards.page import BESIDE, PAGE

REPORT_FILES = ("report.json", "table.md", PAGE)
_LAYOUT = Layout(
    {RESULTS: SCHEMA},
    frozenset({RESULTS}),
    files="|".join(map(re.escape, (*REPORT_FILES, BESIDE))),
    parts=".*",  # compared with the stages of the recipe below
    metadata=frozenset({"arms"}),
    provenance=frozenset({"command", "parameters"}),
)
_KINDS = {
    "data": "problem-set",
    "set": "problem-set",
    "train": "training",
    "completions": "scores",
}
"""The kind of the folder of a stage, where it is not the stage's own."""


def check_listing(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """Files, tables and parts that the run of this recipe does not have, and those that are missing."""
    manifest = artifact.manifest
    yield from check_layout(artifact, _LAYOUT)
    for name in REPORT_FILES:
        if name not in manifest["files"]:
            yield Failure(name, "is missing")
    expected = {stage.key: _KINDS.get(stage.kind, stage.kind) for stage in expand(recipe)}
    parts = {name: part["kind"] for name, part in manifest["parts"].items()}
    for name in sorted({*parts, *expected}):
        if name not in expected:
            yield Failure(name, "is not a part of this run")
        elif name not in parts:
            if expected[name] != "behaviors":
                yield Failure(name, "is missing")
        elif parts[name] != expected[name]:
            yield Failure(name, f"expected a {expected[name]} artifact, got {parts[name]}")


def check_behaviors_listed(artifact: Artifact, recipe: Recipe) -> Iterator[Failure]:
    """Behaviors that are missing or that cannot be compared; the scores must be listed."""
    stages: list[Stage] = [stage for stage in expand(recipe) if stage.kind == "behaviors"]
    for stage in stages:
        assert stage.subject is not None
        comparable = has_behaviors(artifact.folder, stage.subject)
        if comparable != (stage.key in artifact.manifest["parts"]):
            what = "is missing" if comparable else "is not a part of this run"
            yield Failure(stage.key, what)
