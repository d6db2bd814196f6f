"""Symbolic difference test of the replica of *Spurious Rewards* (2506.10947).

The original passes the text to sympy's `parse_expr`, which evaluates it as Python. Here a small parser
reads the same arithmetic: numbers, at most two letters, roots, the usual operators, and implicit
multiplication. A run of letters is one name.
"""

from __future__ import annotations

import re
from typing import Any

import sympy

_TOKEN = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|\w+|\*\*|[-+*/^()!]")
_TOO_HARD = re.compile(r"\^\{|\^\(|\^[0-9]+\^|\^[0-9][0-9]")
_FUNCTIONS = {"sqrt": sympy.sqrt, "ln": sympy.log}


def difference_is_zero(gold: str, answer: str) -> bool:
    """Whether sympy simplifies gold - answer to zero; False if the text cannot be parsed."""
    text = f"({gold})-({answer})"
    letters = {char for char in text.replace("sqrt", "").replace("frac", "") if char.isalpha()}
    if len(letters) > 2 or _TOO_HARD.search(text):
        return False
    try:
        return bool(sympy.simplify(SumParser(text).parse()) == 0)
    except (ValueError, TypeError, ArithmeticError, AttributeError, NotImplementedError):
        return False


class SumParser:
    """Recursive descent over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != text:
            raise ValueError("unexpected character")
        self._at = 0

    def parse(self) -> Any:
        value = self._sum()
        if self._next() is not None:
            raise ValueError("unexpected token after the expression")
        return value

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *accepted: str) -> str | None:
        token = self._next()
        if token is None or token not in accepted:
            return None
        self._at += 1
        return token

    def _sum(self) -> Any:
        value = self._product()
        while sign := self._take("+", "-"):
            other = self._product()
            value = value + other if sign == "+" else value - other
        return value

    def _product(self) -> Any:
        value = self._signed()
        while True:
            if self._take("*"):
                value = value * self._signed()
            elif self._take("/"):
                value = value / self._signed()
            elif (token := self._next()) is not None and token not in "+-*/^)!**":
                value = value * self._power()
            else:
                return value

    def _signed(self) -> Any:
        sign = self._take("+", "-")
        value = self._signed() if sign else self._power()
        return -value if sign == "-" else value

    def _power(self) -> Any:
        base = self._atom()
        while self._take("!"):
            base = sympy.factorial(base)
        return base ** self._signed() if self._take("^", "**") else base

    def _atom(self) -> Any:
        token = self._next()
        if token is None or token in "+-*/^)!**":
            raise ValueError("expected an operand")
        self._at += 1
        if token == "(":
            value = self._sum()
            if not self._take(")"):
                raise ValueError("unclosed bracket")
            return value
        if token[0].isdecimal() or token[0] == ".":
            return sympy.Integer(token) if token.isdecimal() else sympy.Float(token)
        if token in _FUNCTIONS and self._next() is not None:
            return _FUNCTIONS[token](self._atom())
        return sympy.pi if token == "pi" else sympy.Symbol(token)
