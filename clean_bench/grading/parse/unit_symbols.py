r"""Units with symbols: 5 \Omega, 50 \mu m, 9.6 \AA, 2 M_\odot, 30', and SI prefixes.

`symbol_start` locates such a unit behind a number. `in_letters` writes its symbols as letters, and
`with_prefix` reads a prefix: kHz and kilohertz are one unit, mW and MW are two.
"""

from __future__ import annotations

import re

from clean_bench.grading.parse.latex_lexer import Token
from clean_bench.grading.parse.notation import NOTATION, by_spelling

_UNITS = NOTATION["units"]
_BASES: dict[str, str] = by_spelling(_UNITS["si"]) | {unit: unit for unit in _UNITS["si"]}
_PREFIXES: dict[str, str] = by_spelling(_UNITS["prefixes"]) | {
    prefix: prefix for prefix in _UNITS["prefixes"]
}
_NO_UNITS = frozenset({"pm", "fl"})
"""Afternoon, and the fluid of fluid ounces."""
_LONGEST_NAME = 24

_NUMERIC = frozenset(
    {"+", "-", "*", "/", "(", ")", "{", "}", "^", "\\times", "\\cdot", "\\frac", "\\sqrt", "\\pm"}
)
_AFTER = frozenset({"/", "^", "\\cdot", "*", "\\times"})
_SUN = re.compile(r"[MLR]_?\{?(?:\\odot|\\oplus|sun)\}?")
_METRIC = frozenset("m s g F C A V W H T L l J N K".split())
_SPELLINGS = (
    (re.compile(r"\\text ?\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\mu\s*"), "µ"),
    (re.compile(r"\\Omega\s*"), "Ω"),
    (re.compile(r"\^\s*\\circ\s*"), "°"),
    (re.compile(r"\\AA\s*|\\mathring\s*\{?\s*A\s*\}?"), "Å"),
    (re.compile(r"([MLR])\s*_?\s*\{?\s*\\odot\s*\}?"), r"\1☉"),
    (re.compile(r"([MLR])\s*_?\s*\{?\s*\\oplus\s*\}?"), r"\1⊕"),
    (re.compile(r"([kMGmµ])\s*Ω"), r"\1Ω"),
)
_WORDS = (
    (re.compile(r"([MLR])_\{? ?[sS]un ?\}?"), r"\1☉"),
    (re.compile(r"solar mass(?:es)?"), "M☉"),
    (re.compile(r"solar luminosit(?:y|ies)"), "L☉"),
    (re.compile(r"solar radi(?:us|i)"), "R☉"),
    (re.compile("立方|세제곱"), " cubic "),
    (re.compile("平方|제곱"), " square "),
    (re.compile("每"), " per "),
    (re.compile(r"\b([AaPp])\. ?[Mm]\.?"), r"\1m"),
)
"""Names of several words, and signs of Chinese and Korean names that are no words of their own."""


def symbol_start(text: list[Token]) -> int | None:
    """The position where a unit with symbols begins behind a number, or None."""
    for at, (kind, sign, _, _) in enumerate(text):
        if kind == "number" or sign in _NUMERIC:
            continue
        return at if at and _is_symbol_unit(text[at:]) else None
    return None


def _is_symbol_unit(unit: list[Token]) -> bool:
    first, rest = unit[0], unit[1:]
    if first.text in ("\\AA", "\\mathring"):
        return True
    if first.text == "'":
        return all(token.text == "'" for token in rest)
    if first.kind != "symbol":
        return False
    if first.text in ("M", "L", "R"):
        return _SUN.match("".join(token.text.strip() for token in unit[:7])) is not None
    if first.text in ("k", "M", "G", "m", "mu") and rest and rest[0].text == "Omega":
        first, rest = rest[0], rest[1:]
    if first.text == "Omega":
        return not rest or rest[0].text in _AFTER or rest[0].kind == "text"
    if first.text != "mu" or not rest:
        return False
    if rest[0].kind == "text" or rest[0].text in ("mol", "Hz", "eV"):
        return True
    alone = len(rest) == 1 or rest[1].text in _AFTER
    return first.spaced and rest[0].text in _METRIC and alone


def in_letters(words: str) -> str:
    """The words of a unit with its symbols as letters."""
    if "\\" in words:
        for pattern, letters in _SPELLINGS:
            words = pattern.sub(letters, words)
    for pattern, letters in _WORDS:
        words = pattern.sub(letters, words)
    return words.replace("''", '"')


def with_prefix(word: str) -> str:
    """The symbol of an SI unit with a prefix, from its symbol or its name; empty for other words."""
    if len(word) > _LONGEST_NAME or word in _NO_UNITS:
        return ""
    if word in _BASES:
        return _BASES[word]
    name = word.lower().removesuffix("s") if len(word) > 4 else word
    if name in _BASES:
        return _BASES[name]
    for prefix, symbol in _PREFIXES.items():
        base = name[len(prefix) :]
        if base in _BASES and name.startswith(prefix) and (len(base) > 2) == (len(prefix) > 2):
            return symbol + _BASES[base]
    return ""
