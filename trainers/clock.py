"""Seconds and tokens of the phases of a step, and its peak memory."""

from __future__ import annotations

import resource
import sys
import time

import torch


class Clock:
    """Seconds per phase, since the clock was made or since the last call of `lap`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, phase: str) -> None:
        """Add the time since the last call to a phase."""
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._last
        self._last = now


def peak_memory(device: torch.device) -> int:
    """Bytes: the largest memory of this process so far, of the GPU or of the host."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
