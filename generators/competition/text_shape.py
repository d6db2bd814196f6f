"""The shape of a problem's text as whole numbers, in thousandths, so that sums are exact on any
machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log
from typing import NamedTuple

FORMULA = re.compile(r"(?<!\\)\$\$.+?(?<!\\)\$\$|(?<!\\)\$.+?(?<!\\)\$|\\\[.+?\\\]", re.DOTALL)
"""A formula in LaTeX: $...$, $$...$$ or \\[...\\]."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[.?!]\$?(?:\s|$)")
_BARE_IN_DOLLARS = re.compile(r"(?<!\\)\$(?:\\\$)?-?\d+(?:\.\d+)?(?<!\\)\$")
_SIGN = re.compile(r"[0-9A-Za-z)}\]] ?[+-] ?[0-9A-Za-z(\\]")
_WHOLE = re.compile(r"\$?(?:\\\$)?-?\d[\d,\\! ]*(?:\^\\circ)?\$?")


class Shape(NamedTuple):
    """Thousandths of: logarithms of the characters, words, formulas and numbers; the number of sentences
    and displays; the share of characters in formulas; and 1 or 0 for how the text asks."""

    characters: int
    words: int
    formulas: int
    numbers: int
    sentences: int
    displays: int
    mathematics: int
    question: int
    what_is: int
    how_many: int
    find: int


class Content(NamedTuple):
    """Thousandths of what the choice of a text cannot change: logarithms of the number of numerals
    and of the largest one, the share of single digits, and 1 or 0 for signs in formulas and a whole
    answer."""

    numerals: int
    largest: int
    single_digits: int
    signs: int
    whole_answer: int


def content_of(text: str, answer: str) -> Content:
    """The content of a problem."""
    numbers = _NUMBER.findall(text)
    largest = max((float(number) for number in numbers), default=0.0)
    single = sum(len(number) == 1 for number in numbers)
    return Content(
        numerals=_thousandths(1 + len(numbers)),
        largest=round(1000 * log(1 + min(largest, 1e12))),
        single_digits=1000 * single // max(1, len(numbers)),
        signs=1000 * any(_SIGN.search(formula) for formula in FORMULA.findall(text)),
        whole_answer=1000 * is_whole(answer),
    )


def is_whole(answer: str) -> bool:
    r"""Whether an answer as printed is an integer: also `10,\!000`, `\$18`, and `90^\circ`."""
    return _WHOLE.fullmatch(answer) is not None


def shape_of(text: str) -> Shape:
    """The shape of a text."""
    formulas = FORMULA.findall(text)
    return Shape(
        characters=_thousandths(len(text)),
        words=_thousandths(1 + len(text.split())),
        formulas=_thousandths(1 + len(formulas)),
        numbers=_thousandths(1 + len(_NUMBER.findall(text))),
        sentences=1000 * min(6, len(_SENTENCE.findall(text))),
        displays=1000 * (text.count(r"\[") + text.count("$$") // 2),
        mathematics=1000 * sum(map(len, formulas)) // max(1, len(text)),
        question=1000 * text.rstrip().endswith(("?", "?$")),
        what_is=1000 * bool(re.search(r"\b[Ww]hat (?:is|are)\b", text)),
        how_many=1000 * bool(re.search(r"\b[Hh]ow many\b", text)),
        find=1000 * bool(re.search(r"\b[Ff]ind\b", text)),
    )


def dollar_numbers(text: str) -> int:
    """How many bare numbers stand in dollar signs."""
    return len(_BARE_IN_DOLLARS.findall(text))


def mean_and_spread(values: Sequence[int]) -> tuple[int, int]:
    """Mean and standard deviation in thousandths, the deviation at least 50."""
    mean = round(sum(values) / len(values))
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    return mean, max(50, round(variance**0.5))


def _thousandths(number: int) -> int:
    return round(1000 * log(max(1, number)))
