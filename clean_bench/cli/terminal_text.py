"""Text of others for a terminal: no character of it moves the cursor, hides or reorders text.

A problem id, a set name or an error about one may hold escape sequences. Whatever a command prints for
people passes through `inert`; JSON output is ASCII already.
"""

from __future__ import annotations

import re

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROLS = f"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDI}"
_ONE_LINE = re.compile(f"[{_CONTROLS}]")
_LINES = re.compile(f"(?![\t\n])[{_CONTROLS}]")


def inert(text: str, *, lines: bool = False) -> str:
    r"""The text with control characters and marks of writing direction as `\x1b` or `\u202e`.

    Args:
        lines: whether tabs and line breaks stay as they are.
    """
    return (_LINES if lines else _ONE_LINE).sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    # A lone surrogate has no UTF-8 form; `ascii` writes every other one of them in the same way.
    return ascii(match[0])[1:-1]
