"""Memory of freed tensors, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import os
from trainers.host_memory import map_large_tensors
fixed = map_large_tensors()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
class Warm:  # glibc raises its threshold to the size of a mapped block that is freed
    data = bytearray(30 << 20)
del Warm
blocks = [bytearray(8 << 20) for _ in range(8)]
last = bytearray(1 << 19)  # a block of the heap behind them
full = resident()
blocks.clear()
print(fixed, (full - resident()) >> 20)
"""


def run(**environment: str) -> tuple[str, int]:
    ended = subprocess.run(
        [sys.executable, "-c", CODE], env={**os.environ, **environment}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    fixed, freed = ended.stdout.split()
    return fixed, int(freed)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_freed_memory_goes_back_to_the_system() -> None:
    fixed, freed = run()
    assert fixed == "True" and freed >= 60


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_a_threshold_of_the_environment_stays() -> None:
    assert run(MALLOC_MMAP_THRESHOLD_="1000000")[0] == "False"
