"""The recorded commit and content hash of each public set, from its first load.

They stand in one JSON file in the user's cache: `~/.cache/clean-bench/benchmarks.json`, or in the
folder CLEAN_BENCH_CACHE. A lock beside it lets several processes record at once.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from clean_bench.errors import UserError


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit of the hub and the content hash of the problems made from it."""

    commit: str
    content_sha256: str


def path() -> Path:
    """The path of the file, which may not exist yet."""
    folder = os.environ.get("CLEAN_BENCH_CACHE") or Path.home() / ".cache" / "clean-bench"
    return Path(folder) / "benchmarks.json"


def find(key: str) -> Entry | None:
    """The entry of a set, or None if it was never loaded.

    Raises:
        UserError: if the file is damaged.
    """
    return _entries().get(key)


def record(key: str, entry: Entry) -> None:
    """Add an entry; the file is replaced by rename.

    Raises:
        UserError: if the file is damaged or cannot be written.
    """
    file = path()
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f"{file.name}.lock")):
            entries = {name: asdict(known) for name, known in {**_entries(), key: entry}.items()}
            temporary.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n")
            temporary.replace(file)
    except OSError as error:
        raise UserError(
            f"{file}: cannot be written ({error.strerror}); set CLEAN_BENCH_CACHE to another folder"
        ) from None


def _entries() -> dict[str, Entry]:
    file = path()
    try:
        stored = json.loads(file.read_bytes())
        return {key: Entry(**fields) for key, fields in stored.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{file}: expected recorded commits, got a damaged file ({type(error).__name__}); remove "
            "it, and the next load of each benchmark records its commit again"
        ) from None
