"""What a calibration states about the probe: of one checkpoint, and of the control models as shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.errors import UserError
from clean_bench.results import Result, Results

KIND = "calibration"
"""The kind of the artifact that `clean_bench.experiments.calibration.run` writes."""


def shipped_results() -> Results:
    """The results of the calibration on control models that ships with the package.

    Written by `measurements/probe_calibration.py`; rows as `curves.summarize_flags` gives them.
    """
    text = files("clean_bench.experiments.calibration").joinpath("shipped.json").read_text("utf-8")
    return Results(Result(**row) for row in json.loads(text))


def shipped_power() -> dict[str, dict[int, float]]:
    """The share of flagged problems of the shipped calibration, by test and number of copies.

    Of verbatim copies in the small control model by continued training.
    """
    power: dict[str, dict[int, float]] = {}
    for test, dose, share in _flagged(shipped_results().where(arm="small, continued, verbatim")):
        if share is not None:
            power.setdefault(test, {})[dose] = share
    return {test: dict(sorted(shares.items())) for test, shares in power.items()}


def power_of(folder: str | Path, checkpoint: Checkpoint) -> dict[str, Any]:
    """The share of flagged problems by test and dose, from a calibration of this checkpoint.

    Of verbatim copies where there are such plantings, without a GRPO run after them.

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
    groups = [unit["group"] for unit in artifact.config["units"] if "grpo" not in unit]
    group = next((name for name in groups if name.endswith("verbatim")), groups[0])
    shares = _flagged(Results.read(artifact).where(arm=group))
    rows = [[test, dose, share] for test, dose, share in shares if dose]
    return {"calibration": artifact.manifest["identity_sha256"], "rows": rows}


def _flagged(results: Results) -> Iterator[tuple[str, int, float | None]]:
    """Test, dose and share of flagged problems of the results of one group without GRPO."""
    for row in results:
        kind, _, test = row.measure.partition(":")
        if kind == "flagged" and row.subset is not None:
            yield test, int(str(row.subset).removeprefix("dose=")), row.value
