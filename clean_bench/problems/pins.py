"""Pins: the hub commit and content hash that the first load of each public set recorded.

They are in one JSON file, `~/.cache/clean-bench/benchmarks.json`, or in the folder CLEAN_BENCH_CACHE.
A file lock keeps parallel first loads from losing a pin.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from clean_bench.cache_folder import cache_folder
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pin:
    """A hub commit and the content hash of its problems."""

    commit: str
    content_sha256: str


def path() -> Path:
    """The path of the JSON file, which may not exist."""
    return cache_folder() / "benchmarks.json"


def find(key: str) -> Pin | None:
    """The pin of a set; None before its first load.

    Raises:
        UserError: if the file is damaged.
    """
    return _pins().get(key)


def record(key: str, pin: Pin) -> None:
    """Add a pin; the file is replaced atomically.

    Raises:
        UserError: if the file is damaged or cannot be written.
    """
    file = path()
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f"{file.name}.lock")):
            pins = {name: asdict(entry) for name, entry in {**_pins(), key: pin}.items()}
            temporary.write_text(json.dumps(pins, indent=2, sort_keys=True) + "\n")
            temporary.replace(file)
    except OSError as error:
        raise UserError(
            f"{file} cannot be written ({error.strerror}): set CLEAN_BENCH_CACHE to a writable folder"
        ) from None


def confirm(key: str, pin: Pin, what: str) -> None:
    """Record the pin of a set's first load, or compare that of a later load with it.

    Args:
        what: the set and its commit, for the message.

    Raises:
        UserError: if the content is not that of the first load.
    """
    recorded = find(key)
    if recorded is None:
        record(key, pin)
        _logger.info("%s: pinned at commit %s", what, pin.commit)
    elif recorded.content_sha256 != pin.content_sha256:
        raise UserError(
            f"{what}: expected the content hash {recorded.content_sha256[:12]} of the first load, got "
            f"{pin.content_sha256[:12]}; to accept the change, remove its entry from {path()}"
        )


def _pins() -> dict[str, Pin]:
    file = path()
    try:
        if not file.exists():
            return {}
        stored = read_json(file, LARGEST_CONFIG)
        return {key: Pin(**fields) for key, fields in stored.items()}
    except (UserError, TypeError, AttributeError) as error:
        raise UserError(
            f"{file} is damaged ({type(error).__name__}): remove it; the next load of each set "
            "records its commit again"
        ) from None
