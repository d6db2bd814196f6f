"""Contain vLLM's process-wide side effects: stdout, telemetry, thread pinning, a patched torch function.

Its messages go to standard error or nowhere, because standard output is for results. The patched
function and the number of threads are restored.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

_SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    # Run in this process; see `clean_bench.engines.vllm_engine`.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
}


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
    with Path(os.devnull).open("wb") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target = nowhere.fileno() if drop else 2
        try:
            with _redirected(1, target), _redirected(2, target):
                yield
        finally:
            torch.set_num_threads = set_threads
            torch.set_num_threads(threads)


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
