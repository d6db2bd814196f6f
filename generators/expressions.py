r"""Arithmetic as printed: an independent evaluator of expression texts.

It reads integers, squares and cubes (`18^2`), fractions (`\frac{34}{8}`), `+ - * /` and parentheses
under ordinary precedence, with operators of equal precedence from left to right. It shares no code
with the generator whose texts it checks, and works in `Fraction`s throughout.
"""

from __future__ import annotations

import re
from fractions import Fraction

_TOKEN = re.compile(
    r"\\frac\{(?P<n>[0-9]{1,3})\}\{(?P<d>[0-9]{1,3})\}|(?P<b>[0-9]{1,3})(?:\^(?P<e>[23]))?|[-+*/()]"
)
_DEEPEST = 64


def evaluate(text: str) -> Fraction:
    """The exact value of an expression text.

    Raises:
        ValueError: if the text is no such expression, or divides by zero.
    """
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise ValueError(f"not arithmetic at character {position}: {text[position:][:40]!r}")
        tokens.append(match)
        position = match.end()
    reader = _Reader(tokens)
    try:
        value = reader.sum(0)
    except ZeroDivisionError:
        raise ValueError(f"divides by zero: {text[:60]!r}") from None
    if reader.peek():
        raise ValueError(f"not arithmetic: nothing can follow before {reader.peek()!r}")
    return value


class _Reader:
    """Recursive descent: a sum of products of operands."""

    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _take(self) -> re.Match[str]:
        if self._next >= len(self._tokens):
            raise ValueError("the expression ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def sum(self, depth: int) -> Fraction:
        value = self._product(depth)
        while self.peek() in ("+", "-"):
            if self._take()[0] == "+":
                value += self._product(depth)
            else:
                value -= self._product(depth)
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._operand(depth)
        while self.peek() in ("*", "/"):
            if self._take()[0] == "*":
                value *= self._operand(depth)
            else:
                value /= self._operand(depth)
        return value

    def _operand(self, depth: int) -> Fraction:
        token = self._take()
        if token["n"]:
            return Fraction(int(token["n"]), int(token["d"]))
        if token["b"]:
            return Fraction(int(token["b"])) ** int(token["e"] or 1)
        if token[0] != "(" or depth >= _DEEPEST:
            raise ValueError(f"an operand is wanted where {token[0]!r} stands")
        value = self.sum(depth + 1)
        if self._take()[0] != ")":
            raise ValueError("a parenthesis is not closed")
        return value
