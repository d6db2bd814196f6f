"""The registry of checks: what recomputes each kind of artifact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from itertools import chain

from clean_bench.artifacts import Artifact, Check, Failure
from clean_bench.extras import missing_package

_CHECKS = {
    "problem-set": ("generators.checks", "verify_set"),
    "scores": ("clean_bench.scoring.checks", "check_scores"),
    "probe": ("clean_bench.probing.checks", "check_probe"),
    "benbench": ("clean_bench.probing.compat.benbench", "check_benbench"),
    "overlap": ("clean_bench.overlap.checks", "check_overlap"),
    "behaviors": ("clean_bench.behaviors.checks", "check_behaviors"),
    "labels": ("trainers.labels.checks", "check_labels"),
    "training": ("trainers.checks", "check_training"),
    "sft": ("trainers.sft.checks", "check_sft"),
    "organism": ("clean_bench.organisms.checks", "check_organism"),
    "planting-base": ("clean_bench.organisms.planting_checks", "check_planting_base"),
    "planting": ("clean_bench.organisms.planting_checks", "check_planting"),
    "calibration": ("clean_bench.experiments.calibration.checks", "check_calibration"),
    "run": ("clean_bench.experiments.checks", "check_run"),
}
"""Module and function of the check of each kind that clean-bench writes."""

_WITH_PROBLEMS = ("scores", "probe", "overlap", "labels")
"""Kinds that store the measured problem sets; their checks cannot import the generators."""

_WITH_TOKENS = ("scores", "probe", "training", "labels")
"""Kinds that store token ids; their checks cannot import the control models."""


def checks() -> Mapping[str, Check]:
    """The check of every kind. Its module is imported by its first call: some load torch."""
    return {kind: _imported_when_called(kind, *names) for kind, names in _CHECKS.items()}


def _imported_when_called(kind: str, module: str, function: str) -> Check:
    def check(artifact: Artifact) -> Iterable[Failure]:
        try:
            loaded = import_module(module)
        except ModuleNotFoundError as error:
            raise missing_package(error, f"verify a {kind} folder") or error from None
        failures: Iterable[Failure] = getattr(loaded, function)(artifact)
        further: list[Iterable[Failure]] = []
        if kind in _WITH_PROBLEMS:
            further.append(import_module("generators.checks").check_answers(artifact))
        if kind in _WITH_TOKENS:
            tokens = import_module("clean_bench.experiments.stored_tokens")
            further.append(tokens.check_tokens(artifact))
        if kind == "probe":
            page = import_module("clean_bench.experiments.probe_page")
            further.append(page.check_probe_page(artifact))
        return chain(failures, *further)

    return check
