r"""A light normal form of LaTeX answers, for comparing them as strings.

It removes what changes no meaning: enclosing `$`, `\(`, `\[`, box or text command, `\left` and
`\right`, thin spaces, the display and text variants of `\frac`, spaces next to anything that is no
letter or digit, and final full stops (not three dots: 3.14... is not 3.14). A comma with a space
after it before three digits becomes a semicolon: 1,234 is a number, and 1, 234 are two. Case, sign,
order, units and subscripts stay. Equal normal forms mean equal answers; unequal ones mean nothing.
"""

from __future__ import annotations

import re

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


def normal(text: str) -> str:
    """The normal form of one answer."""
    if _PLAIN.fullmatch(text):
        return text
    while True:
        shorter = _once(text)
        if shorter == text:
            return text
        text = shorter


def _once(text: str) -> str:
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
