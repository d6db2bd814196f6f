"""The machine that a training is planned for: a GPU of `gpus.toml` with a host, or a CPU."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clean_bench.errors import UserError
from clean_bench.settings import did_you_mean

GIB = 1 << 30
CPU = "cpu"
_CPU_SINGLE, _CPU_HALF, _CPU_BANDWIDTH = 2.5e10, 5e10, 5e9
"""Operations per second and core in float32 and in bfloat16, and bytes per second and core, of a server
with matrix instructions."""
HOST_RATIO = 2.0
"""Host memory over GPU memory that is assumed of a named GPU."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes that a process can use, and peak rates per second.

    On a CPU the device is the host: `host` is the same memory, not a second one. `half` and `single`
    are operations in 16 bits and in float32.
    """

    name: str
    gpu: bool
    memory: float
    host: float
    bandwidth: float
    half: float
    single: float

    def describe(self) -> str:
        """Name and memory in words."""
        host = f", host with {self.host / GIB:.0f} GiB" if self.gpu else ""
        return f"{self.name} ({self.memory / GIB:.0f} GiB usable{host})"


@cache
def known_gpus() -> dict[str, dict[str, Any]]:
    """The rows of `gpus.toml` by name."""
    return tomllib.loads(Path(__file__).with_name("gpus.toml").read_text(encoding="utf-8"))


def named_gpu(name: str, host: float | None = None) -> Machine:
    """A GPU by its name in `gpus.toml`.

    Args:
        host: bytes of host memory.

    Raises:
        UserError: for a name that is not in the table.
    """
    key = name.strip().lower().replace("_", "-").replace(" ", "-")
    table = known_gpus()
    if key == CPU:
        return this_cpu()
    if key not in table:
        raise UserError(f"--gpu {name}: expected a GPU of the table, got another: "
                        f"{did_you_mean(key, [*table, CPU])}")  # fmt: skip
    row = table[key]
    memory = row["memory"] * GIB
    return Machine(
        name=row["title"],
        gpu=True,
        memory=memory,
        host=HOST_RATIO * memory if host is None else host,
        bandwidth=row["bandwidth"] * 1e12,
        half=row["half"] * 1e12,
        single=row["single"] * 1e12,
    )


def this_machine(device: str | None = None) -> Machine:
    """The GPU at hand, or the CPU.

    The rates of a GPU that is not in the table are those of an A100.

    Args:
        device: torch device; None takes a GPU where there is one.
    """
    if device is not None and not device.startswith("cuda"):
        return this_cpu()
    import torch

    if not torch.cuda.is_available():
        return this_cpu()
    facts = torch.cuda.get_device_properties(torch.device(device or "cuda"))
    rates = _closest(facts.name, facts.total_memory)
    return Machine(
        name=facts.name,
        gpu=True,
        memory=float(facts.total_memory),
        host=host_memory(),
        bandwidth=rates["bandwidth"] * 1e12,
        half=rates["half"] * 1e12,
        single=rates["single"] * 1e12,
    )


def _closest(name: str, memory: int) -> dict[str, Any]:
    """The row of the table whose title shares its first word with a device's name, closest in memory."""
    rows = known_gpus().values()
    close = [row for row in rows if row["title"].removeprefix("RTX ").split()[0] in name]
    fallback = known_gpus()["a100-80gb"]
    return min(close, key=lambda row: abs(row["memory"] * GIB - memory), default=fallback)


def this_cpu() -> Machine:
    """The CPU at hand: its cores, and its memory or the limit of the process's control group."""
    import os

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    count, memory = cores or 1, host_memory()
    return Machine(
        name=f"CPU with {count} core{'s' if count > 1 else ''}",
        gpu=False,
        memory=memory,
        host=memory,
        bandwidth=_CPU_BANDWIDTH * count,
        half=_CPU_HALF * count,
        single=_CPU_SINGLE * count,
    )


def host_memory() -> float:
    """Bytes of memory of this host, or the limit of the control group where that is lower."""
    import os

    sizes = [float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if text.isdecimal():
            sizes.append(float(text))
    return min(sizes)
