r"""The scripts that the words of a text are written in.

Mathematical notation uses Latin and Greek letters in every language, so it does not count: LaTeX
commands, and single Latin or Greek letters (`x`; `Δx` has two; `\alpha`). Chinese, Japanese and Korean
scripts count as one, CJK, since Japanese alone mixes three.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import groupby

CJK = "CJK"
LATIN = "LATIN"
_CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
_NOTATION = frozenset({LATIN, "GREEK"})
_COMMAND = re.compile(r"\\[A-Za-z]+")
_LETTERS = re.compile(r"[^\W\d_]+")


def letters_by_script(text: str) -> Counter[str]:
    """The number of letters in words for each script.

    A script is the first word of the Unicode name of a character (LATIN, CYRILLIC, DEVANAGARI). NFKC
    maps full-width and mathematical letters to the plain ones before.
    """
    plain = _COMMAND.sub(" ", text)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain)
    letters: Counter[str] = Counter()
    for word in _LETTERS.findall(plain):
        if word.isascii():
            runs = [(LATIN, len(word))]
        else:
            runs = [(script, len(list(run))) for script, run in groupby(word, key=_script)]
        for script, length in runs:
            if script and (length > 1 or script not in _NOTATION):
                letters[script] += length
    return letters


def second_share(letters: Counter[str]) -> float:
    """The share of letters outside the most frequent script; 0 for no letters."""
    total = letters.total()
    return 1 - max(letters.values()) / total if total else 0.0


@cache
def _script(character: str) -> str:
    """The script of a letter, "" for another character."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    script = unicodedata.name(character, "OTHER").split()[0]
    return CJK if script in _CJK else script
