"""Parse JSON that others wrote, with bounds on size, depth and the digits of a number."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import read_regular

MOST_DEPTH = 200
"""Lists and objects inside one another. Whatever reads a value may be recursive."""
LARGEST_CONFIG = 64 << 20
"""Bytes of a configuration, such as that of a checkpoint."""
BOM = b"\xef\xbb\xbf"


def decode_json(data: bytes, where: str, *, finite: bool = False) -> Any:
    """A JSON value.

    A lone surrogate stays one: whatever stores the text replaces or refuses it.

    Args:
        where: file and row, for errors.
        finite: refuse NaN and infinity, which are no JSON.

    Raises:
        UserError: naming `where`, for bytes that are no UTF-8 or no JSON, a value that is nested more
            than `MOST_DEPTH` deep, and a whole number with more digits than Python converts.
    """
    try:
        text = data.decode("utf-8", "surrogatepass").rstrip()
        value = (_FINITE if finite else DECODER).decode(text)
    except UnicodeDecodeError:
        raise UserError(f"{where}: expected UTF-8 text") from None
    except TooLongNumber as error:
        raise UserError(f"{where}: {error}; write it as a string") from None
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        place = f"{line}column {error.colno}"
        raise UserError(f"{where}: expected JSON ({error.msg}: {place})") from None
    except RecursionError:
        raise _too_deep(where) from None
    except (ValueError, MemoryError) as error:
        raise UserError(f"{where}: expected JSON ({str(error) or 'it is too large'})") from None
    # Most values have few brackets: counting them is much faster than walking through the value.
    if text.count("[") + text.count("{") > MOST_DEPTH:
        check_depth(value, where)
    return value


def read_json(path: Path, most: int, *, finite: bool = False) -> Any:
    """The JSON value in a regular file of at most `most` bytes (raises `UserError`)."""
    return decode_json(read_regular(path, most).removeprefix(BOM), str(path), finite=finite)


def check_depth(value: object, where: str) -> None:
    """Raise `UserError` if lists and objects are nested more than `MOST_DEPTH` deep."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep(where)


class TooLongNumber(Exception):
    """An integer with more digits than Python converts."""


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        length, most = len(digits.lstrip("-")), sys.get_int_max_str_digits()
        message = f"expected a number of at most {most} digits, got {length} digits"
        raise TooLongNumber(message) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _too_deep(where: str) -> UserError:
    return UserError(f"{where}: expected JSON of at most {MOST_DEPTH} levels, got deeper nesting")


DECODER = json.JSONDecoder(parse_int=_integer)
"""`json.loads` would make one for each line."""
_FINITE = json.JSONDecoder(parse_int=_integer, parse_constant=_refuse_constant)
