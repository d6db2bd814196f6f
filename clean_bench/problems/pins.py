"""Pins: the hub commit and the hash of the rows that the first load of each public set recorded.

One small JSON file in the user's cache: `~/.cache/clean-bench/benchmarks.json`, or in the folder
named by CLEAN_BENCH_CACHE. A file lock guards it: two first loads in parallel both keep their pin.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from clean_bench.errors import UserError


@dataclass(frozen=True, slots=True)
class Pin:
    """A commit of the hub and the content hash of the problems made from it."""

    commit: str
    content_sha256: str


def path() -> Path:
    """The path of the file, which need not exist."""
    folder = os.environ.get("CLEAN_BENCH_CACHE") or Path.home() / ".cache" / "clean-bench"
    return Path(folder) / "benchmarks.json"


def find(key: str) -> Pin | None:
    """The pin of a set, or None if it was never loaded.

    Raises:
        UserError: if the file is damaged.
    """
    return _pins().get(key)


def record(key: str, pin: Pin) -> None:
    """Add a pin; the file is replaced as a whole.

    Raises:
        UserError: if the file is damaged or cannot be written.
    """
    file = path()
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f"{file.name}.lock")):
            pins = {name: asdict(known) for name, known in {**_pins(), key: pin}.items()}
            temporary.write_text(json.dumps(pins, indent=2, sort_keys=True) + "\n")
            temporary.replace(file)
    except OSError as error:
        raise UserError(
            f"{file} cannot be written ({error.strerror}): set CLEAN_BENCH_CACHE to a writable folder"
        ) from None


def _pins() -> dict[str, Pin]:
    file = path()
    try:
        stored = json.loads(file.read_bytes())
        return {key: Pin(**fields) for key, fields in stored.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{file} is damaged ({type(error).__name__}): remove it, and the next load of each "
            "benchmark records its commit again"
        ) from None
