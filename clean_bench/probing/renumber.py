r"""Other numbers in place of those of a mathematical text, so that its length and its look stay."""

from __future__ import annotations

import re

from clean_bench.probing.prose import LAYOUT
from clean_bench.seeds import Draw, stream
from clean_bench.text.normalize import DRAWING

_DEPTH_1 = r"\{(?:[^{}]++)?\}"
_DEPTH_2 = rf"\{{(?:[^{{}}]++|{_DEPTH_1})*+\}}"
_GROUP = rf"\{{(?:[^{{}}]++|{_DEPTH_2})*+\}}"
_SEPARATOR = r"(?:,\\!|,|\{,\}|\\,|\\!)"
_NUMBER = re.compile(
    rf"""
    {DRAWING}
    | {LAYOUT}
    | _(?:{_GROUP}|[0-9]+)
    | \^\s*(?:{_GROUP}|[-+]?[0-9]+|\\[dtc]?frac(?:\s*(?:{_GROUP}|[0-9])){{2}})
    | \\sqrt\s*\[[^\]]{{0,40}}\]
    | \\(?:[dtc]?frac|[dt]?binom)\s*(?P<numerator>[0-9])(?:\s*(?P<denominator>[0-9]))?
    | \\(?:sqrt|overline|bar|hat|vec|pmod|boxed|math(?:bf|rm|bb))\s*(?P<argument>[0-9])
    | \\(?:[A-Za-z]+|.)
    | [A-Za-z]++(?:[0-9]\w*)?
    | [0-9]+(?:st|nd|rd|th)\b
    | [0-9]+\$?\^\{{?\s*(?:\\[a-z]+\s*\{{)?\s*(?:st|nd|rd|th)\b
    | 0(?=\.\\overline)
    | (?P<number>
        (?:(?<=[(\[])|(?<=\\\{{))[0-9]{{1,3}}(?=,[1-9][0-9]{{2}}(?![0-9]))
        | [0-9]{{1,3}}(?:{_SEPARATOR}[0-9]{{3}})+(?![0-9])(?:\.[0-9]+)?
        | [0-9]+(?:\.[0-9]+)?
        | (?<![\w.)])\.[0-9]+
      )
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = ("numerator", "denominator", "argument", "number")
_DIGIT = re.compile("[0-9]")
_PER_DRAW = 64
"""Digits that one draw of 256 bits gives."""
_ATTEMPTS = 8


def renumber(text: str, seed: str) -> str | None:
    r"""A text with another number in place of every number, in and outside mathematics.

    A number is an integer or a decimal, with or without thousands separators. The new one has the same
    digits at the same places, except for those from its first to its last digit that is not zero: 0.05
    becomes 0.07, and 20{,}000 becomes 60{,}000. A single such digit becomes another one of 2..9, as
    does the number 0. Numbers that are equal up to a power of ten stay so (50% and 0.5). Numbers that
    differ stay different while there are enough of the same length.

    Unchanged are subscripts and exponents (indices and degrees), indices of roots, ordinals (`7th`),
    digits in names (`A1`), `[asy]` code, and LaTeX for layout. In `\frac12` there are two numbers.

    Args:
        text: with LaTeX or without.
        seed: the draw, for example `RUN/SET/PROBLEM`.

    Returns:
        None where no number can be changed.
    """
    replacements = _Replacements(seed)
    parts, position = [], 0
    for match in _NUMBER.finditer(text):
        for kind in _KINDS:
            if match[kind] is not None:
                start, end = match.span(kind)
                parts += [text[position:start], replacements.of(match[kind])]
                position = end
    return "".join((*parts, text[position:])) if parts else None


class _Replacements:
    """The new number for each number of a text."""

    def __init__(self, seed: str) -> None:
        self._digest = stream("renumber", seed)
        self._new: dict[str, str] = {}
        self._used: set[str] = set()

    def of(self, number: str) -> str:
        digits = "".join(_DIGIT.findall(number))
        core = digits.strip("0")
        if core:
            first = len(digits) - len(digits.lstrip("0"))
        else:
            core, first = "0", max(number.partition(".")[0].count("0") - 1, 0)
        if core not in self._new:
            self._new[core] = self._draw(core)
            self._used.add(self._new[core])
        new = digits[:first] + self._new[core] + digits[first + len(core) :]
        each = iter(new)
        return _DIGIT.sub(lambda _: next(each), number)

    def _draw(self, core: str) -> str:
        if len(core) == 1:
            options = [digit for digit in "23456789" if digit != core]
            unused = [digit for digit in options if digit not in self._used]
            return Draw(self._digest(core)).choice(unused or options)
        for attempt in range(_ATTEMPTS):
            new = self._digits(core, attempt)
            if new != core and new not in self._used:
                return new
        new = self._digits(core, _ATTEMPTS)
        return new if new != core else str(int(core[0]) % 9 + 1) + core[1:]

    def _digits(self, core: str, attempt: int) -> str:
        """As many uniform digits as `core` has, the first and the last of them 1..9."""
        digits = []
        for position in range(len(core)):
            if position % _PER_DRAW == 0:
                draw = Draw(self._digest(core, attempt, position))
            at_end = position in (0, len(core) - 1)
            digits.append(draw.between(1, 9) if at_end else draw.below(10))
        return "".join(map(str, digits))
