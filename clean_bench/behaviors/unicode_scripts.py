r"""Which scripts a text is written in.

Mathematics is written in Latin and Greek letters whatever the language, so what is notation does not
count: LaTeX commands, and single Latin or Greek letters (`x`, `Δx` has two of them, `\alpha`). What
is left are words. Chinese, Japanese and Korean scripts count as one, CJK: Japanese alone mixes three.
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
    """How many letters of words belong to each script, named as in the Unicode character names.

    A script is the first word of the character's name (LATIN, CYRILLIC, DEVANAGARI), after
    compatibility normalization: full-width and mathematical letters are the plain ones.
    """
    plain = _COMMAND.sub(" ", text)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain)
    found: Counter[str] = Counter()
    for word in _LETTERS.findall(plain):
        if word.isascii():
            runs = [(LATIN, len(word))]
        else:
            runs = [(script, len(list(run))) for script, run in groupby(word, key=_script)]
        for script, length in runs:
            if script and (length > 1 or script not in _NOTATION):
                found[script] += length
    return found


def second_share(letters: Counter[str]) -> float:
    """The share of letters that are not of the most frequent script; 0 where there are none."""
    total = letters.total()
    return 1 - max(letters.values()) / total if total else 0.0


@cache
def _script(character: str) -> str:
    """The script of a letter, "" for anything else."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    script = unicodedata.name(character, "OTHER").split()[0]
    return CJK if script in _CJK else script
