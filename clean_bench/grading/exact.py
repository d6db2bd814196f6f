r"""Plain numbers as exact fractions.

Read are integers, decimals (also with an exponent, `1.2e-6` or `1.2 \times 10^{-6}`), `a/b` and
`\frac{a}{b}` of those, each with an optional sign, thousands separated by `,` in groups of three,
and whatever `normal` removes around them. Nothing is rounded: 0.667 is not 2/3.

Bounded against hostile text: at most 1,000 characters and exponents of at most three digits, so
that no conversion meets Python's limit of 4,300 digits and none is slow.
"""

from __future__ import annotations

import re
from fractions import Fraction

from clean_bench.grading.normal import normal

_LONGEST = 1000
_NUMBER = (
    r"(?P<{0}whole>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]*)(?:\.(?P<{0}part>[0-9]*))?"
    r"(?:(?:[eE]|(?:\\times|\\cdot) ?10\^)(?P<{0}power>[+-]?[0-9]{{1,3}}|\{{[+-]?[0-9]{{1,3}}\}}))?"
)
_SIGN = r"(?P<{0}sign>[+-]?)"
_ONE = re.compile(_SIGN.format("a") + _NUMBER.format("a"))
_RATIO = re.compile(
    _SIGN.format("a") + _NUMBER.format("a") + "/" + _SIGN.format("b") + _NUMBER.format("b")
)
_FRAC = re.compile(
    r"(?P<sign>[+-]?)\\frac"
    rf"(?:\{{{_SIGN.format('a')}{_NUMBER.format('a')}\}}|(?P<adigit>[0-9]))"
    rf"(?:\{{{_SIGN.format('b')}{_NUMBER.format('b')}\}}|(?P<bdigit>[0-9]))"
)


def rational(text: str) -> Fraction | None:
    """The number that the whole text writes, or None where it is not a plain number."""
    if len(text) > _LONGEST:
        return None
    if text.isascii() and text.isdigit():
        return Fraction(int(text))
    value = _read(text)
    return value if value is not None else _read(normal(text))


def _read(text: str) -> Fraction | None:
    match = _ONE.fullmatch(text)
    if match:
        return _value(match, "a")
    match = _RATIO.fullmatch(text)
    if match:
        return _ratio(_value(match, "a"), _value(match, "b"))
    match = _FRAC.fullmatch(text)
    if match:
        above, below = (
            Fraction(int(match[f"{side}digit"])) if match[f"{side}digit"] else _value(match, side)
            for side in "ab"
        )
        value = _ratio(above, below)
        return -value if value is not None and match["sign"] == "-" else value
    return None


def _ratio(above: Fraction | None, below: Fraction | None) -> Fraction | None:
    return above / below if above is not None and below else None


def _value(match: re.Match[str], side: str) -> Fraction | None:
    whole, part = match[f"{side}whole"].replace(",", ""), match[f"{side}part"] or ""
    if not whole and not part:
        return None
    power = int((match[f"{side}power"] or "0").strip("{}")) - len(part)
    digits = int(f"{match[f'{side}sign']}{whole}{part}")
    return Fraction(digits * 10**power) if power >= 0 else Fraction(digits, 10**-power)
