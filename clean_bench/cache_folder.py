"""The folder for what is kept between commands: pins of public sets, merged copies of adapters."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`~/.cache/clean-bench`, or the folder in CLEAN_BENCH_CACHE. It may not exist."""
    return Path(os.environ.get("CLEAN_BENCH_CACHE") or Path.home() / ".cache" / "clean-bench")
