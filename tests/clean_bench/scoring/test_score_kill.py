"""A score that is killed with SIGKILL at random moments ends with the rows of an uninterrupted one."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from math import inf
from pathlib import Path

import pytest

from clean_bench.artifacts import verify
from clean_bench.scoring.checks import check_scores

SLOW_ENGINE = """
import sys, time
from pathlib import Path
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Completion
from clean_bench.problems import Problem, ProblemSet
from clean_bench.scoring import requests
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score

class Slow:
    name, context_length, tokenizer = "slow", 1000, None
    def generate(self, requests):
        for r in requests:
            time.sleep(0.0005)
            yield Completion(r.key, "\\\\boxed{%d}" % (r.seed % 3), [r.seed % 1000], [-1.0], "stop", [1])
    def describe(self):
        return {"engine": self.name}

requests.SHARD = 64
sets = [ProblemSet(n, [Problem(str(i), f"what is {i}", str(i % 3)) for i in range(110)]) for n in "ab"]
config = ScoreConfig(templates=("raw", "boxed"), samples=3, repeat=50)
checkpoint = Checkpoint("c", Path("nowhere"))
checkpoint.__dict__["weights_sha256"] = "0"
score(Slow(), sets, sys.argv[1], config, checkpoint=checkpoint)
"""


def killed(command: list[str], out: Path, chance: random.Random, kills: int, span: float) -> int:
    """Run until killed so many times, then to the end.

    Every other kill comes a random while after the first new file, and those between within two
    seconds of the start, where there may be none: so few files are enough for many kills.

    Returns:
        how many kills hit a process that was still at work.
    """
    hits = 0
    for number in range(kills):
        before = set(out.rglob("*.parquet"))
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        latest = time.monotonic() + chance.uniform(0, 2) if number % 2 else inf
        while (
            process.poll() is None
            and time.monotonic() < latest
            and set(out.rglob("*.parquet")) <= before
        ):
            time.sleep(0.01)
        if latest == inf:
            time.sleep(chance.uniform(0, span))
        process.send_signal(signal.SIGKILL)
        hits += process.wait() == -signal.SIGKILL
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return hits


def same(whole: Path, cut: Path) -> None:
    first, second = (json.loads((f / "manifest.json").read_text()) for f in (whole, cut))
    for table in ("samples", "problems", "results"):
        assert first["tables"][table] == second["tables"][table]
    assert first["identity_sha256"] == second["identity_sha256"]
    assert verify(cut, {"scores": check_scores}) == []


@pytest.mark.processes
def test_three_kills(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", SLOW_ENGINE]
    subprocess.run([*command, str(tmp_path / "whole")], check=True)
    cut = [*command, str(tmp_path / "cut")]
    assert killed(cut, tmp_path / "cut", random.Random(0), 3, 0.08) >= 2
    same(tmp_path / "whole", tmp_path / "cut")


@pytest.mark.slow
@pytest.mark.parametrize("samples", [0, 4], ids=["greedy", "sampled"])
def test_five_kills_of_the_command_on_an_organism(tmp_path: Path, samples: int) -> None:
    command = [
        sys.executable, "-P", "-m", "clean_bench", "score", "organism:reciter",
        "--on", "organism:reciter/planted,organism:reciter/twin", "--template", "raw,boxed,r1",
        "--samples", str(samples), "--max-tokens", "40", "--repeat", "60", "--engine",
        "transformers", "--out",
    ]  # fmt: skip
    subprocess.run([*command, str(tmp_path / "whole")], check=True, stdout=subprocess.DEVNULL)
    cut = [*command, str(tmp_path / "cut")]
    hits = killed(cut, tmp_path / "cut", random.Random(samples), 5, 2.0 if samples else 0.5)
    assert hits == 5
    same(tmp_path / "whole", tmp_path / "cut")
