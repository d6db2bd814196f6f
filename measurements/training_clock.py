"""CPU seconds, seconds and peak memory of one process that trains."""

from __future__ import annotations

import resource
import time

import torch


class Clock:
    """CPU seconds of all threads and wall seconds of each timed update.

    Args:
        device: work that is queued on a CUDA device is waited for.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.cpu: list[float] = []
        self.wall: list[float] = []
        self._device = torch.device(device)

    def start(self) -> None:
        self._wait()
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def stop(self) -> None:
        self._wait()
        self.cpu.append(time.process_time() - self._cpu)
        self.wall.append(time.perf_counter() - self._wall)

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def peak_memory() -> float:
    """Largest resident memory of this process so far, in GB (10^9 bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
