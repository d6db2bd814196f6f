"""Contain vLLM's process-wide side effects: stdout, telemetry, thread pinning, a patched torch function.

Its messages go to standard error or nowhere, because standard output is for results. The patched
function, the number of threads and the random generators, which vLLM seeds, are restored.
"""

from __future__ import annotations

import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from clean_bench.errors import UserError

_SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    # Run in this process; see `clean_bench.engines.vllm_engine`.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
}


_DEATHS = ("EngineDeadError", "AcceleratorError")
"""Errors of vLLM, and of torch for a GPU that failed, after which an engine cannot go on."""


def set_environment(*, gpu: bool) -> None:
    """Set the variables that vLLM reads at import, unless the user has set them.

    On a CPU, torch.compile is disabled: it needs a compiler and takes longer than it saves.
    """
    settings = _SETTINGS if gpu else {**_SETTINGS, "TORCH_COMPILE_DISABLE": "1"}
    for name, value in settings.items():
        os.environ.setdefault(name, value)


@contextmanager
def contain_side_effects(*, drop: bool) -> Iterator[None]:
    """Keep the output of libraries, Python or native, out of standard output; restore torch.

    Args:
        drop: discard the output, unless the user set VLLM_LOGGING_LEVEL above ERROR. Use False when
            processes are started inside, because they would stay silent.
    """
    drop = drop and os.environ.get("VLLM_LOGGING_LEVEL") == "ERROR"
    threads, set_threads = torch.get_num_threads(), torch.set_num_threads
    python_state, numpy_state = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    with Path(os.devnull).open("wb") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target = nowhere.fileno() if drop else 2
        try:
            with (
                torch.random.fork_rng(devices),
                _redirected(1, target),
                _redirected(2, target),
            ):
                yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)
            torch.set_num_threads = set_threads
            torch.set_num_threads(threads)


@contextmanager
def death_as_user_error() -> Iterator[None]:
    """Raise `UserError` where vLLM's engine core or a worker died, or a GPU's memory ran out."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise UserError(
            "vLLM ran out of GPU memory; use a smaller --batch-size or max_tokens, and rerun the same "
            "command to resume"
        ) from None
    except Exception as error:
        # By its name, because vLLM need not be installed where this module is imported.
        if type(error).__name__ not in _DEATHS and not _of_executor(error):
            raise
        cause = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"vLLM's engine died ({cause}); rerun the same command to resume, with "
            "VLLM_LOGGING_LEVEL=INFO to see the cause"
        ) from None


def _of_executor(error: Exception) -> bool:
    """Whether it came through vLLM's executor of worker processes: one of them failed or is gone."""
    trace = error.__traceback__
    while trace is not None:
        if "multiproc_executor" in trace.tb_frame.f_code.co_filename:
            return True
        trace = trace.tb_next
    return False


@contextmanager
def _redirected(descriptor: int, target: int) -> Iterator[None]:
    stream = sys.stdout if descriptor == 1 else sys.stderr
    stream.flush()
    saved = os.dup(descriptor)
    os.dup2(target, descriptor)
    try:
        yield
    finally:
        stream.flush()
        os.dup2(saved, descriptor)
        os.close(saved)
