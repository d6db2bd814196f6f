"""Every long command, stopped at each of its writes: one line, nothing lost, and the same end.

Faults are raised where data is flushed to disk: the disk is full, no file handle is left, Ctrl-C, or
SIGTERM. Then the command is run again until it ends, and its output is that of an undisturbed run.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clean_bench.artifacts import Artifact, atomic_files
from clean_bench.cli import main as main_module

pytestmark = pytest.mark.processes

Run = Callable[..., int]
FAULTS = {
    "full disk": (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 2, "No space left"),
    "no handles": (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), 2, "Too many open files"),
    "ctrl-c": (KeyboardInterrupt(), 130, "interrupted; rerun the same command to resume"),
    "sigterm": (
        main_module._Terminated(),
        128 + signal.SIGTERM,
        "terminated; rerun the same command to resume",
    ),
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command line in this process and returns its status."""
    handler = signal.getsignal(signal.SIGTERM)

    def call(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["clean-bench", "-q", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main_module.main()
        return int(ended.value.code or 0)

    yield call
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("problems") / "sums.jsonl"
    rows = [{"problem": f"What is {n} + {n}?", "answer": str(2 * n)} for n in range(1, 7)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def completions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("completions")
    paths = []
    for name, right in (("base", 2), ("tuned", 5)):
        rows = [
            {
                "problem": f"What is {n} + {n}?",
                "gold": str(2 * n),
                "response": rf"\boxed{{{2 * n if n <= right else 0}}}",
            }
            for n in range(1, 7)
        ]
        paths.append(folder / f"{name}.jsonl")
        paths[-1].write_text("".join(json.dumps(row) + "\n" for row in rows))
    return paths


def arguments(name: str, checkpoint: Path, problems: Path, completions: list[Path]) -> list[object]:
    """The command line of a command, without --out."""
    decoding = ["--template", "raw", "--max-tokens", 3, "--engine", "transformers"]
    lines: dict[str, list[object]] = {
        "generate": ["generate", "random-calculation", "--steps", 5, "--count", 30, "--seed", "x"],
        "score": ["score", checkpoint, "--on", problems, "--samples", 2, *decoding],
        "score --from": ["score", "--from", completions[0]],
        "probe": [
            "probe", checkpoint, "--on", problems, "--engine", "transformers", "--no-positive-control"
        ],
        "overlap": ["overlap", problems, "--on", f"other={problems}"],
        "train": [
            "train", checkpoint, "--data", problems, "--reward", "truth", "--steps", 2,
            "--engine", "transformers",
            *(f"--set={setting}" for setting in (
                "prompts_per_step=2", "group_size=2", "minibatches=1", "max_tokens=3",
                "checkpoint_every=1", "template=raw")),
        ],
        "compare --from": ["compare", "--from", completions[0], "--from", completions[1]],
    }  # fmt: skip
    return lines[name]


def identity(folder: Path) -> str:
    return str(Artifact.load(folder).manifest["identity_sha256"])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "command",
    ["generate", "score", "score --from", "probe", "overlap", "train", "compare --from"],
)
def test_a_fault_at_a_write_loses_nothing(
    command: str,
    fault: str,
    run: Run,
    tiny_checkpoint: Path,
    problems: Path,
    completions: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = arguments(command, tiny_checkpoint, problems, completions)
    error, status, message = FAULTS[fault]
    flush, writes, at = atomic_files._flush, 0, -1

    def counting(path: Path) -> None:
        nonlocal writes
        writes += 1
        if writes == at:
            raise error
        flush(path)

    monkeypatch.setattr(atomic_files, "_flush", counting)
    assert run(*line, "--out", tmp_path / "whole") == 0
    total = writes
    # The first write, the last one, and some between them.
    for at in sorted({1, 2, total // 3, 2 * total // 3, total - 1}):
        writes = 0
        capsys.readouterr()
        out = tmp_path / f"stopped-{at}"
        assert run(*line, "--out", out) == status
        printed = capsys.readouterr().err.strip().splitlines()
        assert message in printed[-1] and not any("Traceback" in text for text in printed)
        writes = -(10**9)
        assert run(*line, "--out", out) == 0
        assert identity(out) == identity(tmp_path / "whole")
        assert not list(out.rglob(".partial-*"))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_workers_of_generate_end_with_it(ending: signal.Signals, tmp_path: Path) -> None:
    """Standard output is a pipe that the workers hold too: it ends when the last of them ends."""
    line = ["generate", "random-calculation", "--steps", "8", "--count", "400000", "--seed", "x"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "clean_bench",
            *line,
            "--workers",
            "2",
            "--out",
            str(tmp_path / "s"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    begun = time.monotonic()
    while not list((tmp_path / "s").glob("problems/*.parquet")):
        assert process.poll() is None and time.monotonic() - begun < 120
        time.sleep(0.2)
    process.send_signal(ending)
    _, errors = process.communicate(timeout=60)
    expected = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}
    assert process.returncode == expected[ending]
    assert "Traceback" not in errors
