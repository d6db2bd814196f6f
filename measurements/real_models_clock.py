"""Seconds of each part of a long measurement over all its runs, kept in a file with the machine."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clean_bench.artifacts.atomic_files import atomic_file


class Clock:
    """Adds up seconds by name in a JSON file, which also describes the machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        stored = json.loads(path.read_text()) if path.exists() else {}
        self.seconds: dict[str, float] = stored.get("seconds", {})
        self.machine: Mapping[str, Any] = stored.get("machine", {})

    def add(self, name: str, seconds: float) -> None:
        """Count seconds that were measured elsewhere."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self._write()

    @contextmanager
    def timed(self, name: str) -> Iterator[Callable[[], None]]:
        """Time a block; the value saves the seconds so far, for a block that may be killed."""
        before, begun = self.seconds.get(name, 0.0), time.monotonic()

        def save() -> None:
            self.seconds[name] = before + time.monotonic() - begun
            self._write()

        try:
            yield save
        finally:
            save()

    def describe_machine(self) -> None:
        """Record the cores and the threads of this process."""
        import torch

        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.machine = {
            "architecture": platform.machine(),
            "cores": cores,
            "threads": torch.get_num_threads(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
        }
        self._write()

    def _write(self) -> None:
        with atomic_file(self._path) as temporary:
            temporary.write_text(
                json.dumps({"machine": self.machine, "seconds": self.seconds}, indent=1)
            )
