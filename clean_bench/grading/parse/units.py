r"""Units, money, percent and scale words beside a number.

A unit is dropped if only one side states it; two stated units must agree. Known units agree as products
of powers (`m/s` is `meters per second`). Of other words (`5 apples`), those of one side must be a subset
of those of the other. Nothing is converted: 5 m is not 500 cm.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from clean_bench.grading.parse.latex_lexer import MARKS, Token
from clean_bench.grading.parse.notation import NOTATION, by_spelling
from clean_bench.grading.parse.unit_symbols import in_letters, symbol_start, with_prefix

_UNITS = NOTATION["units"]
_KNOWN: dict[str, str] = {unit: unit for unit in _UNITS["known"]} | by_spelling(_UNITS["known"])
_COMPOUND = _UNITS["compound"]
_NEUTRAL = frozenset(_UNITS["words"]["neutral"].split())
_QUALIFIERS = frozenset(_UNITS["words"]["qualifiers"].split())
_SCALES = _UNITS["scales"]
_SCALE_SIGNS = _UNITS["scale_signs"]
_SCALE = re.compile(
    rf"\s*(?:(?P<word>{'|'.join(_SCALES)})s?(?![\w-])|(?P<sign>[{''.join(_SCALE_SIGNS)}](?!(?<=千)[米克瓦赫焦帕伏卡])))",
    re.IGNORECASE,
)
_AMBIGUOUS = {sign: units.split() for sign, units in _UNITS["ambiguous"].items()}
_PHYSICAL = frozenset(_UNITS["words"]["letters"].split())
_MONEY = _UNITS["money"]
_PIECE = re.compile(
    rf"(?P<word>[MLR][☉⊕]|(?:[^\W\d_]|{MARKS})+\.?|[¢€£¥₹₽₩Ω°'\"])"
    r"|(?P<power>(?:\^\s*\{?\s*(?P<sign>-?)\s*|(?<=[^\W\d_]))(?P<digits>[0-9])\s*\}?)"
    r"|(?P<over>/)|(?P<skip>[\s·*()-]|\\cdot)"
)


class Unit(NamedTuple):
    """`known` is a product of powers of known units; `words` are the other words."""

    known: frozenset[tuple[str, int]]
    words: frozenset[str]


class SplitUnit(NamedTuple):
    """An answer split into the tokens of its number (`rest`), unit, percent sign and scale."""

    rest: list[Token]
    unit: Unit | None
    percent: bool
    scale: int = 1
    """Factor of a scale word: 10^6 for a million."""


def agree(one: Unit | None, other: Unit | None) -> bool:
    """Whether two units agree, or one is not stated."""
    if not stated(one) or not stated(other):
        return True
    assert one is not None and other is not None
    if one.known != other.known and not (_means(one, other) or _means(other, one)):
        return False
    return one.words <= other.words or other.words <= one.words


def _means(ambiguous: Unit, other: Unit) -> bool:
    """Whether a unit with a sign of several meanings, such as 5', has the known unit of the other."""
    for sign, meanings in _AMBIGUOUS.items():
        for power in (power for name, power in ambiguous.known if name == sign):
            rest = ambiguous.known - {(sign, power)}
            return any(rest | {(meaning, power)} == other.known for meaning in meanings)
    return False


def stated(unit: Unit | None) -> bool:
    """Whether a unit restricts anything: the generic word in `5 units` does not."""
    return unit is not None and bool(unit.known or unit.words)


def split_unit(text: list[Token]) -> SplitUnit:
    """Split the unit, money sign or percent sign off the tokens of an answer."""
    rest = list(text)
    unit: Unit | None = None
    percent = False
    if len(rest) > 1 and rest[0].text in ("-", "+") and rest[1].text in _MONEY:
        rest[0], rest[1] = rest[1], rest[0]
    if len(rest) > 1 and rest[0].text in _MONEY:
        unit = Unit(frozenset({(_MONEY[rest[0].text], 1)}), frozenset())
        rest = rest[1:]
    if len(rest) > 1 and rest[-1].text in _MONEY and rest[-1].text != "\\$":
        unit = Unit(frozenset({(_MONEY[rest[-1].text], 1)}), frozenset())
        rest = rest[:-1]
    if len(rest) > 1 and rest[-1].text == "%":
        return SplitUnit(rest[:-1], unit, True)
    scale = 1
    start = symbol_start(rest) or _unit_start(rest)
    if start is not None:
        words = "".join(_spaced(token) for token in rest[start:])
        while word := _SCALE.match(words):
            scale *= _SCALES[word["word"].lower()] if word["word"] else _SCALE_SIGNS[word["sign"]]
            words = words[word.end() :]
        named = parse_unit(words)
        if named is not None:
            rest = rest[:start]
            if named.known == frozenset({("percent", 1)}):
                percent = True
            elif unit is None:
                unit = named
    return SplitUnit(rest, unit, percent, scale)


def _spaced(token: Token) -> str:
    text = f"\\{token.text}" if token.text in ("mu", "Omega") else token.text
    return f" {text}" if token.spaced or token.kind == "text" else text


def _unit_start(text: list[Token]) -> int | None:
    """The position where the unit begins: 5 \\text{cm}^2, 5 km/h, 5 meters per second, 5 m."""
    if len(text) < 2:
        return None
    for at, token in enumerate(text):
        subscript = at and text[at - 1].text == "_"
        if at and not subscript and token.kind in ("text", "word") and token.text.strip():
            if token.text.strip() in ("i", "e", "d"):
                return None
            return at - 1 if at > 1 and text[at - 1].text == "(" and text[-1].text == ")" else at
        single = token.kind == "symbol" and token.text in _PHYSICAL and token.spaced
        if at and single and all(part.kind == "number" for part in text[:at]):
            after = [part.text for part in text[at + 1 :]]
            if not after or after[0] in ("/", "^", "\\cdot"):
                return at
    return None


def parse_unit(text: str) -> Unit | None:
    """The unit that a text names, or None."""
    text = in_letters(text)
    powers: dict[str, int] = {}
    words: set[str] = set()
    direction, square, last = 1, 1, ""
    position = 0
    count = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            return None
        position = match.end()
        if match["over"]:
            direction = -1
        elif match["power"]:
            if last in powers:
                powers[last] *= int(match["digits"]) * (-1 if match["sign"] else 1)
            elif not last or "^" not in match["power"]:
                return None
            last = ""
        elif match["word"]:
            word = match["word"].rstrip(".")
            lower = word.lower()
            count += 1
            if lower in _QUALIFIERS or count > 6:
                return None
            if lower in ("per", "pro"):
                direction = -1
            elif lower in ("square", "sq", "squared", "cubic", "cu", "cubed"):
                power = 3 if lower.startswith("cu") else 2
                if not lower.endswith("ed"):
                    square = power
                elif last in powers:
                    powers[last] *= power
                else:
                    return None
            elif lower in _COMPOUND:
                powers.update(_COMPOUND[lower])
            elif _known(word):
                last = _known(word)
                powers[last] = powers.get(last, 0) + direction * square
                square = 1
            else:
                last, square = lower, 1
                if len(lower) == 1 and lower.isascii() and lower != "a":
                    return None
                if lower not in _NEUTRAL:
                    words.add(_singular(lower))
    unit = Unit(frozenset(powers.items()), frozenset(words))
    return degrees(unit) if "degree" in powers else unit


def degrees(unit: Unit | None) -> Unit:
    """The unit beside a degree sign: degrees Celsius or Fahrenheit, or degrees."""
    powers = dict(unit.known) if unit else {}
    for letter, scale in (("C", "celsius"), ("F", "fahrenheit")):
        if letter in powers:
            powers[scale] = powers.pop(letter)
    if "celsius" in powers or "fahrenheit" in powers:
        powers.pop("degree", None)
    elif unit is None:
        powers["degree"] = 1
    return Unit(frozenset(powers.items()), unit.words if unit else frozenset())


def _known(word: str) -> str:
    """The known unit of a word. SI symbols keep their case (mW, MW); other words have any case."""
    known = _KNOWN.get(word) or with_prefix(word)
    if known or len(word) == 1:
        return known
    lower = word.lower()
    return _KNOWN.get(_singular(lower)) or _KNOWN.get(lower, "")


def _singular(word: str) -> str:
    if word in ("feet", "inches"):
        return word
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
