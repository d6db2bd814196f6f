r"""The process that compares answers at length. Started by `pool`, by path; not imported.

    python -P worker.py CHILDREN

It reads one JSON object per line, `{"id", "grader", "gold", "answer", "seconds", "memory_mb"}`, and
writes one per line, first `{"ready": true}`, then `{"id", "kind", "extracted"}` in order of
completion, kind being equal, different, no answer, timeout or crash. It ends at the end of its input.

Comparisons run in a pebble pool inside this process, which is small: the pool's children are
forked, and forking a process that holds torch or a model is slow and unsafe. Both limits are the
kernel's, set by the child as it begins with a pair: a timer whose signal ends the child at once,
even within one long C call, and its address space. A comparison that asks for more memory is a crash,
where the library at work does not take the refusal for an unreadable answer.
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
from typing import Any

from pebble import CONSTS, ProcessExpired, ProcessPool

_PACKAGE = Path(__file__).resolve().parents[2]


def _judges() -> Mapping[str, Callable[[str, str], tuple[str, str | None]]]:
    """From the very package that this file is part of, wherever it is, without a search path."""
    spec = importlib.util.spec_from_file_location("clean_bench", _PACKAGE / "__init__.py")
    assert spec is not None and spec.loader is not None
    package = sys.modules["clean_bench"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    from clean_bench.grading.judges import JUDGES

    return JUDGES


JUDGES = _judges()

_RECYCLE = 300
"""Comparisons after which a child is replaced, so that sympy's caches stay far from the limit."""
_BACKUP = 0.5
"""Seconds past the limit after which the pool ends a child that its own timer did not end."""


def judge(grader: str, gold: str, answer: str, seconds: float, memory_mb: int) -> tuple[str, Any]:
    """The word of a grader on one pair: its kind, and the answer where the grader read it itself."""
    unlimited = resource.getrlimit(resource.RLIMIT_AS)
    most = unlimited[1]
    limit = memory_mb * 2**20 if most == resource.RLIM_INFINITY else min(memory_mb * 2**20, most)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
        return JUDGES[grader](gold, answer)
    except Exception:  # too deep for the stack, too large for the memory, or a fault of a library
        return "crash", None
    finally:
        # The pool's own code between two comparisons runs without limits: what fails there would
        # cost other pairs.
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, unlimited)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    requests, replies = _private_streams()
    for (
        function
    ) in JUDGES.values():  # loads grammars and libraries once, before any child is forked
        function("\\frac{1}{2}", "0.25+0.25")
    CONSTS.sleep_unit = 0.03  # seconds after which pebble notices a child that ended (0.1)
    pool = ProcessPool(
        max_workers=int(sys.argv[1]),
        max_tasks=_RECYCLE,
        initializer=_prepare,
        initargs=(replies,),
        context=multiprocessing.get_context("fork"),
    )
    lock = threading.Lock()
    _say(replies, lock, {"ready": True})
    for line in _lines(requests):
        request = json.loads(line)
        key, seconds = request.pop("id"), request["seconds"]
        future = pool.schedule(judge, kwargs=request, timeout=seconds + _BACKUP)
        future.add_done_callback(partial(_reply, replies, lock, key))
    pool.stop()
    pool.join()


def _private_streams() -> tuple[int, int]:
    """Descriptors of the two pipes; 0 and 1 then lead elsewhere.

    Whatever a library prints goes to standard error instead of among the replies, and a forked
    child that closes its standard input does not wait for a lock that this process held.
    """
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _prepare(replies: int) -> None:
    """In a new child: let go of the pipe, so that its end shows that the parent ended.

    pebble handles SIGTERM in Python, hence only after a long C call; the default ends it at once.
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


def _reply(replies: int, lock: threading.Lock, key: int, future: Future[tuple[str, Any]]) -> None:
    if future.cancelled():
        return
    error, extracted = future.exception(), None
    if error is None:
        kind, extracted = future.result()
    else:
        expired = isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGALRM
        kind = "timeout" if expired or isinstance(error, TimeoutError) else "crash"
    _say(replies, lock, {"id": key, "kind": kind, "extracted": extracted})


def _say(replies: int, lock: threading.Lock, message: dict[str, object]) -> None:
    data = memoryview(json.dumps(message, ensure_ascii=True).encode() + b"\n")
    with lock:
        while data:
            data = data[os.write(replies, data) :]


if __name__ == "__main__":
    main()
