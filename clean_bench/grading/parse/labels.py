"""The name before the sign of equality."""

from __future__ import annotations

import re

from clean_bench.grading.parse.latex_lexer import Token

_UNKNOWNS = frozenset({"x", "y", "z", "e", "i", "pi"})
_SINGLE_FUNCTION = re.compile(r"[A-Za-z](?:_\{?\w\}?)?'*\((?:[A-Za-z](?:,[A-Za-z])*|-?[0-9]+)\)")


_AREA = re.compile(r"\[[A-Z]{3,6}\]|\|[A-Z]{2}\|")
_CHANCE = re.compile(r"(?:P|Pr|\\Pr|E|\\mathbb [PE])(?:\([^()]*\)|\[[^\[\]]*\])")
_OPERATORS = frozenset({"+", "-", "*", "/", "\\cdot", "\\frac", "{", "}"})


def quantity(side: list[Token]) -> str | None:
    """The quantity that is asked for, where a number is all that follows: m + n, [ABC], P(X > 2).

    A sum, product or quotient of different names counts; x, y and z are unknowns, of which an
    equation has still to be solved.
    """
    text = "".join(token.text for token in side)
    if _AREA.fullmatch(text) or _CHANCE.fullmatch(text):
        return text
    names = [token.text for token in side if token.kind == "symbol"]
    if not names or len(set(names)) < len(names) or not _UNKNOWNS.isdisjoint(names):
        return None
    rest = [token for token in side if token.kind != "symbol"]
    return text if all(token.text in _OPERATORS for token in rest) else None


def label_of(side: list[Token]) -> str | None:
    """The name on the left of an equation: x, x_1, f(x), (x, y), \\text{Area}, m\\angle A."""
    text = "".join(token.text for token in side)
    if len(side) == 1:
        token = side[0]
        if token.kind == "symbol" and token.text not in ("e", "i", "pi"):
            return token.text
        return token.text.strip().lower() if token.kind in ("text", "word") else None
    if _SINGLE_FUNCTION.fullmatch(text) or re.fullmatch(r"[A-Za-z]+_\{?\w+\}?", text):
        return text.replace("{", "").replace("}", "")
    if re.fullmatch(r"f\^\{?-1\}?\([a-z]\)|\\angle[A-Z]{1,3}|m\\angle[A-Z]{1,3}", text):
        return text.replace("{", "").replace("}", "")
    if len(side) > 4 and text[0] + text[-1] == "()":
        names, commas = side[1:-1:2], side[2:-1:2]
        if all(name.kind == "symbol" for name in names) and {t.text for t in commas} == {","}:
            return text
    if all(token.kind in ("text", "word") for token in side):
        return " ".join(token.text.strip().lower() for token in side)
    if re.fullmatch(r"[A-Z]{2,3}", text):
        return text
    return None
