"""Client of the grading subprocess: started lazily, kept alive, restarted on crash.

One subprocess serves all threads. Each call has a few comparisons in flight at a time, so that a call
with many slow ones does not block the other calls. A reader thread passes each reply to its call.

Messages are JSON lines in ASCII: no answer (a lone surrogate, a NUL, a newline) can break them.
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
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

_SCRIPT = Path(__file__).with_name("process.py")
CHILDREN = 4
"""Comparisons at a time. Fixed on any number of cores: several, so that one slow pair does not block
the others; few, so that at the default memory limit they stay under 2 GB together."""
_MAX_IN_FLIGHT = CHILDREN + 2
"""Max in-flight comparisons per call; two extra hide IPC latency."""
_START_SECONDS = 120.0
"""Time limit for starting the worker, which imports sympy, on a busy machine."""
_OVERDUE_SECONDS = 0.8
"""Time past its limit after which a comparison without a reply is a timeout for its caller. The worker
ends a comparison at its limit, so a reply is late only if it hangs or the machine is busy."""
_GRACE_SECONDS = 15.0
"""Silence past the longest limit after which the worker is killed."""
_POLL_SECONDS = 0.1


class PairRequest(NamedTuple):
    """One comparison: the grader's name, the gold answer, and the answer or whole response."""

    grader: str
    gold: str
    answer: str


class Reply(NamedTuple):
    """The kind of a grade, the answer if the worker extracted it, and the reason of a crash."""

    kind: str
    extracted: str | None
    reason: str | None = None


Inbox = SimpleQueue[tuple[int, Reply | None]]
"""Replies by the index of their request; None if the worker died before it replied."""


class _Sent:
    """A request without a reply of the worker: where the reply goes, its limit, when it began."""

    __slots__ = ("begun", "inbox", "key", "seconds")

    def __init__(self, inbox: Inbox, key: int, seconds: float) -> None:
        self.inbox: Inbox | None = inbox
        self.key, self.seconds = key, seconds
        self.begun: float | None = None

    def put(self, reply: Reply | None) -> None:
        """Give the reply to the caller, unless it has one already."""
        if self.inbox is not None:
            self.inbox.put((self.key, reply))
            self.inbox = None

    def overdue(self, now: float) -> bool:
        return self.begun is not None and now - self.begun > self.seconds + _OVERDUE_SECONDS


class _Worker:
    """One running worker process, the leader of its own process group."""

    def __init__(self) -> None:
        self.lost = False
        self._lock = threading.Lock()
        self._waiting: dict[int, _Sent] = {}
        self._sent = 0
        self._longest = 0.0
        self._last_reply = time.monotonic()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `close`)
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT), str(CHILDREN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            start_new_session=True,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self._requests, self._replies = self.process.stdin, self.process.stdout
        try:
            in_time = select.select([self._replies], [], [], _START_SECONDS)[0]
            ready = in_time and self._replies.readline()
        except BaseException:
            self._end()
            raise
        if not ready:
            self._errors.seek(0)
            stderr = self._errors.read().decode(errors="replace").strip()
            self._end()
            raise RuntimeError(f"the grading subprocess did not start: {stderr[-2000:]}")
        self._reader = threading.Thread(target=self._read, name="grading", daemon=True)
        self._reader.start()

    def send(
        self, request: PairRequest, seconds: float, memory_mb: int, inbox: Inbox, key: int
    ) -> None:
        """Send one request; its reply goes to `inbox` under `key`."""
        with self._lock:
            if not self.lost:
                if not self._waiting:
                    self._last_reply = time.monotonic()
                self._sent += 1
                self._longest = max(self._longest, seconds)
                self._waiting[self._sent] = _Sent(inbox, key, seconds)
                self._begin()
                message = {"id": self._sent, "seconds": seconds, "memory_mb": memory_mb}
                message |= request._asdict()
                data = memoryview(json.dumps(message, ensure_ascii=True).encode() + b"\n")
                # If the worker died, the reader thread puts None into the inbox.
                with contextlib.suppress(OSError):
                    while data:
                        data = data[os.write(self._requests.fileno(), data) :]
                return
        inbox.put((key, None))

    def look(self) -> None:
        """Reply timeout to what is overdue; close the worker if it has been silent for too long."""
        now = time.monotonic()
        with self._lock:
            for sent in self._waiting.values():
                if sent.overdue(now):
                    sent.put(Reply("timeout", None))
            silent = now - self._last_reply > self._longest + _GRACE_SECONDS
            hangs = bool(self._waiting) and silent
        if hangs:
            self.close()

    def _begin(self) -> None:
        """Start the clocks of the oldest requests: the worker takes them in their order."""
        for sent in islice(self._waiting.values(), CHILDREN):
            if sent.begun is None:
                sent.begun = time.monotonic()

    def close(self) -> None:
        """Kill the process and its children: they hold no state."""
        self._kill()
        self._reader.join()

    def disown(self) -> None:
        """In a forked child: close the pipes, so that the worker still ends with the parent."""
        self.lost = True
        self.process.returncode = 0
        for stream in (self._requests, self._replies, self._errors):
            stream.close()

    def _read(self) -> None:
        parts: list[bytes] = []
        try:
            while block := os.read(self._replies.fileno(), 1 << 16):
                *lines, rest = block.split(b"\n")
                for line in lines:
                    self._deliver(json.loads(b"".join([*parts, line])))
                    parts = []
                parts.append(rest)
        finally:
            with self._lock:
                self.lost = True
                waiting, self._waiting = self._waiting, {}
            self._end()
            for sent in waiting.values():
                sent.put(None)

    def _deliver(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._last_reply = time.monotonic()
            sent = self._waiting.pop(message["id"])
            self._begin()
            sent.put(Reply(message["kind"], message["extracted"], message["reason"]))

    def _kill(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def _end(self) -> None:
        self._kill()
        self.process.wait()
        for stream in (self._requests, self._replies, self._errors):
            stream.close()


_lock = threading.Lock()
_worker: _Worker | None = None


def grade_slow(requests: Sequence[PairRequest], seconds: float, memory_mb: int) -> list[Reply]:
    """The replies (equal, different, no answer, timeout or crash), in order.

    `seconds` and `memory_mb` limit each comparison from the moment it begins. The worker ends what
    exceeds a limit; a reply that is late by more than `_OVERDUE_SECONDS` is a timeout. A request in
    flight when the worker dies is sent once more; after a second death its reply is "crash".

    Raises:
        RuntimeError: if the worker cannot be started (a broken installation).
    """
    replies: dict[int, Reply] = {}
    losses: Counter[int] = Counter()
    waiting = deque(range(len(requests)))
    inbox: Inbox = SimpleQueue()
    in_flight = 0
    while len(replies) < len(requests):
        worker = _running()
        while waiting and in_flight < _MAX_IN_FLIGHT:
            key = waiting.popleft()
            worker.send(requests[key], seconds, memory_mb, inbox, key)
            in_flight += 1
        try:
            key, reply = inbox.get(timeout=_POLL_SECONDS)
        except Empty:
            worker.look()
            continue
        in_flight -= 1
        if reply is not None:
            replies[key] = reply
            continue
        losses[key] += 1
        if losses[key] > 1:
            replies[key] = Reply("crash", None, "the worker ended twice")
        else:
            waiting.appendleft(key)
    return [replies[key] for key in range(len(requests))]


def _running() -> _Worker:
    global _worker
    with _lock:
        if _worker is None or _worker.lost:
            _worker = _Worker()
        return _worker


def _close() -> None:
    global _worker
    with _lock:
        worker, _worker = _worker, None
    if worker is not None:
        worker.close()


def _forget() -> None:
    """In a forked child: drop the worker, which belongs to the parent."""
    global _lock, _worker
    worker, _lock, _worker = _worker, threading.Lock(), None
    if worker is not None:
        worker.disown()


atexit.register(_close)
os.register_at_fork(after_in_child=_forget)
