r"""Conditions and nouns in words, rewritten to the comma lists that they stand for.

`3k \text{ for } k \ge 1` becomes `3k, k \ge 1`, `2k \text{ where } k \text{ is an integer}` becomes
`2k, k \in \mathbb{Z}`, and `12 \text{ goats and } 7 \text{ hens}` becomes `12 goats, 7 hens`.
"""

from __future__ import annotations

import re

from clean_bench.grading.parse.latex_lexer import Token
from clean_bench.grading.parse.notation import NOTATION, by_spelling
from clean_bench.grading.parse.split_top_level import top

_RELATIONS = by_spelling(NOTATION["relations"])
_CONDITION = re.compile(
    r"\s*,?\s*(?:and\s+)?(?:for|where|with|if|when|whenever|given|provided|such)\b(?:\s+that\b)?"
    r"\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_INTEGER = re.compile(
    r"(?:(?:all|any|every|each|some|an?|is|are|is an?|is any|being an?|an arbitrary|is an arbitrary) )?"
    r"(?P<sign>positive|negative|non-?negative|nonzero)? ?integers?"
)
_SETS = {
    "": "",
    "positive": "^ +",
    "negative": "^ -",
    "nonnegative": r"_ { \ge 0 }",
    "nonzero": "^ *",
}
_QUANTIFIER = re.compile(r"\s*(?:all|any|every|each|some)\s*")
_NOUN = re.compile(
    r"(?P<noun>[^,;]*?)\s*(?:[,;]\s*(?:and\b)?|\band\b)\s*(?P<rest>[A-Za-z ]*)", re.DOTALL
)
_COMMA = Token("sign", ",")
_MAX_TOKENS = 60


def as_list(text: list[Token]) -> list[Token]:
    """The tokens with a condition or nouns in words separated by commas; else the same tokens."""
    if len(text) > _MAX_TOKENS:
        return text
    if not {"text", "word"} & {token[0] for token in text}:
        return _bracketed_condition(text)
    if any(token.text.startswith("\\begin ") for token in text):
        return text  # the rows of an environment have conditions of their own
    return _with_condition(_with_nouns(text))


def _bracketed_condition(text: list[Token]) -> list[Token]:
    r"""The tokens with a comma before a condition in brackets, `3k \quad (k \ge 1)`; else the same."""
    if len(text) < 6 or text[-1].text != ")" or not any(sign[1] in _RELATIONS for sign in text):
        return text
    depth, at = 0, len(text)
    while at and (depth or at == len(text)):
        at -= 1
        depth += (text[at].text == ")") - (text[at].text == "(")
    inner = text[at + 1 : -1]
    if not at or not text[at].spaced or not top(inner, _RELATIONS.keys()):
        return text
    return [*text[:at], _COMMA, *inner]


def _with_condition(text: list[Token]) -> list[Token]:
    places = [
        at for at, token in enumerate(text)
        if at and token.kind in ("text", "word") and _CONDITION.fullmatch(token.text)
    ]  # fmt: skip
    if len(places) != 1:
        return text
    at = places[0]
    match = _CONDITION.fullmatch(text[at].text)
    assert match is not None
    main = text[: at - 1] if text[at - 1].text in (",", ";") else text[:at]
    rest = text[at + 1 :]
    if match["rest"] and not _QUANTIFIER.fullmatch(match["rest"]):
        rest = [Token("text", match["rest"], None, True), *rest]
    member = _membership(rest)
    if member:
        return [*main, _COMMA, *member]
    if not main or not rest or rest[0].kind == "text" or not top(rest, _RELATIONS.keys()):
        return text
    return [*main, _COMMA, *rest]


def _membership(condition: list[Token]) -> list[Token]:
    r"""`k \in \mathbb{Z}` for "k is an integer" and "any integer k"; empty for other conditions."""
    names = [token for token in condition if token.kind == "symbol"]
    words = " ".join(token.text.strip() for token in condition if token.kind in ("text", "word"))
    if not names and (match := re.fullmatch(r"([a-zA-Z]) (.*)|(.*) ([a-zA-Z])", words)):
        names = [Token("symbol", match[1] or match[4])]
        words = match[2] or match[3]
    found = _INTEGER.fullmatch(words)
    if found is None or len(names) != 1 or len(names[0].text) != 1:
        return []
    if any(token.kind not in ("symbol", "text", "word") for token in condition):
        return []
    tail = _SETS[(found["sign"] or "").replace("-", "")].split()
    parts = [Token("command" if sign[0] == "\\" else "sign", sign) for sign in tail]
    return [names[0], Token("command", "\\in"), Token("symbol", "\\mathbb Z"), *parts]


def _with_nouns(text: list[Token]) -> list[Token]:
    """A text between two numbers, such as "goats and", split at its comma or "and"."""
    parts: list[Token] = []
    for at, token in enumerate(text):
        between = 0 < at < len(text) - 1 and token.kind == "text" and text[at + 1].kind == "number"
        match = _NOUN.fullmatch(token.text) if between else None
        if match is None or not match["noun"].strip():
            parts.append(token)
            continue
        parts += [Token("text", match["noun"], None, True), _COMMA]
        if match["rest"].strip():
            parts.append(Token("text", match["rest"], None, True))
    return parts


def noun_before(text: list[Token]) -> tuple[str, list[Token]] | None:
    """The noun and the rest of `goats: 12`, or None."""
    names: list[str] = []
    for at, token in enumerate(text):
        if token.kind in ("text", "word"):
            names.append(token.text)
        elif token.text != ":" or token.kind != "sign":
            rest = text[at:]
            break
    else:
        return None
    name = " ".join(names).strip()
    colon = any(token.text == ":" for token in text[: len(text) - len(rest)])
    if not (colon or name.endswith(":")) or rest[0].kind != "number":
        return None
    name = name.rstrip(": ").lower()
    return (name, rest) if re.fullmatch(r"[a-z][a-z ]{2,40}", name) else None
