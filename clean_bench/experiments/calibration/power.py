"""What a calibration states about the probe: of one checkpoint, and of the control models as shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.errors import UserError
from clean_bench.probing.flags import FLAGS, deciding
from clean_bench.probing.items import headline_of
from clean_bench.probing.tests import DEFAULT
from clean_bench.results import Result, Results

KIND = "calibration"
"""The kind of the artifact that `clean_bench.experiments.calibration.run` writes."""
BENCHMARK, PROBES = "benchmark", "probes"
"""The name of the set under test, and the folder of the probes."""


class Share(NamedTuple):
    """The share of problems of a dose that a test flags, with its interval."""

    test: str
    dose: int
    share: float
    low: float
    high: float


def shipped_results() -> Results:
    """The results of the calibration on control models that ships with the package.

    Written by `measurements/probe_calibration.py`; rows as `curves.summarize_flags` gives them.
    """
    text = files("clean_bench.experiments.calibration").joinpath("shipped.json").read_text("utf-8")
    return Results(Result(**row) for row in json.loads(text))


def shipped_power() -> dict[str, dict[int, float]]:
    """The share of flagged problems of the shipped calibration, by test and number of copies.

    Of verbatim copies in the small control model by continued training, and of the default signals: how
    often a supplementary one flags depends on the others that are run beside it.
    """
    power: dict[str, dict[int, float]] = {}
    for row in _flagged(shipped_results().where(arm="small, continued, verbatim")):
        if row.test in DEFAULT:
            power.setdefault(row.test, {})[row.dose] = row.share
    return {test: dict(sorted(shares.items())) for test, shares in power.items()}


def power_of(folder: str | Path, checkpoint: Checkpoint) -> dict[str, Any]:
    """The share of flagged problems by test and dose, from a calibration of this checkpoint.

    Of verbatim copies where there are such plantings, without a GRPO run after them. With it what the
    share depends on (`clean_bench.probing.power`): the prefix and the cut of the calibration, and of
    each deciding test the size of the null, near-duplicates counted once; the largest of all plantings.

    Raises:
        UserError: for a folder that is no calibration, or one of another checkpoint or of control
            models: their power says nothing about this one.
    """
    artifact = Artifact.load(folder, KIND)
    weights = artifact.config.get("checkpoint_weights_sha256")
    if weights != checkpoint.weights_sha256:
        of = artifact.config["checkpoint"] or "control models"
        raise UserError(
            f"--calibration {folder}: expected a calibration of {checkpoint.name}, got one of {of}; run "
            f"clean-bench calibrate {checkpoint.name}"
        )
    units = [unit for unit in artifact.config["units"] if "grpo" not in unit]
    groups = [unit["group"] for unit in units]
    group = next((name for name in groups if name.endswith("verbatim")), groups[0])
    rows = [list(row) for row in _flagged(Results.read(artifact).where(arm=group)) if row.dose]
    sizes: dict[str, int] = {}
    for unit in units:
        if unit["group"] == group:
            probed = Artifact.load(artifact.folder / PROBES / unit["name"], "probe")
            prefix, cut = headline_of(probed.config["fractions"]), probed.config["protocol"]
            for test, size in _null_sizes(probed):
                sizes[test] = max(size, sizes.get(test, 0))
    return {
        "calibration": artifact.manifest["identity_sha256"],
        "prefix": prefix,
        "cut": cut,
        "null_problems": sizes,
        "rows": rows,
    }


def _null_sizes(probed: Artifact) -> Iterator[tuple[str, int]]:
    """The deciding tests of the probe of a planting, each with the size of its null."""
    sizes = {
        flag["test"]: flag["null_problems"]
        for flag in probed.rows(FLAGS)
        if flag["set"] == BENCHMARK
    }
    for test in deciding(sizes):
        yield test, sizes[test]


def _flagged(results: Results) -> Iterator[Share]:
    """The shares of flagged problems of the results of one group without GRPO."""
    for row in results:
        kind, _, test = row.measure.partition(":")
        if kind == "flagged" and row.subset is not None and row.value is not None:
            low, high = (row.value if bound is None else bound for bound in (row.low, row.high))
            dose = int(str(row.subset).removeprefix("dose="))
            yield Share(test, dose, row.value, low, high)
