r"""Tokenizer of normalized answers.

A number is one token (`1,000`, `1{,}000`, `1 000`, `1.2e6`). A comma between groups of three digits
separates thousands outside brackets, and coordinates inside them and after another separating comma
(`1,83,163`). A run of letters is a function, a word (a unit, `or`, any run of four letters or more) or a
product of variables.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from clean_bench.grading.parse.notation import word_set


class Unreadable(Exception):
    """The text cannot be parsed."""


class Token(NamedTuple):
    """`kind` is number, symbol, function, word, text, command, open, close or sign."""

    kind: str
    text: str
    value: Fraction | None = None
    spaced: bool = False
    """Whether a space precedes it."""


_FUNCTIONS = word_set("functions")
_GREEK = word_set("greek")
_VARIANTS = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho"}
_WORDS = word_set("known")
_PRODUCTS = word_set("products")
_INFINITY = word_set("infinity")
_STYLES = word_set("styles")
_OPENING = {"(", "[", "\\{", "\\langle"}
_CLOSING = {")", "]", "\\}", "\\rangle"}

MARKS = r"[\u0300-\u036f\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e\u0f71-\u0fbc\u102b-\u1059]"
"""The marks of other scripts that belong to the letter before them."""

_TOKEN = re.compile(
    r"(?P<space>\s*)(?:"
    r"(?P<grouped>[1-9][0-9]{0,2}(?:\{,\}[0-9]{3})+(?![0-9])(?:\.[0-9]+)?"
    r"|[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9]| ?/)(?:\.[0-9]+)?)"
    r"|(?P<comma>[1-9][0-9]{0,2}(?:,[0-9]{3})+(?!,?[0-9])(?:\.[0-9]+)?)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE](?:[+-]?[0-9]+)(?![0-9A-Za-z.{}\\]))?)"
    r"|(?P<letters>[A-Za-z]++(?![^\W\d_]))"
    rf"|(?P<script>(?:[^\W\d_]|{MARKS})+)"
    r"|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<sign>:=|<=|>=|!=|==|=<|=>|[^\s])"
    r")",
    re.DOTALL,
)
_MAX_TOKENS = 1500
_MAX_NESTING = 40
_MAX_EXPONENT = 1000


def tokens(text: str) -> list[Token]:
    """The tokens of a normalized text.

    Raises:
        Unreadable: if a text, an accent or an environment is broken, or there are too many tokens.
    """
    result: list[Token] = []
    position, depth, braces, nesting, end = 0, 0, 0, 0, len(text)
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            break
        position = match.end()
        spaced = bool(match["space"])
        kind = match.lastgroup
        part = match[kind] if kind else ""
        listed = bool(depth) or text.endswith(",", 0, match.start("comma"))
        if kind == "comma" and listed and ",0" not in part:
            part = part.split(",", 1)[0]
            position = match.start("comma") + len(part)
        if kind in ("grouped", "comma", "number"):
            digits = re.sub(r"\{,\}|[ ,]", "", part)
            result.append(Token("number", digits, _value(digits), spaced))
        elif kind == "letters":
            result.extend(
                _letters(part, spaced, part in _PRODUCTS and _no_unit(result, spaced, braces))
            )
        elif kind == "script":
            result.append(Token("word", part, None, spaced))
        elif kind == "command":
            if part in _STYLES:
                content, position = _group(text, position)
                result.extend(_styled(part, content, spaced))
            elif part[1:] in _FUNCTIONS:
                result.append(Token("function", part[1:], None, spaced))
            elif part[1:-1] in _FUNCTIONS and part[-1].isalpha():
                result.append(Token("function", part[1:-1], None, spaced))
                result.append(Token("symbol", part[-1]))
            elif part[1:] in _GREEK:
                name = _VARIANTS.get(part[1:], part[1:])
                result.append(Token("symbol", name, None, spaced))
            else:
                result.append(Token("command", part, None, spaced))
        else:
            result.append(Token("sign", part, None, spaced))
        braces += (part == "{") - (part == "}")
        depth += (part in _OPENING) - (part in _CLOSING)
        nesting += (part in _OPENING or part in ("{", "\\begin")) - (
            part in _CLOSING or part in ("}", "\\end")
        )
        if len(result) > _MAX_TOKENS or nesting > _MAX_NESTING:
            raise Unreadable
    return result


def _value(digits: str) -> Fraction:
    mantissa, _, power = digits.lower().partition("e")
    whole, _, part = mantissa.partition(".")
    shift = int(power or "0") if len(power) < 6 else _MAX_EXPONENT + 1
    if abs(shift) > _MAX_EXPONENT:
        raise Unreadable
    shift -= len(part)
    value = int(whole + part)
    return Fraction(value * 10**shift) if shift >= 0 else Fraction(value, 10**-shift)


def _no_unit(before: list[Token], spaced: bool, braces: int) -> bool:
    """Whether letters are no unit of a number: mg in mg/k and in \\frac{2mg}{k}."""
    if not before or (braces and not spaced):
        return True
    numbers = any(token.kind == "number" for token in before)
    return not numbers and not (spaced and before[-1].kind == "symbol")


def _letters(run: str, spaced: bool, product: bool) -> list[Token]:
    if len(run) == 1:
        return [Token("symbol", run, None, spaced)]
    if run in _INFINITY:
        return [Token("command", "\\infty", None, spaced)]
    if run in _FUNCTIONS and run != "min":
        return [Token("function", run, None, spaced)]
    if run in _GREEK:
        return [Token("symbol", _VARIANTS.get(run, run), None, spaced)]
    if (run in _WORDS and not product) or len(run) > 3:
        for name in ("sqrt", "sin", "cos", "tan", "cot", "sec", "csc", "log", "ln"):
            if run.startswith(name) and len(run) == len(name) + 1:
                return [
                    Token("function", name, None, spaced),
                    Token("symbol", run[-1]),
                ]
        return [Token("word", run, None, spaced)]
    if run[:2] == "ln":
        return [Token("function", "ln", None, spaced), Token("symbol", run[2])]
    if run[-2:] == "pi":
        return [Token("symbol", run[0], None, spaced), Token("symbol", "pi")]
    return [Token("symbol", letter, None, spaced and not at) for at, letter in enumerate(run)]


def _styled(command: str, content: str, spaced: bool) -> list[Token]:
    if command == "\\text":
        return [Token("text", content, None, spaced)]
    if command in ("\\begin", "\\end"):
        return [Token("command", f"{command} {content.strip()}", None, spaced)]
    inner = content.strip()
    if command in ("\\overline", "\\bar") and inner.isascii() and inner.isdigit():
        return [Token("command", "\\overline", None, spaced), Token("text", inner)]
    if command == "\\mathbf" and len(inner) > 1 and inner.isalpha():
        return [Token("text", inner, None, spaced)]
    if command in ("\\mathbf", "\\boldsymbol", "\\bm"):
        if inner.replace(".", "", 1).isascii() and inner.replace(".", "", 1).isdigit():
            return [Token("number", inner, _value(inner), spaced)]
        command = "\\mathbf"
    return [Token("symbol", f"{command} {inner}", None, spaced)]


def _group(text: str, position: int) -> tuple[str, int]:
    """The content of the braces at a position (or the next sign), and the position after it."""
    while position < len(text) and text[position] == " ":
        position += 1
    if position >= len(text):
        raise Unreadable
    if text[position] != "{":
        match = re.compile(r"\\[A-Za-z]+|.", re.DOTALL).match(text, position)
        assert match is not None
        return match[0], match.end()
    depth = 0
    for at in range(position, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return text[position + 1 : at], at + 1
    raise Unreadable
