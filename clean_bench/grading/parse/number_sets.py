r"""Sets of numbers in signs and in words: \mathbb{Z}^+, all positive integers, all reals except 2.

A set of real numbers is a `Region`; every other is a `Value` with one symbol for the set. The natural
numbers begin with 1, the whole numbers with 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse import interval_notation
from clean_bench.grading.parse.answer_types import (
    Answer,
    Labelled,
    List,
    Region,
    Set,
    Value,
)
from clean_bench.grading.parse.latex_lexer import Token

_KINDS = {
    "integer": "Z",
    "natural": "N",
    "natural number": "N",
    "whole number": "W",
    "rational": "Q",
    "rational number": "Q",
    "real": "R",
    "real number": "R",
    "real value": "R",
    "complex number": "C",
    "number": "R",
    "prime": "P",
    "prime number": "P",
}
_SIGNS = {
    "": "",
    "positive": "+",
    "strictly positive": "+",
    "negative": "-",
    "strictly negative": "-",
    "nonnegative": "0+",
    "nonpositive": "0-",
    "nonzero": "*",
    "even": "even",
    "odd": "odd",
}
_TAILS = {
    "": "",
    "^+": "+",
    "_+": "+",
    "_>0": "+",
    "_\\ge1": "+",
    "^-": "-",
    "_-": "-",
    "_<0": "-",
    "_\\ge0": "0+",
    "^+_0": "0+",
    "_0^+": "0+",
    "_\\le0": "0-",
    "^*": "*",
    "^\\times": "*",
    "_\\ne0": "*",
}
_LETTERS = frozenset("ZNWQRC")
_REAL = frozenset({"+", "-", "0+", "0-", "*"})
_SET = (
    r"(?:the )?(?:set of )?(?:(?:all|any|every|each|an?)(?: of)? )?(?:the )?(?:possible )?"
    rf"(?P<sign>{'|'.join(filter(None, _SIGNS))})? ?(?P<kind>{'|'.join(sorted(_KINDS, reverse=True))})s?"
)
_NAME = r"(?: (?:values? )?(?:of )?(?P<name>[a-zA-Z]))?"
_ALONE = re.compile(rf"(?:[a-zA-Z] (?:is|can be|are) )?{_SET}{_NAME}")
_WITHOUT = re.compile(
    rf"(?:{_SET}{_NAME}|(?:all|any|every) (?:values? )?(?:of )?[a-zA-Z]),? "
    r"(?:except|excluding|other than|but(?: not)?|besides|not equal to|different from)"
    r"(?: for| when| at| that)? (?P<holes>.+)"
)
_COMPARED = re.compile(
    rf"{_SET}{_NAME},? (?:that are |which are )?(?P<than>greater than or equal to|less than or equal to|"
    r"at least|at most|(?:strictly )?(?:greater|larger|more|bigger) than|"
    r"(?:strictly )?(?:less|smaller) than) (?P<end>.+)"
)
_SUCH_THAT = re.compile(
    rf"(?:{_SET}(?:{_NAME},? (?:such that|where|with|for which|satisfying|so that)"
    r"|(?= [a-zA-Z] ?(?:<|>|\\[lg]e|\\ne)))"
    r"|(?:all|any|every) (?:values? )?(?:of )?(?=[a-zA-Z] ?(?:<|>|\\[lg]e|\\ne)))"
    r" ?(?P<condition>[a-zA-Z] ?(?:<|>|\\[lg]e|\\ne).+)"
)
_TEXT = re.compile(r"\\text ?\{([^{}]*)\}")
_MAX_CHARACTERS = 120


def in_signs(text: list[Token]) -> Answer | None:
    r"""The set that \mathbb{Z}^+ and the like stand for, or None."""
    letter = text[0].text.removeprefix("\\mathbb ")
    tail = "".join(token.text for token in text[1:] if token.text not in ("{", "}"))
    if letter == "N" and tail == "_0":
        letter, tail = "W", ""
    if letter == "N" and tail in ("^*", "^+"):
        tail = ""
    if letter not in _LETTERS or tail not in _TAILS:
        return None
    return _numbers(letter, _TAILS[tail])


def in_words(text: str, read: Callable[[str], Answer]) -> Answer | None:
    """The set that words such as "all real numbers except 2" describe, or None."""
    if len(text) > _MAX_CHARACTERS:
        return None
    plain = " ".join(_TEXT.sub(r" \1 ", text).split()).replace("non-", "non")
    if plain[:1].isupper():
        plain = plain[0].lower() + plain[1:]
    match = _ALONE.fullmatch(plain)
    if match:
        return _numbers(_KINDS[match["kind"]], _SIGNS[match["sign"] or ""])
    match = _WITHOUT.fullmatch(plain)
    if match and _is_real(match):
        region = _signed_reals(match["sign"])
        holes = _points(read(match["holes"]))
        return interval_notation.without(region, holes) if holes else None
    match = _COMPARED.fullmatch(plain)
    if match and _is_real(match):
        than = match["than"]
        high = any(word in than for word in ("greater", "larger", "more", "bigger", "least"))
        closed = "equal" in than or than.startswith("at ")
        sign = {(True, True): "\\ge", (True, False): ">", (False, True): "\\le"}
        return _within(match, read(f"x {sign.get((high, closed), '<')} {match['end']}"))
    match = _SUCH_THAT.fullmatch(plain)
    if match and _is_real(match):
        return _within(match, read(match["condition"]))
    return None


def _is_real(match: re.Match[str]) -> bool:
    kind = match["kind"]
    return (kind is None or _KINDS[kind] == "R") and match["sign"] not in ("even", "odd")


def _signed_reals(sign: str | None) -> Answer:
    return _numbers("R", _SIGNS[sign or ""])


def _within(match: re.Match[str], answer: Answer) -> Answer | None:
    region = _signed_reals(match["sign"])
    if not isinstance(answer, Region) or not isinstance(region, Region):
        return None
    return interval_notation.intersection((region, answer))


def _numbers(letter: str, sign: str) -> Answer:
    if letter == "R" and sign in _REAL:
        end: Expr = ("num", Fraction(0))
        below = interval_notation.interval(
            interval_notation.MINUS_INFINITY, True, end, sign != "0-"
        )
        above = interval_notation.interval(end, sign != "0+", interval_notation.INFINITY, True)
        pieces = {"+": above.pieces, "0+": above.pieces, "-": below.pieces, "0-": below.pieces}
        return Region(pieces.get(sign, below.pieces + above.pieces), None)
    if letter == "R" and not sign:
        return interval_notation.everything()
    if sign in ("even", "odd"):
        letter = "Z"
    if letter in ("N", "W") and not sign:
        letter, sign = "Z", "+" if letter == "N" else "0+"
    return Value(("sym", f"\\mathbb {letter}{sign}"))


def _points(answer: Answer) -> Set | None:
    """The excluded points: 2, x = 2, `2 and 3`, `2 or 3`."""
    items = answer.items if isinstance(answer, List | Set) else (answer,)
    values = tuple(item.value if isinstance(item, Labelled) else item for item in items)
    return Set(values) if all(isinstance(value, Value) for value in values) else None
