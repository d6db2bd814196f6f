"""Failures of a long run as one line that says what to change.

    with explained("update", artifact, config):
        ...

The saved state is replaced only by a whole one, so it outlives each of these failures.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Literal

import torch

from clean_bench.artifacts import STATE, Artifact
from clean_bench.errors import UserError, one_line
from trainers.config import TrainConfig

Phase = Literal["generation", "update", "saving"]
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DEAD_ENGINE = {"EngineDeadError", "EngineGenerateError"}
"""Exceptions of vLLM, which may not be installed."""


@contextmanager
def explained(phase: Phase, artifact: Artifact, config: TrainConfig) -> Iterator[None]:
    """Turn a lack of memory or disk space, a dead engine and a failed device into `UserError`.

    Other exceptions pass.
    """
    try:
        yield
    except Exception as error:
        reason = _reason(error, phase, config)
        if reason is None:
            raise
        what, remedy = reason
        raise UserError(f"{artifact.folder}: {phase}: {what}; {_again(artifact)}{remedy}") from None


def require_finite(where: str, config: TrainConfig, **values: float) -> None:
    """Raise `UserError` for a value, such as a loss or the norm of a gradient, that is not finite.

    Args:
        where: the step and the mini-batch.
    """
    for name, value in values.items():
        if not isfinite(value):
            also = "" if config.compute_dtype != "float16" else ", or in compute_dtype=bfloat16,"
            raise UserError(
                f"{where}: expected a finite {name}, got {value}: training diverged; train with a "
                f"smaller learning_rate{also} into another folder"
            )


def _reason(error: Exception, phase: Phase, config: TrainConfig) -> tuple[str, str] | None:
    """What happened, and what to change beside running again; None for an unknown exception."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if _is_out_of_memory(error):
        return f"out of memory ({one_line(error)})", f", or {_less_memory(phase, config)}"
    if isinstance(error, OSError) and error.errno in _FULL:
        what = f"{error.strerror} ({error.filename})" if error.filename else str(error.strerror)
        return what, " once there is space: a new state is written before the old one is removed"
    # A server or a process of the engine that is gone.
    if names & _DEAD_ENGINE or isinstance(error, ConnectionError | EOFError):
        return f"the engine died ({one_line(error)})", ""
    if isinstance(error, torch.AcceleratorError):
        return f"the device failed ({one_line(error)})", ", on another device if it fails again"
    return None


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error)
    # torch has no exception of its own for the CPU.
    return isinstance(error, RuntimeError) and (
        "DefaultCPUAllocator" in text or "CUDA out of memory" in text
    )


def _less_memory(phase: Phase, config: TrainConfig) -> str:
    if phase == "generation":
        changes = ["a smaller --batch-size"]
    else:
        changes = [
            f"a token_budget below {config.token_budget}",
            f"a head_chunk below {config.head_chunk}",
        ]
        if config.gradient_checkpointing != "on":
            changes.append("gradient_checkpointing=on")
    if config.tuning != "lora":
        changes.append("tuning=lora")
    return f"train into another folder with {' or '.join(changes)}"


def _again(artifact: Artifact) -> str:
    saved = (artifact.folder / STATE).is_file()
    point = "resume from the last saved state" if saved else "begin again: no state was saved yet"
    return f"rerun the same command to {point}"
