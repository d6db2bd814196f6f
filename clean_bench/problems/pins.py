"""What the first load of each public set found: its commit and the hash of its rows.

One small JSON file in the user's cache: `~/.cache/clean-bench/benchmarks.json`, or in the folder
that CLEAN_BENCH_CACHE names.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from clean_bench.errors import UserError


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit of the hub and the content hash of the problems made from it."""

    commit: str
    content_sha256: str


def path() -> Path:
    """Where the lock file is or will be."""
    folder = os.environ.get("CLEAN_BENCH_CACHE") or Path.home() / ".cache" / "clean-bench"
    return Path(folder) / "benchmarks.json"


def find(key: str) -> Entry | None:
    """The entry of a set, or None if it was never loaded.

    Raises:
        UserError: if the file is damaged.
    """
    return _entries().get(key)


def record(key: str, entry: Entry) -> None:
    """Add an entry; the file is replaced as a whole.

    Raises:
        UserError: if the file is damaged or cannot be written.
    """
    place = path()
    entries = {name: asdict(known) for name, known in {**_entries(), key: entry}.items()}
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n")
        temporary.replace(place)
    except OSError as error:
        raise UserError(
            f"{place} cannot be written ({error.strerror}): set CLEAN_BENCH_CACHE to a folder"
        ) from None


def _entries() -> dict[str, Entry]:
    place = path()
    try:
        stored = json.loads(place.read_bytes())
        return {key: Entry(**fields) for key, fields in stored.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{place} is damaged ({type(error).__name__}): remove it, and the next load of each "
            "benchmark records its commit anew"
        ) from None
