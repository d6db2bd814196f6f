r"""Equality of plain answers: equal strings, equal rational numbers, equal normal forms.

`normalize_plain` is a light normal form of LaTeX. It removes what changes no meaning: enclosing `$`,
`\(`, `\[`, box or text command, `\left` and `\right`, thin spaces, the display and text variants of
`\frac`, spaces next to anything that is no letter or digit, and final full stops (not three dots:
3.14... is not 3.14). A comma with a space after it before three digits becomes a semicolon: 1,234 is
a number, and 1, 234 are two. Case, sign, order, units and subscripts stay. Equal normal forms mean
equal answers; different normal forms decide nothing.

`parse_rational` reads integers, decimals (also with an exponent, `1.2e-6` or `1.2 \times 10^{-6}`),
`a/b` and `\frac{a}{b}` of those, each with an optional sign and thousands separated by `,`, as exact
fractions. Nothing is rounded: 0.667 is not 2/3. It reads at most 1,000 characters and exponents of
at most three digits: no conversion reaches Python's limit of 4,300 digits, and none is slow.
"""

from __future__ import annotations

import re
from fractions import Fraction

_SUBSTITUTIONS = (
    (re.compile(r"\\(?:left|right)(?![A-Za-z])"), ""),
    (re.compile(r",\s*\\!\s*"), ","),
    (re.compile(r"(?<=[0-9]),\s+(?=[0-9]{3}(?![0-9]))"), ";"),
    (re.compile(r"(?<!\\)\\[!,;: ]|~"), ""),
    (re.compile(r"\\[dt]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?<![A-Za-z0-9]) | (?![A-Za-z0-9])"), ""),
)
_ENCLOSING = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_COMMAND = re.compile(r"\\(?:boxed|fbox|text|textbf|mathrm|mathbf)\{([^{}\\]*)\}")
_PLAIN = re.compile(r"[A-Za-z0-9]*")

_MAX_CHARACTERS = 1000
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


def equal_plain(gold: str, answer: str, max_characters: int) -> bool | None:
    """Whether two answers are equal, if strings or rational numbers decide it; else None.

    Texts of more than `max_characters` are equal only character by character.
    """
    if gold == answer:
        return True
    if max(len(gold), len(answer)) > max_characters:
        return False
    gold_value = parse_rational(gold)
    answer_value = parse_rational(answer) if gold_value is not None else None
    if answer_value is not None:
        return answer_value == gold_value
    return True if normalize_plain(gold) == normalize_plain(answer) else None


def normalize_plain(text: str) -> str:
    """The normal form of one answer."""
    if _PLAIN.fullmatch(text):
        return text
    while True:
        shorter = _normalize_once(text)
        if shorter == text:
            return text
        text = shorter


def _normalize_once(text: str) -> str:
    text = text.strip().replace("−", "-")
    if not text.endswith("..."):
        text = text.rstrip(". ")
    for opening, closing in _ENCLOSING:
        if text.startswith(opening) and text.endswith(closing):
            inner = text[len(opening) : -len(closing)]
            if inner and opening not in inner and closing not in inner:
                text = inner
    command = _COMMAND.fullmatch(text)
    if command:
        text = command[1]
    for pattern, replacement in _SUBSTITUTIONS:
        text = pattern.sub(replacement, text)
    return text


def parse_rational(text: str) -> Fraction | None:
    """The value of a text that is a plain number as a whole, else None."""
    if len(text) > _MAX_CHARACTERS:
        return None
    if text.isascii() and text.isdigit():
        return Fraction(int(text))
    value = _parse_number(text)
    return value if value is not None else _parse_number(normalize_plain(text))


def _parse_number(text: str) -> Fraction | None:
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
