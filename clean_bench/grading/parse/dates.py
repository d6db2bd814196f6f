r"""Calendar dates: 12/4/1999, 2031-05-04, 04.05.2031, May 4, 2031, 4 July.

A date in figures has a year of four digits at one end. Its month comes before its day after slashes and
dashes, and after its day after points, where both orders are possible.
"""

from __future__ import annotations

import re
from fractions import Fraction

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse.answer_types import Date
from clean_bench.grading.parse.notation import NOTATION, by_spelling

_MONTHS = {name: int(number) for name, number in by_spelling(NOTATION["months"]).items()}
_FIGURES = re.compile(
    r"(?P<first>[0-9]{1,4}) ?(?P<joint>[-/.]) ?(?P<middle>[0-9]{1,2}) ?(?P=joint) ?(?P<last>[0-9]{1,4})"
)
_DAY = r"(?P<day{0}>[0-9]{{1,2}})(?: ?\^? ?\{{? ?(?:st|nd|rd|th) ?\}}?)?"
_YEAR = r"(?:,? ?(?P<year{0}>[12][0-9]{{3}}))?"
_NAMED = re.compile(
    rf"(?:(?P<month1>[a-z]{{3,9}})\.? {_DAY.format(1)}{_YEAR.format(1)}"
    rf"|(?:the )?{_DAY.format(2)} (?:of )?(?P<month2>[a-z]{{3,9}})\.?{_YEAR.format(2)})"
)
_MONTH = re.compile("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
_TEXT = re.compile(r"\\text ?\{([^{}]*)\}")
_MAX_CHARACTERS = 60


def date(text: str) -> Date | None:
    """The date that a normalized text is, or None."""
    if len(text) > _MAX_CHARACTERS:
        return None
    figures = _FIGURES.fullmatch(text)
    if figures:
        return _in_figures(figures)
    if not _MONTH.search(text):
        return None
    named = _NAMED.fullmatch(" ".join(_TEXT.sub(r"\1", text).lower().split()))
    if named is None:
        return None
    side = "1" if named["month1"] else "2"
    month, day = _MONTHS.get(named[f"month{side}"]), int(named[f"day{side}"])
    year = named[f"year{side}"]
    if month is None or not 1 <= day <= 31:
        return None
    return Date((), (int(year) if year else None, month, day), None)


def _in_figures(match: re.Match[str]) -> Date | None:
    parts = [match["first"], match["middle"], match["last"]]
    years = [len(part) == 4 and part < "3000" for part in parts]
    first, middle, last = numbers = tuple(map(int, parts))
    if years == [True, False, False]:
        year, month, day = numbers
    elif years != [False, False, True]:
        return None
    elif (match["joint"] == "." and middle <= 12) or first > 12:
        year, month, day = last, middle, first
    else:
        year, month, day = last, first, middle
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Date(numbers, (year, month, day), _value(match["joint"], numbers))


def _value(joint: str, numbers: tuple[int, ...]) -> Expr | None:
    """The value of the figures as arithmetic."""
    one, other, last = numbers
    if joint == ".":
        return None
    value = Fraction(one, other * last) if joint == "/" else Fraction(one - other - last)
    return ("num", value)
