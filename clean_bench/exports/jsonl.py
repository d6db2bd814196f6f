"""Rows as canonical JSON lines: one object a problem, every column, nulls kept, ASCII, sorted keys.

The manifest's `content_sha256` is taken over these very bytes, so `sha256sum` on the file gives it.
"""

from __future__ import annotations

from clean_bench.artifacts.manifest import canonical
from clean_bench.exports.source import Source


def data(source: Source) -> bytes:
    """The bytes of the file."""
    return b"".join(canonical(row) + b"\n" for row in source.rows)
