"""Experiment trackers: trackio, wandb and tensorboard. None is used unless it is asked for.

    with open_tracker("tensorboard", run="truth-1", config=config, folder=folder) as tracker:
        tracker.log(step, metrics)

The names of metrics are those of TRL where it has one, so that dashboards can be shared; others stand
under `clean_bench/`. A tracker that fails while a training runs is left alone with a warning: what
counts is stored in the artifact.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from clean_bench.errors import UserError
from clean_bench.extras import require
from trainers.config import TrainConfig
from trainers.metrics import COLUMN

PROJECT = "clean-bench"
_logger = logging.getLogger("trainers.trackers")
TRL_NAMES: Mapping[str, str] = {
    **{name: name for name in ("reward", "entropy", "loss", "grad_norm", "learning_rate", "kl")},
    "frac_zero_std_groups": "frac_reward_zero_std",
    "length": "completions/mean_length",
    "length_min": "completions/min_length",
    "length_max": "completions/max_length",
    "length_ended": "completions/mean_terminated_length",
    "truncated": "completions/clipped_ratio",
    "clip_fraction_low": "clip_ratio/low_mean",
    "clip_fraction_high": "clip_ratio/high_mean",
    "sampling_abs_mean": "sampling/sampling_logp_difference/mean",
    "sampling_abs_max": "sampling/sampling_logp_difference/max",
    "sampled_tokens": "num_tokens",
}
"""TRL's names of our metrics. Its `kl` is the divergence from the reference model: see `tracked`."""


class Backend(Protocol):
    """What a library of tracking does here."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None: ...

    def close(self) -> None: ...


def tracked(metrics: Mapping[str, float | None]) -> dict[str, float]:
    """Metrics of a step under the names of a tracker; those without a finite value are left out."""
    found = {}
    for name, value in metrics.items():
        if value is None or not math.isfinite(value):
            continue
        if name.startswith(COLUMN):
            found[f"rewards/{name.removeprefix(COLUMN)}/mean"] = value
        elif name == "kl_reference":
            found["kl"] = value
        elif name in TRL_NAMES and name != "kl":
            found[TRL_NAMES[name]] = value
        else:
            found[f"clean_bench/{name}"] = value
    return found


class Tracker:
    """A tracker that cannot stop a training; use it as a context manager."""

    def __init__(self, name: str, backend: Backend) -> None:
        self._name, self._backend = name, backend
        self._works = True

    def log(self, step: int, metrics: Mapping[str, float | None]) -> None:
        """Send the metrics of a step; a failure is a warning, once."""
        self._try(lambda: self._backend.log(step, tracked(metrics)))

    def close(self) -> None:
        """End the run of the tracker."""
        self._try(self._backend.close)

    def __enter__(self) -> Tracker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _try(self, call: Callable[[], None]) -> None:
        if not self._works:
            return
        try:
            call()
        # Trackers write files and talk to servers: whatever goes wrong must not end a training.
        except Exception as error:
            self._works = False
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            _logger.warning(
                "%s stopped tracking (%s); the training goes on and stores every metric",
                self._name,
                reason,
            )


class _Tensorboard:
    def __init__(self, run: str, config: Mapping[str, Any], folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder / run))  # type: ignore[no-untyped-call]
        lines = "\n".join(f"    {key} = {value!r}" for key, value in config.items())
        self._writer.add_text("config", lines)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    def __init__(self, run: str, config: Mapping[str, Any], folder: Path) -> None:
        import wandb

        folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(project=PROJECT, name=run, config=dict(config), dir=str(folder))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self._run.log(dict(metrics), step=step)

    def close(self) -> None:
        self._run.finish()


class _Trackio:
    def __init__(self, run: str, config: Mapping[str, Any], folder: Path) -> None:
        import trackio

        self._library = trackio
        trackio.init(project=PROJECT, name=run, config=dict(config))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self._library.log(dict(metrics), step=step)

    def close(self) -> None:
        self._library.finish()


TRACKERS: Mapping[str, Callable[[str, Mapping[str, Any], Path], Backend]] = {
    "trackio": _Trackio,
    "wandb": _Wandb,
    "tensorboard": _Tensorboard,
}
"""The trackers by name, which is also the name of their package and of its extra."""


def check_tracker(name: str) -> None:
    """Raise `UserError` for a name that is no tracker's, or a tracker that is not installed."""
    if name not in TRACKERS:
        raise UserError(f"--track {name}: expected one of {', '.join(TRACKERS)}")
    require(name, needed_by=f"--track {name}")


def open_tracker(name: str, *, run: str, config: TrainConfig, folder: Path) -> Tracker:
    """Begin tracking a training.

    Args:
        name: one of `TRACKERS`.
        run: name of the run.
        folder: where tensorboard and wandb write; outside of the artifact, whose files are all hashed.

    Raises:
        UserError: as `check_tracker`, and if the tracker cannot begin, before anything was trained.
    """
    check_tracker(name)
    try:
        backend = TRACKERS[name](run, config.model_dump(mode="json"), folder)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(
            f"--track {name}: could not begin ({reason}); set it up, or train without --track"
        ) from None
    return Tracker(name, backend)
