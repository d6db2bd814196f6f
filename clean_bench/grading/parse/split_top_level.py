"""Split tokens at signs and words outside all brackets."""

from __future__ import annotations

from collections.abc import Container
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


def top(text: list[Token], signs: Container[str]) -> list[int]:
    """The positions of these signs outside all brackets."""
    depth, positions = 0, []
    for at, (kind, word, _, _) in enumerate(text):
        if kind in ("sign", "command"):
            if word in OPENING or word.startswith("\\begin "):
                depth += 1
            elif word in CLOSING or word.startswith("\\end "):
                depth -= 1
                if depth < 0:
                    raise Unreadable
        elif kind in ("text", "word"):
            word = word.strip(" .").lower()
        else:
            continue
        if not depth and word in signs:
            positions.append(at)
    if depth:
        raise Unreadable
    return positions


def outside(text: list[Token]) -> set[str]:
    """The signs and words outside all brackets."""
    depth, words = 0, set()
    for kind, word, _, _ in text:
        if kind in ("sign", "command"):
            if word in OPENING or word.startswith("\\begin "):
                depth += 1
            elif word in CLOSING or word.startswith("\\end "):
                depth -= 1
                if depth < 0:
                    raise Unreadable
            if not depth:
                words.add(word)
        elif kind in ("text", "word") and not depth:
            words.add(word.strip(" .").lower())
    if depth:
        raise Unreadable
    return words


def split(text: list[Token], signs: Container[str]) -> list[list[Token]]:
    return parts_between(text, top(text, signs))


def parts_between(text: list[Token], cuts: list[int]) -> list[list[Token]]:
    """The parts of a text before, between and after these positions."""
    return [text[start + 1 : end] for start, end in pairwise([-1, *cuts, len(text)])]
