"""Callback for TRL: accuracy on fresh and on memorized problems while a model is trained.

    from clean_bench import TrlCallback
    trainer = GRPOTrainer(...)
    trainer.add_callback(TrlCallback(trainer, fresh="S", memorized="P", every=50, out="scores"))

Where accuracy on memorized problems rises and accuracy on fresh ones does not, the run recovers text
that the model had memorized. The callback scores before the first step and after every `every` steps,
with the model in training and `clean-bench score`'s own code. It logs the metrics
"clean_bench/fresh/accuracy" and "clean_bench/memorized/accuracy" to the trainer's trackers ("avg@k" too
where it samples).

Training is unchanged: the state of every random number generator, the mode of every module and the
trainer's own logs are as without the callback. Weights that are split over devices (FSDP, DeepSpeed) are
not supported.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from transformers import Trainer, TrainerCallback

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.artifacts import manifest as manifests
from clean_bench.checkpoints import Checkpoint
from clean_bench.checkpoints.live_weights import live_weights_sha256
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.integrations.memorized import load_memorized
from clean_bench.problems import ProblemSet, load_problems
from clean_bench.results import Results
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import KIND, score

FRESH, MEMORIZED = "fresh", "memorized"
_LOGGED = ("accuracy", "avg@")


@dataclass(frozen=True)
class _Trained(Checkpoint):
    """The model in training; `sha256` is the hash of its weights."""

    sha256: str = ""

    @cached_property
    def weights_sha256(self) -> str:
        return self.sha256

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        """None: the settings and the tokenizer are in memory too."""
        return {}


class TrlCallback(TrainerCallback):  # type: ignore[misc]
    """See the module.

    `results` holds the results of all measurements so far, with their training step.

    Args:
        trainer: the trainer to which the callback is added (any trainer of TRL or transformers).
        fresh: problems that the model cannot have memorized, or whatever `--on` takes.
        memorized: problems that it has; also a folder of `clean-bench probe`, whose problems that the
            checkpoint completed word for word from 60% are taken.
        every: training steps between two measurements.
        out: folder for one artifact of kind `scores` per measurement, `OUT/step-000050`, which
            `clean-bench verify` and `clean-bench behaviors` take; None keeps `results` alone.
        settings: fields of `clean_bench.scoring.config.ScoreConfig`, such as `samples=8`. `max_tokens`
            is by default that of the trainer's completions.

    Raises:
        UserError: for neither set, a set without answers, an unknown setting, or split weights.
    """

    def __init__(
        self,
        trainer: Any,
        *,
        fresh: ProblemSet | str | None = None,
        memorized: ProblemSet | str | None = None,
        every: int = 50,
        out: str | Path | None = None,
        **settings: Any,
    ) -> None:
        if every < 1:
            raise UserError(f"every = {every}: expected a number of training steps from 1")
        if getattr(trainer, "is_fsdp_enabled", False) or getattr(
            trainer, "is_deepspeed_enabled", False
        ):
            raise UserError(
                "TrlCallback: expected a model whose weights are whole on one device, got FSDP or "
                "DeepSpeed; score its checkpoints with `clean-bench score` instead"
            )
        self._trainer, self._every = trainer, every
        self._out = None if out is None else Path(out)
        self._sets = list(_sets(fresh, memorized))
        longest = getattr(trainer.args, "max_completion_length", None)
        defaults = {} if longest is None else {"max_tokens": longest}
        self._config = _config({**defaults, **settings})
        self.results = Results()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Measure before the first step."""
        if state.global_step == 0:
            self._measure(state, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Measure after every `every` steps."""
        if state.global_step % self._every == 0:
            self._measure(state, control)

    def _measure(self, state: Any, control: Any) -> None:
        if not state.is_world_process_zero:
            return
        step = state.global_step
        model = self._trainer.accelerator.unwrap_model(self._trainer.model)
        with _training_unchanged(model), _folder(self._out, step) as folder:
            results = self._score(model, folder).labelled(step=step)
        self.results = self.results + results
        logs = {
            f"clean_bench/{row.set}/{row.measure}": row.value
            for row in results.where(subset=None, versus=None, template=results[0].template)
            if row.measure.startswith(_LOGGED)
        }
        # The logs of `GRPOTrainer.log` would end the interval over which TRL averages its own metrics,
        # and any log clears the request for the trainer's own.
        should_log = control.should_log
        Trainer.log(self._trainer, logs)
        control.should_log = self._trainer.control.should_log = should_log

    def _score(self, model: Any, folder: Path) -> Results:
        processor = self._trainer.processing_class
        engine = TransformersEngine(model, getattr(processor, "tokenizer", processor))
        checkpoint = _Trained("trainer", folder, sha256=live_weights_sha256(model))
        _remove_other(folder, checkpoint.weights_sha256)
        artifact = score(engine, self._sets, folder, self._config, checkpoint=checkpoint)
        return Results.read(artifact)


def _sets(
    fresh: ProblemSet | str | None, memorized: ProblemSet | str | None
) -> Iterator[ProblemSet]:
    """The sets, named by their part in the logs."""
    if fresh is None and memorized is None:
        raise UserError("TrlCallback: expected fresh or memorized problems, got neither")
    if fresh is not None:
        problems = load_problems(fresh) if isinstance(fresh, str) else fresh
        problems.require_answers()
        yield replace(problems, name=FRESH)
    if memorized is not None:
        problems = load_memorized(memorized) if isinstance(memorized, str) else memorized
        problems.require_answers()
        yield replace(problems, name=MEMORIZED)


def _config(settings: dict[str, Any]) -> ScoreConfig:
    try:
        config = ScoreConfig(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        names = ", ".join(ScoreConfig.model_fields)
        key = ".".join(map(str, first["loc"]))
        raise UserError(
            f"TrlCallback: {key}: {first['msg']}; expected settings of {names}"
        ) from None
    config.check()
    return config


@contextmanager
def _training_unchanged(model: torch.nn.Module) -> Iterator[None]:
    """Restore the mode of every module and the random number generators."""
    modes = {module: module.training for module in model.modules()}
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    python_state, numpy_state = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            for module, training in modes.items():
                module.training = training
            random.setstate(python_state)
            np.random.set_state(numpy_state)


@contextmanager
def _folder(out: Path | None, step: int) -> Iterator[Path]:
    if out is not None:
        yield out / f"step-{step:06d}"
        return
    with TemporaryDirectory(prefix="clean-bench-") as folder:
        yield Path(folder) / "scores"


def _remove_other(folder: Path, weights_sha256: str) -> None:
    """Remove the scores of other weights: those of an earlier run, which began anew."""
    if not (folder / manifests.NAME).is_file():
        return
    earlier = manifests.read_manifest(folder)
    same = earlier["config"].get("weights_sha256") == weights_sha256
    if earlier["kind"] == KIND and not same:
        shutil.rmtree(folder)
