"""The finished runs of `measurements/arms.py`, by model and arm."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from arms_grid import SEEDS, Arm

import clean_bench.organisms  # noqa: F401 (registers organism:NAME)
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.checkpoints.weights_hash import weights_sha256
from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.gains import contrast, item_gains, paired_contrast
from trainers.policy import Policy

CLIP_FLOOR = 1e-3
"""Share of tokens whose gradient the clip removes below which nothing is concluded about the clip."""
Array = npt.NDArray[np.float64]


class Measured:
    """All finished runs of one model."""

    def __init__(self, out: Path, model: str) -> None:
        self.model = model
        self._folder = out / "runs"
        self._short = model.removeprefix("organism:")
        self.base = json.loads((self._folder / f"{self._short}--base.json").read_text())["sets"]
        self._runs: dict[str, list[dict[str, Any]]] = {}

    def runs(self, arm: Arm) -> list[dict[str, Any]]:
        """The runs of an arm, by seed."""
        if arm.name not in self._runs:
            files = [self._folder / f"{self._short}--{arm.slug}--{seed}.json" for seed in SEEDS]
            self._runs[arm.name] = [json.loads(f.read_text()) for f in files if f.exists()]
        return self._runs[arm.name]

    def gains(self, arm: Arm, name: str, mode: str = "sampled") -> Array:
        """Seeds x problems: accuracy after training minus that of the base."""
        after = np.array([run["sets"][name][mode] for run in self.runs(arm)], dtype=float)
        return item_gains(np.array(self.base[name][mode], dtype=float), after)

    def metric(self, arm: Arm, name: str) -> float | None:
        """The mean of a metric over steps and seeds; None where it has no value."""
        values = [
            row[name]
            for run in self.runs(arm)
            for row in run["metrics"]
            if row.get(name) is not None
        ]
        return float(np.mean(values)) if values else None

    def clip_fraction(self, arm: Arm) -> float:
        """Share of tokens whose gradient the clip removes, on both sides."""
        return sum(self.metric(arm, f"clip_fraction_{side}") or 0.0 for side in ("low", "high"))

    def against(self, arm: Arm, control: Arm, name: str) -> Estimate:
        """The gain of an arm on a set minus that of another arm under the same seeds."""
        return paired_contrast(self.gains(arm, name), self.gains(control, name))

    def planted_minus_twin(self, arm: Arm) -> Estimate:
        """The gain on the planted problems minus the gain on their twins."""
        return contrast(self.gains(arm, "planted"), self.gains(arm, "twin"))

    def changes(self, arm: Arm, name: str) -> Array:
        """A metric at the last step minus that at the first, for each seed."""
        runs = self.runs(arm)
        return np.array([run["metrics"][-1][name] - run["metrics"][0][name] for run in runs])

    @cached_property
    def base_sha256(self) -> str:
        """Hash of the base's weights as training saves them, which is in float32."""
        with TemporaryDirectory() as folder:
            Policy.load(resolve_checkpoint(self.model), device="cpu").save(Path(folder))
            return weights_sha256(folder)

    def changed_weights(self, arm: Arm) -> bool:
        """Whether training changed the weights under any seed."""
        return any(run["weights_sha256"] != self.base_sha256 for run in self.runs(arm))
