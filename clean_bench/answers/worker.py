r"""The process that compares answers with math-verify. Started by `pool`, by path; not imported.

    python -P worker.py MEMORY_MB

It reads one JSON object per line, `{"id", "gold", "answer", "seconds"}`, and writes one per line,
first `{"ready": true}`, then `{"id", "kind"}` in order of completion, kind being equal, different,
timeout or crash. It ends at the end of its input.

Comparisons run in a pebble pool inside this process, which is small: the pool's children are
forked, and forking a process that holds torch or a model is slow and unsafe. A comparison past its
time is killed with its child. Children hold at most MEMORY_MB of address space; a comparison that
asks for more fails inside math-verify, which takes that for an unreadable answer ("different"), or
ends the child ("crash").
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, TimeoutError
from functools import partial

from math_verify import parse, verify
from pebble import ProcessPool

_MOST_CHILDREN = 8
_RECYCLE = 1000
"""Comparisons after which a child is replaced, so that sympy's caches stay far from the limit."""


def compare(gold: str, answer: str) -> str:
    """Whether math-verify takes the two for equal, both read as the content of a box.

    Without the box, 109 of the 500 gold answers of MATH-500 are misread (`3\\sqrt{13}` as 3).
    """
    sides = [parse(f"\\boxed{{{text}}}", parsing_timeout=None) for text in (gold, answer)]
    return "equal" if verify(*sides, timeout_seconds=None) else "different"


def main() -> None:
    memory_mb = int(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    requests, replies = _private_streams()
    compare("\\frac{1}{2}", "0.25+0.25")  # loads the grammar once, before any child is forked
    pool = ProcessPool(
        max_workers=min(_MOST_CHILDREN, os.cpu_count() or 1),
        max_tasks=_RECYCLE,
        initializer=_confine,
        initargs=(memory_mb, replies),
        context=multiprocessing.get_context("fork"),
    )
    lock = threading.Lock()
    _say(replies, lock, {"ready": True})
    for line in _lines(requests):
        request = json.loads(line)
        future = pool.schedule(
            compare, args=(request["gold"], request["answer"]), timeout=request["seconds"]
        )
        future.add_done_callback(partial(_reply, replies, lock, request["id"]))
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


def _confine(memory_mb: int, replies: int) -> None:
    """Limit a child's memory; let go of the pipe, so that its end shows that the parent ended."""
    os.close(replies)
    limit, most = memory_mb * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1]
    if most != resource.RLIM_INFINITY:
        limit = min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _lines(descriptor: int) -> Iterator[bytes]:
    rest = b""
    while block := os.read(descriptor, 1 << 16):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines


def _reply(replies: int, lock: threading.Lock, key: int, future: Future[str]) -> None:
    if future.cancelled():
        return
    error = future.exception()
    if error is None:
        kind = future.result()
    else:
        kind = "timeout" if isinstance(error, TimeoutError) else "crash"
    _say(replies, lock, {"id": key, "kind": kind})


def _say(replies: int, lock: threading.Lock, message: dict[str, object]) -> None:
    with lock:
        os.write(replies, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
