r"""Restore commands whose backslash was doubled or lost on the way through JSON or Python.

* `\\frac{1}{2}` is `\frac{1}{2}`: the text was escaped twice. If it has no command with a single
  backslash, every run of backslashes is halved, so that `\\\\` is a row break. Two backslashes before
  anything that is no command remain a row break: `1\\2`. In an environment whose name has a single
  backslash, two are always a row break.
* a form feed before `rac` is `\frac`: the escape `\f` was read as a control character.
"""

from __future__ import annotations

import re

from clean_bench.grading.parse.notation import NOTATION, by_spelling, word_set

_NAMES = (
    by_spelling(NOTATION["commands"]).keys()
    | word_set("functions")
    | word_set("greek")
    | word_set("commands")
    | {style.removeprefix("\\") for style in word_set("styles")}
)
_RUN = re.compile(r"(\\+)([A-Za-z]*)(.?)", re.DOTALL)
_PUNCTUATION = frozenset("{}()[],;!%$&_#|")
_SIGNS = frozenset("{}%$")
_CONTROLS = dict(zip("\a\b\v\f\t\r", "abvftr", strict=True))
_CONTROLLED = re.compile("[\a\b\v\f\t\r][A-Za-z]+")


def restored(text: str) -> str:
    """The text with its commands behind one backslash each."""
    if not text.isprintable():
        text = _CONTROLLED.sub(_command, text)
    if "\\\\" not in text:
        return text
    runs = list(_RUN.finditer(text))
    if not any(run[2] and len(run[1]) % 2 for run in runs):
        named = any(len(run[1]) == 2 and run[2] in _NAMES for run in runs)
        return _RUN.sub(_halved, text) if named else _RUN.sub(_single, text)
    return text if "\\begin" in text else _RUN.sub(_single, text)


def _command(match: re.Match[str]) -> str:
    name = _CONTROLS[match[0][0]] + match[0][1:]
    return f"\\{name}" if name in _NAMES else match[0]


def _halved(run: re.Match[str]) -> str:
    length = len(run[1])
    command = run[2] in _NAMES or (not run[2] and run[3] in _PUNCTUATION)
    if length >= 4 or (length == 2 and command):
        length //= 2
    return "\\" * length + run[2] + run[3]


def _single(run: re.Match[str]) -> str:
    command = run[2] in _NAMES or (not run[2] and run[3] in _SIGNS)
    length = 1 if len(run[1]) == 2 and command else len(run[1])
    return "\\" * length + run[2] + run[3]
