"""Read the JSON files of a checkpoint folder, which another tool wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import LARGEST_CONFIG, read_json
from clean_bench.foreign_files.schema import json_type


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        ValueError: with the reason, if it is no regular file, too large, or holds something else.
    """
    try:
        value = read_json(path, LARGEST_CONFIG)
    except (OSError, UserError) as error:
        raise ValueError(" ".join(str(error).split())[:300]) from None
    if not isinstance(value, dict):
        raise ValueError(f"it holds {json_type(value)}, not an object")
    return value
