"""Read the JSON files of a checkpoint folder, which another tool wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_MAX_BYTES = 100_000_000


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        ValueError: with the reason, if it is no regular file, too large, or holds something else.
    """
    try:
        if not path.is_file():
            raise ValueError("it is no regular file")
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError(f"it has more than {_MAX_BYTES // 1_000_000} MB")
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None
    if not isinstance(value, dict):
        raise ValueError(f"it holds a {type(value).__name__}, not an object")
    return value
