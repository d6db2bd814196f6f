"""Experiment trackers beside a training: TensorBoard, Weights & Biases, trackio. None by default.

    clean-bench train ... --track tensorboard:runs --track wandb:my-project

Metrics have the names of TRL where TRL has one, else their own. A row is logged at the number of
completed steps; an evaluation, as `eval/SET/accuracy`, at its own. Trackers are no part of the
configuration: a run can be resumed with others. One that fails is left out with a warning, and training
goes on.

`tracked.json`, in the artifact until the training ends, holds what was logged last. It is written before
a row is logged, so a resumed run logs no step twice.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json
from clean_bench.errors import UserError, one_line
from clean_bench.extras import require
from clean_bench.results import Result

LAST = "tracked.json"
TRACKERS = ("tensorboard", "trackio", "wandb")
_PROJECT = "clean-bench"
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "frac_zero_std_groups": "frac_reward_zero_std",
        "length": "completions/mean_length",
        "length_min": "completions/min_length",
        "length_max": "completions/max_length",
        "length_ended": "completions/mean_terminated_length",
        "truncated": "completions/clipped_ratio",
        "clip_fraction_low": "clip_ratio/low_mean",
        "clip_fraction_high": "clip_ratio/high_mean",
        "kl_reference": "kl",
        "kl": "kl_old",
        "sampling_abs_mean": "sampling/sampling_logp_difference/mean",
        "sampling_abs_max": "sampling/sampling_logp_difference/max",
    }
)
"""TRL's names of metrics. In TRL `kl` is the divergence from the reference model; that from the policy
before the updates, which TRL does not log, is `kl_old`."""

_logger = logging.getLogger(__name__)


def tracked_name(metric: str) -> str:
    """The name under which a metric of a step is logged."""
    if metric in ALIASES:
        return ALIASES[metric]
    head, slash, reward = metric.partition("/")
    if slash and head == "reward":
        return f"rewards/{reward}/mean"
    if metric.startswith("sampling_"):
        return f"sampling/{metric.removeprefix('sampling_')}"
    return metric


class Tracker(Protocol):
    """Takes numbers by name."""

    def log(self, values: Mapping[str, float], step: int) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """What a tracker gets about a training.

    `identity` is the same for a resumed run, and differs between two trainings. `folder` is that of the
    artifact.
    """

    name: str
    identity: str
    config: Mapping[str, Any]
    folder: Path


class _TensorBoard:
    """Event files in FOLDER/NAME-IDENTITY; the default FOLDER is beside the artifact."""

    def __init__(self, place: str, run: Run) -> None:
        summaries = importlib.import_module("torch.utils.tensorboard")
        parent = Path(place or f"{run.folder}-tensorboard")
        self._writer = summaries.SummaryWriter(str(parent / f"{run.name}-{run.identity}"))

    def log(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()  # a killed process would lose what is in memory

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    """A run of a project of Weights & Biases, resumed by its id."""

    def __init__(self, place: str, run: Run) -> None:
        wandb = importlib.import_module("wandb")
        self._run = wandb.init(
            project=place or _PROJECT,
            name=run.name,
            id=run.identity,
            resume="allow",
            config=dict(run.config),
        )

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        self._run.finish()


class _Trackio:
    """A run of a trackio project, resumed by its name."""

    def __init__(self, place: str, run: Run) -> None:
        self._trackio = importlib.import_module("trackio")
        self._trackio.init(
            project=place or _PROJECT,
            name=f"{run.name}-{run.identity}",
            resume="allow",
            config=dict(run.config),
        )

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._trackio.log(dict(values), step=step)

    def close(self) -> None:
        self._trackio.finish()


_OPEN: Mapping[str, Callable[[str, Run], Tracker]] = MappingProxyType(
    {"tensorboard": _TensorBoard, "trackio": _Trackio, "wandb": _Wandb}
)


def parse_trackers(texts: Sequence[str]) -> dict[str, str]:
    """`["tensorboard:runs", "wandb"]` as places by tracker; an empty place is the default.

    Raises:
        UserError: for an unknown or repeated tracker, and for one that is not installed.
    """
    places: dict[str, str] = {}
    for text in texts:
        name, _, place = text.partition(":")
        if name not in TRACKERS:
            raise UserError(
                f"--track {text}: expected {', '.join(TRACKERS)} or NAME:PLACE, got {name!r}"
            )
        if name in places:
            raise UserError(f"--track {text}: expected each tracker once, got {name} twice")
        require(name, needed_by=f"--track {name}")
        places[name] = place
    return places


def check_places(places: Mapping[str, str], folder: Path) -> None:
    """Raise `UserError` for event files inside the artifact, whose manifest lists every file."""
    place = places.get("tensorboard")
    if place and Path(place).resolve().is_relative_to(folder.resolve()):
        raise UserError(f"--track tensorboard:{place}: expected a folder outside of {folder}")


class Trackers:
    """The trackers of one training.

    Args:
        places: of `parse_trackers`.

    Raises:
        UserError: for a tracker that cannot be opened.
    """

    def __init__(self, places: Mapping[str, str], artifact: Artifact) -> None:
        self._artifact = artifact
        self._trackers: dict[str, Tracker] = {}
        self._last = self._read()
        run = _run_of(artifact)
        check_places(places, artifact.folder)
        for name, place in places.items():
            try:
                self._trackers[name] = _OPEN[name](place, run)
            except Exception as error:  # whatever a library of others raises
                self.close()
                raise UserError(
                    f"--track {name}: cannot be opened ({one_line(error)}); leave it out, or set it up"
                ) from None

    def log_step(
        self,
        completed: int,
        metrics: Mapping[str, float | None],
        *,
        tokens: float,
        seconds: float,
    ) -> None:
        """Log the metrics of a step.

        Args:
            completed: the number of completed steps.
            tokens: generated in all steps so far.
            seconds: of this step.
        """
        values: dict[str, float | None] = {
            **{tracked_name(name): value for name, value in metrics.items()},
            "num_tokens": tokens,
            "step_time": seconds,
        }
        self._log("step", completed, values)

    def log_evaluation(self, completed: int, accuracies: Mapping[str, Result]) -> None:
        """Log the accuracy on each set after a number of completed steps."""
        values = {f"eval/{name}/accuracy": row.value for name, row in accuracies.items()}
        self._log("evaluation", completed, values)

    def close(self) -> None:
        """Close the trackers, at the end of a process."""
        for name in list(self._trackers):
            self._attempt(name, lambda tracker: tracker.close(), "could not be closed")
        self._trackers.clear()

    def finish(self) -> None:
        """Close the trackers, at the end of the training."""
        self.close()
        (self._artifact.folder / LAST).unlink(missing_ok=True)

    def _log(self, kind: str, completed: int, values: Mapping[str, float | None]) -> None:
        if not self._trackers or completed <= self._last.get(kind, -1):
            return
        self._last[kind] = completed
        self._artifact.write_file(LAST, json.dumps(self._last).encode())
        known = {name: float(value) for name, value in values.items() if value is not None}
        for name in list(self._trackers):
            self._attempt(
                name,
                lambda tracker: tracker.log(known, completed),
                f"failed after {completed} steps and gets no further ones; training goes on",
            )

    def _attempt(self, name: str, act: Callable[[Tracker], None], failed: str) -> None:
        try:
            act(self._trackers[name])
        except Exception as error:  # a tracker must not end a training
            del self._trackers[name]
            _logger.warning("--track %s %s (%s)", name, failed, one_line(error))

    def _read(self) -> dict[str, int]:
        try:
            last = json.loads((self._artifact.folder / LAST).read_text("utf-8"))
            return {str(kind): int(step) for kind, step in last.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError):
            raise UserError(
                f"{self._artifact.folder / LAST}: expected the last logged steps, got other text; "
                "delete it: trackers then get the steps from the saved state on again"
            ) from None


def _run_of(artifact: Artifact) -> Run:
    """The name of the folder, with that of its parent for one seed of several, and a stable id."""
    folder = artifact.folder.absolute()
    name = f"{folder.parent.name}-{folder.name}" if folder.name.startswith("seed-") else folder.name
    begun = canonical_json([artifact.config, artifact.manifest["times"]["begun"], str(folder)])
    return Run(name, hashlib.sha256(begun).hexdigest()[:8], artifact.config, artifact.folder)
