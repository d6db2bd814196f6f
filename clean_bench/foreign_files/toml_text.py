"""Parse TOML that others wrote: recipes and templates."""

from __future__ import annotations

import tomllib
from typing import Any

from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import check_depth

LARGEST = 1 << 20
"""Bytes of a file of TOML."""


def decode_toml(text: str, where: str) -> dict[str, Any]:
    """The table that a text of TOML holds.

    Raises:
        UserError: naming `where`, for a text that is no TOML, is nested too deeply, or has a number with
            more digits than Python converts.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where}: expected TOML: {error}") from None
    except RecursionError:
        raise UserError(f"{where}: expected TOML, got lists that are nested too deeply") from None
    except ValueError as error:
        raise UserError(f"{where}: expected TOML ({error})") from None
    check_depth(table, where)
    return table
