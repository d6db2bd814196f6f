"""The near end of the worker process: started at the first need, kept, restarted when it dies.

Messages are JSON lines in ASCII, so that no answer (a lone surrogate, a NUL, a newline) can break
them. At most `_WINDOW` requests are under way at a time: their replies fit into the pipe's buffer,
hence neither side ever waits for the other to read.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("worker.py")
_WINDOW = 64
_START = 120.0
"""Seconds that the worker may take to import sympy on a busy machine."""
_GRACE = 30.0
"""Seconds past a comparison's own limit before the worker itself is given up."""


class _Lost(Exception):
    """The worker process ended, or said nothing for too long."""


class _Worker:
    """One running worker process, leader of a process group of its own."""

    def __init__(self, memory_mb: int) -> None:
        self.memory_mb = memory_mb
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `close`)
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT), str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self._read = b""
        try:
            self.receive(_START)
        except _Lost:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip()
            self.close()
            raise RuntimeError(
                f"the answer-checking process did not start: {said[-2000:]}"
            ) from None
        except BaseException:
            self.close()
            raise

    def send(self, message: dict[str, Any]) -> None:
        data = memoryview(json.dumps(message, ensure_ascii=True).encode() + b"\n")
        try:
            while data:
                data = data[os.write(self._requests.fileno(), data) :]
        except OSError:
            raise _Lost from None

    def receive(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._read:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._replies], [], [], left)[0]:
                raise _Lost
            block = os.read(self._replies.fileno(), 1 << 16)
            if not block:
                raise _Lost
            self._read += block
        line, self._read = self._read.split(b"\n", 1)
        return dict(json.loads(line))

    def close(self) -> None:
        """End the process and its children at once: they hold nothing that could be lost."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._requests, self._replies, self._errors):
            stream.close()


_lock = threading.Lock()
_worker: _Worker | None = None


def compare(pairs: Sequence[tuple[str, str]], seconds: float, memory_mb: int) -> list[str]:
    """What math-verify says of each (gold, answer): equal, different, timeout or crash.

    A pair that is under way when the worker process itself dies is tried once more, then "crash".

    Raises:
        RuntimeError: if the worker cannot be started (a broken installation).
    """
    with _lock:
        kinds: dict[int, str] = {}
        losses: Counter[int] = Counter()
        waiting = deque(range(len(pairs)))
        underway: set[int] = set()
        while len(kinds) < len(pairs):
            try:
                worker = _running(memory_mb)
                _exchange(worker, pairs, seconds, waiting, underway, kinds)
            except _Lost:
                _close()
                losses.update(underway)
                kinds.update((key, "crash") for key in underway if losses[key] > 1)
                waiting.extendleft(key for key in underway if losses[key] == 1)
                underway.clear()
            except BaseException:
                _close()
                raise
        return [kinds[key] for key in range(len(pairs))]


def _exchange(
    worker: _Worker,
    pairs: Sequence[tuple[str, str]],
    seconds: float,
    waiting: deque[int],
    underway: set[int],
    kinds: dict[int, str],
) -> None:
    while waiting or underway:
        while waiting and len(underway) < _WINDOW:
            key = waiting.popleft()
            underway.add(key)
            gold, answer = pairs[key]
            worker.send({"id": key, "gold": gold, "answer": answer, "seconds": seconds})
        reply = worker.receive(seconds + _GRACE)
        underway.remove(reply["id"])
        kinds[reply["id"]] = reply["kind"]


def _running(memory_mb: int) -> _Worker:
    global _worker
    if _worker is not None and _worker.memory_mb != memory_mb:
        _close()
    if _worker is None:
        _worker = _Worker(memory_mb)
    return _worker


def _close() -> None:
    global _worker
    worker, _worker = _worker, None
    if worker is not None:
        worker.close()


def _forget() -> None:
    """In a forked child: the worker belongs to the parent."""
    global _lock, _worker
    _lock, _worker = threading.Lock(), None


atexit.register(_close)
os.register_at_fork(after_in_child=_forget)
