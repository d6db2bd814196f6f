"""The near end of the worker process: started at the first need, kept, restarted when it dies.

One process serves every thread. Each call has a few comparisons under way at a time, so that a
call with many slow ones leaves room for the others; a thread of its own reads the replies and hands
each to the call that waits for it.

Messages are JSON lines in ASCII, so that no answer (a lone surrogate, a NUL, a newline) can break
them.
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
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

_SCRIPT = Path(__file__).with_name("process.py")
CHILDREN = 4
"""Comparisons at a time, also on fewer cores, so that slow pairs do not hold up all others, and no more
on many, so that at their default limit of memory they stay under 2 GB together."""
_UNDERWAY = CHILDREN + 2
"""Comparisons that one call may have under way: the few that wait hide the way to and fro."""
_START = 120.0
"""Seconds that the worker may take to import sympy on a busy machine."""
_GRACE = 30.0
"""Seconds of silence past the longest limit before the worker itself is given up."""


class Question(NamedTuple):
    """What a grader is asked: its name, the gold answer, and what it takes of the response."""

    grader: str
    gold: str
    answer: str


class Reply(NamedTuple):
    """A kind of verdict, and the answer where the grader itself looked for it in the response."""

    kind: str
    extracted: str | None


Inbox = SimpleQueue[tuple[int, Reply | None]]
"""Replies by the number of their question; None where the worker was lost over it."""


class _Worker:
    """One running worker process, leader of a process group of its own."""

    def __init__(self) -> None:
        self.lost = False
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Inbox, int]] = {}
        self._asked = 0
        self._longest = 0.0
        self._heard = time.monotonic()
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
            ready = select.select([self._replies], [], [], _START)[0] and self._replies.readline()
        except BaseException:
            self._end()
            raise
        if not ready:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip()
            self._end()
            raise RuntimeError(f"the answer-checking process did not start: {said[-2000:]}")
        self._reader = threading.Thread(target=self._read, name="answers", daemon=True)
        self._reader.start()

    def ask(
        self, question: Question, seconds: float, memory_mb: int, inbox: Inbox, key: int
    ) -> None:
        with self._lock:
            if not self.lost:
                if not self._waiting:
                    self._heard = time.monotonic()
                self._asked += 1
                self._longest = max(self._longest, seconds)
                self._waiting[self._asked] = inbox, key
                message = {"id": self._asked, "seconds": seconds, "memory_mb": memory_mb}
                message |= question._asdict()
                data = memoryview(json.dumps(message, ensure_ascii=True).encode() + b"\n")
                # A worker that died is noticed by the reader, which answers for it.
                with contextlib.suppress(OSError):
                    while data:
                        data = data[os.write(self._requests.fileno(), data) :]
                return
        inbox.put((key, None))

    def silent(self) -> bool:
        """Whether it has owed replies for longer than any comparison may take."""
        with self._lock:
            quiet = time.monotonic() - self._heard
            return bool(self._waiting) and quiet > self._longest + _GRACE

    def close(self) -> None:
        """End the process and its children at once: they hold nothing that could be lost."""
        self._kill()
        self._reader.join()

    def disown(self) -> None:
        """In a forked child: let go of the pipes, so that the worker ends with the parent."""
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
            for inbox, key in waiting.values():
                inbox.put((key, None))

    def _deliver(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._heard = time.monotonic()
            inbox, key = self._waiting.pop(message["id"])
        inbox.put((key, Reply(message["kind"], message["extracted"])))

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


def compare(questions: Sequence[Question], seconds: float, memory_mb: int) -> list[Reply]:
    """What the graders reply: equal, different, no answer, timeout or crash, in order.

    `seconds` and `memory_mb` limit each comparison from the moment that a process begins with it.
    A question that is under way when the worker process itself dies is asked once more, then "crash".

    Raises:
        RuntimeError: if the worker cannot be started (a broken installation).
    """
    replies: dict[int, Reply] = {}
    losses: Counter[int] = Counter()
    waiting = deque(range(len(questions)))
    inbox: Inbox = SimpleQueue()
    underway = 0
    while len(replies) < len(questions):
        worker = _running()
        while waiting and underway < _UNDERWAY:
            key = waiting.popleft()
            worker.ask(questions[key], seconds, memory_mb, inbox, key)
            underway += 1
        try:
            key, reply = inbox.get(timeout=1.0)
        except Empty:
            if worker.silent():
                worker.close()
            continue
        underway -= 1
        if reply is not None:
            replies[key] = reply
            continue
        losses[key] += 1
        if losses[key] > 1:
            replies[key] = Reply("crash", None)
        else:
            waiting.appendleft(key)
    return [replies[key] for key in range(len(questions))]


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
    """In a forked child: the worker belongs to the parent."""
    global _lock, _worker
    worker, _lock, _worker = _worker, threading.Lock(), None
    if worker is not None:
        worker.disown()


atexit.register(_close)
os.register_at_fork(after_in_child=_forget)
