r"""Normalize LaTeX before the tokenizer.

Unicode becomes LaTeX (see `unicode_to_latex`), and commands with the same meaning become one command.
Formatting is removed: delimiters, sizes, spaces, fonts, boxes, final full stops. Thousands keep their
`{,}`, text keeps its `\text{...}`.
"""

from __future__ import annotations

import re

from clean_bench.grading.parse.backslashes import restored
from clean_bench.grading.parse.notation import NOTATION, by_spelling
from clean_bench.grading.parse.unicode_to_latex import in_ascii

_MAX_PERIOD = 30
_OUTER = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))
_COMMANDS = by_spelling(NOTATION["commands"])
_COMMAND = re.compile(r"\\([A-Za-z]+)(?:(?<=\\left)\.|(?<=\\right)\.)?")


def _ongoing(match: re.Match[str]) -> str:
    """0.1666... as a repeating decimal: one digit three times at the end, or several twice."""
    digits = match[2]
    for period in range(1, min(len(digits) // 2, _MAX_PERIOD) + 1):
        times = 3 if period == 1 else 2
        block = digits[-period:]
        if not digits.endswith(block * times):
            continue
        start = len(digits) - period * times
        while start and digits[start - 1] == digits[start - 1 + period]:
            start -= 1
        return f"{match[1]}{digits[:start]}\\overline{{{digits[start : start + period]}}}"
    return match[0]


_REWRITES = tuple(
    (row["needle"], re.compile(row["pattern"]), row.get("to", _ongoing))
    for row in NOTATION["rewrites"]
)
_MAX_WRAPS = 10
_BREAKS = re.compile(r"(?<!\\)(?:\\\\|\\[,;:!]?)$")
_THREE_DOTS = re.compile(r"(?<!\.)\.\.\.(?!\.)")
_PLAIN = re.compile(r"[A-Za-z0-9.+/-]*")


def clean(text: str) -> str:
    """The normalized text."""
    if _PLAIN.fullmatch(text) and "..." not in text and ".pi" not in text:
        return text.rstrip(".")
    text = restored(text)
    if not text.isascii():
        text = in_ascii(text)
    if "..." in text:
        text = _THREE_DOTS.sub(r"\\ldots ", text)
    text = _unwrap(text.strip())
    text = _dollars(text)
    if "\\" in text:
        text = _COMMAND.sub(_command, text)
    for needle, pattern, replacement in _REWRITES:
        if needle in text:
            text = pattern.sub(replacement, text)
    return _unwrap(text.strip())


def _command(match: re.Match[str]) -> str:
    return _COMMANDS.get(match[1], match[0])


def _unwrap(text: str) -> str:
    for _ in range(_MAX_WRAPS):
        shorter = _BREAKS.sub("", text.strip().strip('"').rstrip(".,;: "))
        for opening, closing in _OUTER:
            inner = shorter[len(opening) : -len(closing)]
            if (
                len(shorter) > len(opening) + len(closing)
                and shorter.startswith(opening)
                and shorter.endswith(closing)
                and opening not in inner
                and closing not in inner
                and not inner.endswith("\\")
            ):
                shorter = inner
        if shorter.startswith("{") and shorter.endswith("}") and _one_group(shorter):
            shorter = shorter[1:-1]
        if shorter == text:
            break
        text = shorter
    return text


def _one_group(text: str) -> bool:
    """Whether the first brace of a text closes at its end."""
    depth = 0
    for match in re.finditer(r"(?<!\\)[{}]", text):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.end() == len(text)
    return False


def _dollars(text: str) -> str:
    """Remove delimiters; a single dollar sign is money and stays."""
    marks = [match.start() for match in re.finditer(r"(?<!\\)\$", text)]
    if len(marks) == 1:
        return text[: marks[0]] + "\\" + text[marks[0] :]
    return re.sub(r"(?<!\\)\$", " ", text) if marks else text
