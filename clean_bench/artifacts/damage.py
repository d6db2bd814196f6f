"""One line for an artifact whose parts have the right types and do not fit together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from clean_bench.errors import UserError


@contextmanager
def damage_named(folder: str | Path) -> Iterator[None]:
    """Turn what contradictions in a stored artifact raise into a `UserError` that names its folder.

    A manifest and rows may each be sound, and the manifest may name a set that no row has. `verify`
    locates such damage; a command that only reads the artifact refers to it.
    """
    try:
        yield
    except (
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        ArithmeticError,
        pa.ArrowException,
        RecursionError,
    ) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise UserError(
            f"{folder}: its rows do not fit its manifest ({reason}): find the damage with "
            f"`clean-bench verify {folder}`"
        ) from error
