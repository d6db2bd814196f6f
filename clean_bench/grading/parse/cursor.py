"""A place in a list of tokens."""

from __future__ import annotations

from clean_bench.grading.parse.latex_lexer import Token

END = Token("end", "")
DEEPEST = 40
"""Levels of nesting that are still read."""


class Cursor:
    """Where a parser stands, how deep, and whether inside of bars."""

    def __init__(self, text: list[Token]) -> None:
        self.tokens = list(text)
        self.at = 0
        self.depth = 0
        self.bars = 0

    def peek(self, ahead: int = 0) -> Token:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else END

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token
