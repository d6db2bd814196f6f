"""The worker process: limits that hold, and callers of every kind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from clean_bench.grading import Limits, grade
from clean_bench.grading.worker import client

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[3]
TOWER = "9^{9^9}"


def ask(*pairs: tuple[str, str], seconds: float = 20.0, memory_mb: int = 384) -> list[str]:
    questions = [
        client.PairRequest("math-verify", gold, f"\\boxed{{{text}}}") for gold, text in pairs
    ]
    return [reply.kind for reply in client.grade_slow(questions, seconds, memory_mb)]


@pytest.fixture(scope="module", autouse=True)
def started() -> None:
    assert ask(("1", "1")) == ["equal"]


def descendants(root: int) -> list[int]:
    """Processes under one, zombies too."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
                )
            except OSError:
                continue
    found, frontier = [], [root]
    while frontier:
        frontier = [pid for pid, parent in parents.items() if parent in frontier]
        found += frontier
    return found


def test_many_hopeless_pairs_cost_their_limit_each() -> None:
    count = 4 * client.CHILDREN
    begun = time.monotonic()
    assert ask(*[("3", TOWER)] * count, seconds=0.5) == ["timeout"] * count
    assert (
        time.monotonic() - begun < 30
    )  # one that is not ended takes hours; others may hold the cores
    assert ask((r"\sqrt{8}", r"2\sqrt{2}")) == ["equal"]


def test_the_clock_of_a_pair_starts_when_a_process_begins_with_it() -> None:
    """Pairs that wait behind hopeless ones for longer than their own limit are still decided."""
    pairs = [("3", TOWER)] * (2 * client.CHILDREN) + [("x+1", "1+x")] * 5
    assert ask(*pairs, seconds=1.5)[-5:] == ["equal"] * 5


def test_one_long_c_call_ends_in_time() -> None:
    begun = time.monotonic()
    assert ask(("3", "(10^9)!"), ("3", "7^{10^9}"), seconds=1) == ["timeout"] * 2
    assert time.monotonic() - begun < 15  # hours where nothing ends it; others may hold the cores


def test_a_worker_that_hangs_holds_no_caller_past_the_limit() -> None:
    """Stopped processes reply nothing; the caller has its timeout within a second of the limit."""
    assert ask(("x+1", "1+x")) == ["equal"]
    worker = client._worker
    assert worker is not None
    os.killpg(worker.process.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        assert ask(("x+1", "1+x"), seconds=1) == ["timeout"]
        assert 1 < time.monotonic() - begun < 2.5  # 2, and a busy machine
    finally:
        os.killpg(worker.process.pid, signal.SIGCONT)
    assert ask(("x+1", "1+x"), ("x", "y")) == ["equal", "different"]


def test_a_late_reply_goes_to_no_one_else() -> None:
    worker = client._worker
    assert worker is not None
    os.killpg(worker.process.pid, signal.SIGSTOP)
    threading.Timer(2.5, os.killpg, (worker.process.pid, signal.SIGCONT)).start()
    assert ask(*[(f"{n}+x", "y") for n in range(3)], seconds=0.5) == ["timeout"] * 3
    assert ask(*[(f"{n}+x", f"x+{n}") for n in range(6)]) == ["equal"] * 6


def test_memory_is_limited() -> None:
    """A value that needs half a gigabyte is never computed within 200 MB."""
    assert ask(("3", "2^{4000000000}"), seconds=5, memory_mb=200)[0] != "equal"
    workers = descendants(os.getpid())
    assert sum(resident(pid) for pid in workers) < 600


def resident(pid: int) -> float:
    """Resident megabytes of a process, 0 where it is gone."""
    try:
        return (
            int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            * os.sysconf("SC_PAGE_SIZE")
            / 2**20
        )
    except OSError:
        return 0.0


def test_a_thread_does_not_wait_for_the_hopeless_pairs_of_another() -> None:
    """The other's pairs take eight times their limit; this one's are there before."""
    slow = threading.Thread(
        target=ask, args=[("3", TOWER)] * (8 * client.CHILDREN), kwargs={"seconds": 0.5}
    )
    slow.start()
    time.sleep(0.2)
    assert ask(*[(f"x+{n}", f"{n}+x") for n in range(5)], seconds=20) == ["equal"] * 5
    assert slow.is_alive()
    slow.join()


def test_threads_share_the_worker_and_get_their_own_answers() -> None:
    wanted = {name: [("equal", "different")[n % 3 == 0] for n in range(10)] for name in "abcdef"}
    found: dict[str, list[str]] = {}

    def run(name: str) -> None:
        found[name] = ask(*((f"{name}+{n}", f"{n + (n % 3 == 0)}+{name}") for n in range(10)))

    threads = [threading.Thread(target=run, args=(name,)) for name in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == wanted


def test_alarms_and_handlers_of_the_caller_stay() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        assert ask(("x", "y+1")) == ["different"]
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 90
        assert signal.getsignal(signal.SIGALRM) == signal.SIG_IGN
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def graded(number: int) -> list[str]:
    """What two plain pairs come to, and a hopeless one with half a second."""
    pairs = [(r"\sqrt{8}", r"\boxed{2\sqrt{2}}"), (f"x+{number}", r"\boxed{y}")]
    grades = grade(pairs, Limits(seconds=20), grader="math-verify")
    grades += grade([("3", r"\boxed{9^{9^9}}")], Limits(seconds=0.5), grader="math-verify")
    return [result.kind for result in grades]


def _send(connection, number: int) -> None:  # type: ignore[no-untyped-def]
    connection.send(graded(number))


@pytest.mark.parametrize(
    ("method", "daemon"), [("fork", True), ("fork", False), ("spawn", True), ("forkserver", False)]
)
def test_forked_spawned_and_daemonic_processes_grade(method: str, daemon: bool) -> None:
    context = multiprocessing.get_context(method)
    ends = []
    for number in range(2 if method == "fork" else 1):
        near, far = context.Pipe()
        process = context.Process(target=_send, args=(far, number), daemon=daemon)
        process.start()
        ends.append((process, near))
    for process, near in ends:
        assert near.poll(60)
        assert near.recv() == ["equal", "different", "timeout"]
        process.join(10)
        assert process.exitcode == 0
    assert ask(("x+1", "1+x")) == ["equal"]


def test_a_running_event_loop_may_grade() -> None:
    """As in a notebook: the cell runs on the loop's own thread, and others in executors."""
    import asyncio

    async def cell() -> list[str]:
        here = graded(7)
        loop = asyncio.get_running_loop()
        there = await asyncio.gather(*(loop.run_in_executor(None, graded, n) for n in range(3)))
        return [here, *there]  # type: ignore[return-value]

    assert asyncio.run(cell()) == [["equal", "different", "timeout"]] * 4


def test_nothing_is_left_when_the_caller_ends() -> None:
    """Neither after a plain end nor after SIGKILL, even in the middle of a hopeless pair."""
    code = (
        "import os, sys, threading\n"
        "from clean_bench.grading import Limits, grade\n"
        "from clean_bench.grading.worker import client\n"
        "grade([('x+1', '$1+x$')], grader='math-verify')\n"
        "print(client._worker.process.pid, flush=True)\n"
        "if sys.argv[1] == 'kill':\n"
        "    threading.Timer(0.5, os.kill, (os.getpid(), 9)).start()\n"
        "    grade([('3', r'\\boxed{9^{9^9}}')], Limits(seconds=2), grader='math-verify')\n"
    )
    for how in ("end", "kill"):
        run = subprocess.run(
            [sys.executable, "-c", code, how], cwd=ROOT, capture_output=True, text=True
        )
        worker = int(run.stdout)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and group(worker):
            time.sleep(0.1)
        assert group(worker) == []


def group(leader: int) -> list[int]:
    """Live processes of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == leader and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def test_a_dead_worker_is_replaced() -> None:
    before = client._worker
    assert before is not None
    os.killpg(before.process.pid, signal.SIGKILL)
    assert ask(("x+1", "1+x"), ("x", "y")) == ["equal", "different"]
    assert client._worker is not before
    assert before.process.returncode is not None  # no zombie


def test_a_worker_that_dies_under_a_pair_is_replaced_and_the_pair_decided() -> None:
    before = client._worker
    assert before is not None
    threading.Timer(0.5, os.killpg, (before.process.pid, signal.SIGKILL)).start()
    assert ask(("3", TOWER), ("x+1", "1+x"), seconds=2) == ["timeout", "equal"]
    assert client._worker is not before


def test_no_zombies() -> None:
    ask(*[("3", TOWER)] * 4, seconds=0.3)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(
        state(pid) == "Z" for pid in descendants(os.getpid())
    ):
        time.sleep(0.1)
    assert not [pid for pid in descendants(os.getpid()) if state(pid) == "Z"]


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def test_a_pair_that_ends_the_worker_twice_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost:
        def send(self, request, seconds, memory_mb, inbox, key):  # type: ignore[no-untyped-def]
            inbox.put((key, None))

    monkeypatch.setattr(client, "_running", Lost)
    assert ask(("x", "y+z")) == ["crash"]
    replies = client.grade_slow([client.PairRequest("math-verify", "x", "y+z")], 1, 384)
    assert replies[0].reason == "the worker ended twice"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raise RecursionError", "RecursionError"),
        ("bytearray(10**10)", "MemoryError"),
        ("os.kill(os.getpid(), 9)", "the process ended with signal 9 (SIGKILL)"),
    ],
)
def test_a_crash_names_its_exception(
    fault: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A grader with a fault, loaded into a worker of its own, in place of `clean-bench`."""
    script = Path(client._SCRIPT).read_text()
    assert script.count("_WARM_UP = (") == 1
    faulty = (
        f"def _fault(gold, _):\n    if 'sin^2 x' in gold: {fault}\n    return ('equal', None)\n"
    )
    script = script.replace("_WARM_UP = (", "import types\n" + faulty + "GRADERS = {'clean-bench': "
        "types.SimpleNamespace(grade_pair=_fault)}\nnamed = GRADERS.get\n_WARM_UP = (")  # fmt: skip
    script = script.replace(
        "Path(__file__).resolve().parents[2]", f"Path({str(ROOT / 'clean_bench')!r})"
    )
    path = tmp_path / "process.py"
    path.write_text(script)
    client._close()
    monkeypatch.setattr(client, "_SCRIPT", path)
    try:
        result = grade([(r"\sin^2 x+\cos^2 x", r"\boxed{1}")], Limits(seconds=20))[0]
        assert (result.kind, result.reason) == ("crash", reason)
        result = grade([(r"\sin^2 y+\cos^2 y", r"\boxed{1}")], Limits(seconds=20))[0]
        assert (result.kind, result.reason) == ("equal", None)
    finally:
        client._close()


def test_a_worker_that_cannot_start_is_an_error_with_its_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_the_kind\n")
    client._close()
    monkeypatch.setattr(client, "_SCRIPT", broken)
    with pytest.raises(RuntimeError, match="No module named 'nothing_of_the_kind'"):
        ask(("1", "1"))
