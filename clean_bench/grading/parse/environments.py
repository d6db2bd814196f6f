r"""Environments of several rows: systems of equations behind a brace, and piecewise functions.

`with_systems` gives every environment one of two names: `cases` (a system or a piecewise function,
whatever brace and columns it is written with) or that of a matrix. `pieces` reads the rows of a
piecewise function.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from clean_bench.grading.parse import interval_notation
from clean_bench.grading.parse.answer_types import (
    Answer,
    Labelled,
    Piece,
    Piecewise,
    Region,
    Relation,
    Text,
    Tuple,
    Value,
)
from clean_bench.grading.parse.latex_lexer import Token, Unreadable
from clean_bench.grading.parse.notation import NOTATION, by_spelling
from clean_bench.grading.parse.split_top_level import split, top

_NAMES = by_spelling(NOTATION["environments"])
_RELATIONS = by_spelling(NOTATION["relations"]).keys()
_IF = re.compile(
    r" *[,;]? *(?:if and only if|if|for|when|whenever|where|in case|as)\b[ :]*", re.IGNORECASE
)
_OTHERWISE = re.compile(
    r"(?:otherwise|else|elsewhere|in all other cases|in other cases|any other case|o\. ?w)\.?",
    re.IGNORECASE,
)
_FILLER = frozenset("if for when is are an a the to be".split())
_OTHER: Answer = Text("otherwise")


def with_systems(text: list[Token]) -> list[Token]:
    """The tokens with each environment under its plain name, and without the brace of a system."""
    result: list[Token] = []
    at = 0
    while at < len(text):
        brace = text[at].text == "\\{" and text[at + 1 : at + 2] and _begins(text[at + 1])
        if not brace and not _begins(text[at]):
            result.append(text[at])
            at += 1
            continue
        begin = at + 1 if brace else at
        end = _end(text, begin)
        closed = text[end + 1 : end + 2] and text[end + 1].text == "\\}"
        braced = bool(brace) != bool(closed)
        if brace and closed:
            result.append(text[at])
        result += _environment(text[begin : end + 1], braced)
        at = end + 1
        if closed and not brace:
            at += 1
    return result


def _begins(token: Token) -> bool:
    return token.text.startswith("\\begin ")


def _end(text: list[Token], begin: int) -> int:
    depth = 0
    for at in range(begin, len(text)):
        depth += _begins(text[at]) - text[at].text.startswith("\\end ")
        if not depth:
            return at
    raise Unreadable


def _environment(text: list[Token], braced: bool) -> list[Token]:
    """One environment: its content alone, or between \\begin and \\end with the plain name."""
    name = text[0].text.removeprefix("\\begin ")
    plain = _NAMES.get(name, name)
    inner = with_systems(text[1:-1])
    if plain == "none":
        return inner
    columns = name in ("array", "alignat", "alignat*", "alignedat", "tabular")
    if columns and inner and inner[0].text == "{":
        closing = next((at for at, token in enumerate(inner) if token.text == "}"), len(inner))
        inner = inner[closing + 1 :]
    if plain in ("array", "matrix") and (braced or _all_related(inner)):
        plain = "cases"
    if braced and plain == "aligned":
        plain = "cases"
    return [Token("command", f"\\begin {plain}"), *inner, Token("command", f"\\end {plain}")]


def _all_related(inner: list[Token]) -> bool:
    """Whether every row is an equation or an inequality, as in a system without its brace."""
    rows = [row for row in split(inner, {"\\\\"}) if row]
    return bool(rows) and all(top(row, {"="}) for row in rows)


def pieces(inner: list[Token], read: Callable[[list[Token]], Answer]) -> Piecewise | None:
    """The piecewise function in the rows of an environment, or None if they are no such rows."""
    rows = [row for row in split(inner, {"\\\\"}) if row]
    found: list[tuple[Answer, Answer]] = []
    for row in rows:
        sides = _value_and_condition(row)
        if sides is None:
            return None
        value = read(sides[0])
        if isinstance(value, Relation | Region):
            return None
        found.append((value, _condition(sides[1], read)))
    if not found:
        return None
    return Piecewise(tuple(Tuple(piece, False) for piece in _completed(found)))


def _value_and_condition(row: list[Token]) -> tuple[list[Token], list[Token]] | None:
    """The two parts of a row: x & x > 0, or x, x > 0, or x \\text{ if } x > 0."""
    columns = [_trimmed(part) for part in split(row, {"&"})]
    columns = [part for part in columns if part]
    if len(columns) > 1:
        value, condition = columns[0], [token for part in columns[1:] for token in part]
        in_words = _begins_condition(condition[0])
        if not in_words and (condition[0].text in _RELATIONS or top(value, _RELATIONS)):
            return None
        has_words = any(token.kind in ("text", "word") for token in condition)
        return (value, condition) if has_words or top(condition, _RELATIONS) else None
    words = [at for at, token in enumerate(row) if at and _begins_condition(token)]
    if words:
        value, condition = row[: words[0]], row[words[0] :]
    else:
        parts = split(row, {","})
        if len(parts) < 2:
            return None
        value = parts[0]
        condition = row[len(value) + 1 :]
        if top(value, _RELATIONS) or not top(condition, _RELATIONS):
            return None
    value = [token for token in _trimmed(value) if token.text != "&"]
    condition = [token for token in _trimmed(condition) if token.text != "&"]
    return (value, condition) if value and condition else None


def _trimmed(part: list[Token]) -> list[Token]:
    """Without punctuation at its ends."""
    while part and part[-1].text.strip() in (",", ";", ".", ""):
        part = part[:-1]
    while part and part[0].text.strip() in (",", ";", ""):
        part = part[1:]
    return part


def _begins_condition(token: Token) -> bool:
    if token.kind not in ("text", "word"):
        return False
    phrase = token.text.strip()
    return _IF.match(phrase) is not None or _OTHERWISE.fullmatch(phrase.strip(" ,;")) is not None


def _condition(part: list[Token], read: Callable[[list[Token]], Answer]) -> Answer:
    first = part[0]
    if first.kind in ("text", "word"):
        phrase = first.text.strip(" ,;")
        if len(part) == 1 and _OTHERWISE.fullmatch(phrase):
            return _OTHER
        rest = _IF.sub("", phrase, count=1)
        part = ([Token("text", rest)] if rest else []) + part[1:]
    try:
        answer = read(part) if part else _OTHER
    except Unreadable:
        answer = _OTHER
    if isinstance(answer, Labelled) and isinstance(answer.value, Value):
        tree = answer.value.tree
        return Region((Piece(tree, False, tree, False),), answer.label)
    if isinstance(answer, Region | Relation):
        return answer
    words = " ".join(token.text for token in part).casefold().split()
    return Text(" ".join(word.strip(".,;") for word in words if word not in _FILLER))


def _completed(found: list[tuple[Answer, Answer]]) -> list[tuple[Answer, Answer]]:
    """The pieces with `otherwise` as the rest of the real line, if the other conditions are regions."""
    conditions = [condition for _, condition in found if condition != _OTHER]
    regions = [condition for condition in conditions if isinstance(condition, Region)]
    if len(conditions) != len(found) - 1 or len(regions) < len(conditions) or not regions:
        return found
    covered = interval_notation.union(tuple(regions))
    rest = covered and interval_notation.without(interval_notation.everything(), covered)
    if not covered or not rest:
        return found
    rest = Region(rest.pieces, covered.variable)
    return [(value, rest if condition == _OTHER else condition) for value, condition in found]
