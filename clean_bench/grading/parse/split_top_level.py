"""Split tokens at signs and words outside all brackets."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import pairwise

from clean_bench.grading.parse.latex_lexer import Token, Unreadable

OPENING = {"(", "[", "{", "\\{", "\\langle"}
CLOSING = {")", "]", "}", "\\}", "\\rangle"}


def word_of(token: Token) -> str:
    if token.kind in ("text", "word"):
        return token.text.strip(" .").lower()
    return token.text if token.kind in ("sign", "command") else ""


def step(token: Token) -> int:
    """The change of bracket depth at a token: 1 opens, -1 closes, else 0."""
    if token.kind not in ("sign", "command"):
        return 0
    if token.text in OPENING or token.text.startswith("\\begin "):
        return 1
    return -(token.text in CLOSING or token.text.startswith("\\end "))


def _at_top(text: list[Token]) -> Iterator[tuple[int, str]]:
    """The positions and texts of the signs and words outside all brackets."""
    depth = 0
    for at, (kind, word, _, _) in enumerate(text):
        if kind in ("sign", "command"):
            if word in OPENING or word.startswith("\\begin "):
                depth += 1
            elif word in CLOSING or word.startswith("\\end "):
                depth -= 1
                if depth < 0:
                    raise Unreadable
            if not depth:
                yield at, word
        elif not depth and kind in ("text", "word"):
            yield at, word.strip(" .").lower()
    if depth:
        raise Unreadable


def top(text: list[Token], signs: Container[str]) -> list[int]:
    """The positions of these signs outside all brackets."""
    return [at for at, word in _at_top(text) if word in signs]


def outside(text: list[Token]) -> set[str]:
    """The signs and words outside all brackets."""
    return {word for _, word in _at_top(text)}


def split(text: list[Token], signs: Container[str]) -> list[list[Token]]:
    return parts_between(text, top(text, signs))


def parts_between(text: list[Token], cuts: list[int]) -> list[list[Token]]:
    """The parts of a text before, between and after these positions."""
    return [text[start + 1 : end] for start, end in pairwise([-1, *cuts, len(text)])]
