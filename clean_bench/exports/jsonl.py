"""Rows as canonical JSON lines: one object per problem, all columns, nulls kept, ASCII, sorted keys.

The manifest's `content_sha256` is the SHA-256 of these bytes, so `sha256sum` on the file gives it.
"""

from __future__ import annotations

from clean_bench.artifacts.manifest import canonical_json
from clean_bench.exports.stored_set import StoredSet


def json_lines(problem_set: StoredSet) -> bytes:
    """The bytes of the row file."""
    return b"".join(canonical_json(row) + b"\n" for row in problem_set.rows)
