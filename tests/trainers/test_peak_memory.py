"""Peak resident memory of updates, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes
SCRIPT = Path(__file__).with_name("peak_memory.py")
ROOT = Path(__file__).parents[2]


@cache
def peak(vocabulary: int, documents: int, budget: int) -> int:
    """Bytes."""
    run = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, (vocabulary, documents, budget))],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )
    return int(run.stdout)


def test_the_peak_follows_the_budget_and_not_the_number_of_rollouts() -> None:
    assert peak(8192, 64, 1024) == pytest.approx(peak(8192, 16, 1024), rel=0.05)
    # A budget of 3,072 more tokens: at least 60 kB for each.
    assert peak(8192, 64, 4096) - peak(8192, 64, 1024) > 3072 * 60_000


def test_twice_the_vocabulary_adds_less_than_a_tenth_beyond_its_weights() -> None:
    single, double = peak(16_384, 32, 4096), peak(32_768, 32, 4096)
    weights = 16_384 * 128 * 4
    assert double - single - weights < 0.1 * single
