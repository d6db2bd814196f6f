"""What vLLM does to the process it runs in, held within bounds.

It writes to standard output, reports its use to its makers, binds threads and replaces a function of
torch. Here its messages go where they cannot be taken for results, and what it changed is put back.
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
    # In this process; see `clean_bench.engines.vllm_engine`.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
}


def set_environment(*, gpu: bool) -> None:
    """Set what vLLM reads when it is imported, as far as the user has not.

    On a CPU its small compiled helpers cost more to compile than they save, and need a compiler.
    """
    settings = _SETTINGS if gpu else {**_SETTINGS, "TORCH_COMPILE_DISABLE": "1"}
    for name, value in settings.items():
        os.environ.setdefault(name, value)


@contextmanager
def quiet(*, capture: bool) -> Iterator[None]:
    """Keep what libraries print, in Python or below it, out of standard output.

    Args:
        capture: drop it, unless the user has asked vLLM for more than errors. Processes that are
            started meanwhile would lose their messages for good, so it is not for them.
    """
    capture = capture and os.environ.get("VLLM_LOGGING_LEVEL") == "ERROR"
    threads, set_threads = torch.get_num_threads(), torch.set_num_threads
    with Path(os.devnull).open("wb") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target = nowhere.fileno() if capture else 2
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
