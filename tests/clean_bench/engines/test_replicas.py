"""Copies of an engine as processes: how they end, and what is said where one ends early."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import echo
import pytest

from clean_bench.engines.base import Request
from clean_bench.engines.replicas import Replicas
from clean_bench.errors import UserError


@pytest.fixture
def replicas() -> Iterator[Replicas]:
    opened = Replicas(echo.load, 2)
    yield opened
    opened.close()


def requests(*prompts: str) -> list[Request]:
    return [Request(str(i), prompt) for i, prompt in enumerate(prompts)]


def test_work_is_dealt_out_in_turn(replicas: Replicas) -> None:
    found = list(replicas.generate(requests("a", "b", "c", "d", "e")))
    assert [(c.key, c.text) for c in found] == list(zip("01234", "abcde", strict=True))
    first, second = (process.pid for process, _ in replicas._replicas)
    assert [c.prompt_ids for c in found] == [[first], [second], [first], [second], [first]]
    assert list(replicas.generate([])) == []


def test_a_copy_that_dies_is_one_line_then_and_later(replicas: Replicas) -> None:
    with pytest.raises(UserError, match=r"--data-parallel 2: replica 2 died \(exit status -9\)"):
        list(replicas.generate(requests("a", "die")))
    with pytest.raises(UserError, match="replica 2 died"):
        list(replicas.generate(requests("a", "b")))


def test_an_interrupted_call_leaves_no_copy_at_work(
    replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(replicas.generate(requests("sleep", "sleep")))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    processes = [process for process, _ in replicas._replicas]
    replicas.close()
    # Asked to end, not awaited for half a minute and killed.
    assert [process.exitcode for process in processes] == [-signal.SIGTERM] * 2


def test_a_terminals_interrupt_is_for_the_process_that_started_them(replicas: Replicas) -> None:
    for process, _ in replicas._replicas:
        os.kill(process.pid, signal.SIGINT)
    assert [c.text for c in replicas.generate(requests("a", "b"))] == ["a", "b"]
    processes = [process for process, _ in replicas._replicas]
    replicas.close()
    assert [process.exitcode for process in processes] == [0, 0]


def test_what_cannot_be_loaded_is_said_as_one_engine_says_it() -> None:
    with pytest.raises(UserError, match=r"^here is no checkpoint$"):
        Replicas(echo.refuse, 2)


PARENT = """
import echo, sys, time
from clean_bench.engines.replicas import Replicas
replicas = Replicas(echo.load, 2)
print(*(process.pid for process, _ in replicas._replicas), flush=True)
time.sleep(3600)
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_replicas_end_with_the_process_that_started_them(ending: signal.Signals) -> None:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as parent:
        assert parent.stdout is not None
        processes = [int(word) for word in parent.stdout.readline().split()]
        assert len(processes) == 2
        parent.send_signal(ending)
    limit = time.monotonic() + 60
    while any(_runs(process) for process in processes) and time.monotonic() < limit:
        time.sleep(0.05)
    assert [process for process in processes if _runs(process)] == []


def _runs(process: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
