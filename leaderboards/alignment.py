"""Two texts aligned character by character, with the characters that differ."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import NamedTuple

LONGEST = 600
"""Characters that are aligned: the time grows with the square of their number."""


class Piece(NamedTuple):
    """A run of characters of both texts, equally long; the shorter side is filled up with spaces."""

    first: str
    second: str
    differs: bool


def align(first: str, second: str) -> list[Piece]:
    """The pieces of two texts in order; a line break is shown as `↵`."""
    a, b = (_one_line(text) for text in (first, second))
    pieces = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        width = max(j - i, m - k)
        pieces.append(Piece(a[i:j].ljust(width), b[k:m].ljust(width), tag != "equal"))
    return pieces


def _one_line(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\n", "↵").replace("\t", " ")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
