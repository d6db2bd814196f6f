r"""The grading subprocess. `client` starts it by its path; it is never imported.

    python -P process.py CHILDREN

It reads one JSON object per line, `{"id", "grader", "gold", "answer", "seconds", "memory_mb"}`. It
writes one per line: first `{"ready": true}`, then `{"id", "kind", "extracted", "reason"}` in order of
completion, where kind is equal, different, no answer, timeout or crash, and a crash has a reason. It
ends at the end of its input.

Comparisons run in the forked children of a pebble pool. The kernel enforces both limits, which the
child sets before each pair: a timer whose signal kills the child even within one long C call, and its
address space. A comparison that exceeds its memory is a crash, unless the library catches the failed
allocation and takes the answer for unreadable.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, TimeoutError
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pebble import CONSTS, ProcessExpired, ProcessPool

if TYPE_CHECKING:
    from clean_bench.grading.graders import Grader

_PACKAGE = Path(__file__).resolve().parents[2]


class Outcome(NamedTuple):
    """The kind of a grade, the answer if the grader extracted it here, and the reason of a crash."""

    kind: str
    extracted: str | None = None
    reason: str | None = None


def _load_graders() -> tuple[Mapping[str, Grader], Callable[[str], Grader]]:
    """Load the graders from the package that holds this file, whatever the search path is."""
    spec = importlib.util.spec_from_file_location("clean_bench", _PACKAGE / "__init__.py")
    assert spec is not None and spec.loader is not None
    package = sys.modules["clean_bench"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    from clean_bench.grading.graders import GRADERS, named

    return GRADERS, named


GRADERS, named = _load_graders()

_WARM_UP = (("\\frac{1}{2}", "0.25+0.25"), ("\\tan 2x", "\\frac{2\\tan x}{1-\\tan^2 x}"))
_RECYCLE = 300
"""Comparisons after which a child is replaced, which bounds sympy's caches."""
_BACKUP_SECONDS = 0.5
"""Time past the limit after which the pool kills a child that its own timer did not kill."""


def grade_limited(grader: str, gold: str, answer: str, seconds: float, memory_mb: int) -> Outcome:
    """Grade one pair under limits."""
    unlimited = resource.getrlimit(resource.RLIMIT_AS)
    most = unlimited[1]
    limit = memory_mb * 2**20 if most == resource.RLIM_INFINITY else min(memory_mb * 2**20, most)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
        return Outcome(*named(grader).grade_pair(gold, answer))
    except Exception as error:  # recursion too deep, memory exhausted, or a fault of a library
        return Outcome("crash", reason=type(error).__name__)
    finally:
        # The pool's own code between two comparisons runs without limits: a failure there would
        # affect other pairs.
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, unlimited)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    requests, replies = _private_streams()
    for grader in GRADERS.values():  # load grammars and libraries once, before any child is forked
        for gold, answer in _WARM_UP:
            grader.grade_pair(gold, answer)
    CONSTS.sleep_unit = 0.03  # seconds between pebble's checks for ended children (default 0.1)
    pool = ProcessPool(
        max_workers=int(sys.argv[1]),
        max_tasks=_RECYCLE,
        initializer=_prepare,
        initargs=(replies,),
        context=multiprocessing.get_context("fork"),
    )
    lock = threading.Lock()
    _write(replies, lock, {"ready": True})
    for line in _lines(requests):
        request = json.loads(line)
        key, seconds = request.pop("id"), request["seconds"]
        future = pool.schedule(grade_limited, kwargs=request, timeout=seconds + _BACKUP_SECONDS)
        future.add_done_callback(partial(_reply, replies, lock, key))
    pool.stop()
    pool.join()


def _private_streams() -> tuple[int, int]:
    """Duplicate the two pipes, and redirect descriptors 0 and 1.

    Output of libraries then goes to standard error instead of among the replies, and a forked child
    that closes its standard input does not wait for a lock that this process held.
    """
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _prepare(replies: int) -> None:
    """In a new child: close the pipe, so that its end signals the end of the parent.

    pebble handles SIGTERM in Python, hence only after a long C call; the default handler kills at once.
    """
    os.close(replies)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _lines(descriptor: int) -> Iterator[bytes]:
    rest: list[bytes] = []
    while block := os.read(descriptor, 1 << 16):
        *lines, last = block.split(b"\n")
        for line in lines:
            yield b"".join([*rest, line])
            rest = []
        rest.append(last)


def _reply(replies: int, lock: threading.Lock, key: int, future: Future[Outcome]) -> None:
    if future.cancelled():
        return
    error = future.exception()
    outcome = future.result() if error is None else _without_result(error)
    _write(replies, lock, {"id": key, **outcome._asdict()})


def _without_result(error: BaseException) -> Outcome:
    """The outcome of a comparison whose process ended."""
    if isinstance(error, TimeoutError):
        return Outcome("timeout")
    if not isinstance(error, ProcessExpired):
        return Outcome("crash", reason=type(error).__name__)
    if error.exitcode == -signal.SIGALRM:
        return Outcome("timeout")
    if error.exitcode < 0:
        name = signal.Signals(-error.exitcode).name
        return Outcome("crash", reason=f"the process ended with signal {-error.exitcode} ({name})")
    return Outcome("crash", reason=f"the process ended with status {error.exitcode}")


def _write(replies: int, lock: threading.Lock, message: dict[str, object]) -> None:
    data = memoryview(json.dumps(message, ensure_ascii=True).encode() + b"\n")
    with lock:
        while data:
            data = data[os.write(replies, data) :]


if __name__ == "__main__":
    main()
