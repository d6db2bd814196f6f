"""The Porter stemmer (Porter 1980, "An algorithm for suffix stripping").

It is here because recorded ROUGE-L scores were computed on stemmed tokens, by the rouge-score
package with NLTK's stemmer. The deviations from the paper are NLTK's: the ones that Porter's own
later implementation makes, short words in -ies and -ied, a final y after any consonant that is not
the first letter, and a list of irregular words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

_IRREGULAR = {
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "innings": "inning",
    "outings": "outing",
    "cannings": "canning",
} | {word: word for word in "sky news inning outing canning howe proceed exceed succeed".split()}
_STEP_2 = (
    "ational ate, tional tion, enci ence, anci ance, izer ize, bli ble, alli al, entli ent, "
    "eli e, ousli ous, ization ize, ation ate, ator ate, alism al, iveness ive, fulness ful, "
    "ousness ous, aliti al, iviti ive, biliti ble, fulli ful"
)
_STEP_3 = "icate ic, ative _, alize al, iciti ic, ical ic, ful _, ness _"
_STEP_4 = "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize".split()

Rule = tuple[str, str]


def stem(word: str) -> str:
    """The stem of a word of lower-case letters and digits; words of one or two stay as they are."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    word = _final_y(_past_and_progressive(_plural(word)))
    word = _step_2(word)
    word = _replaced(word, _rules(_STEP_3), lambda base: _measure(base) > 0)
    return _step_5(_step_4(word))


def _is_consonant(word: str, i: int) -> bool:
    if word[i] in "aeiou":
        return False
    return word[i] != "y" or i == 0 or not _is_consonant(word, i - 1)


def _measure(base: str) -> int:
    """How many runs of vowels are followed by a run of consonants (Porter's m)."""
    kinds = [_is_consonant(base, i) for i in range(len(base))]
    return sum(now and not before for before, now in pairwise(kinds))


def _has_vowel(base: str) -> bool:
    return not all(_is_consonant(base, i) for i in range(len(base)))


def _ends_double(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _is_consonant(word, len(word) - 1)


def _ends_cvc(word: str) -> bool:
    n = len(word)
    if n == 2:
        return not _is_consonant(word, 0) and _is_consonant(word, 1)
    return (
        n > 2
        and _is_consonant(word, n - 3)
        and not _is_consonant(word, n - 2)
        and _is_consonant(word, n - 1)
        and word[-1] not in "wxy"
    )


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) == 4:
        return word[:-1]
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word if word.endswith("ss") or not word.endswith("s") else word[:-1]


def _past_and_progressive(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        base = word.removesuffix(ending)
        if base != word:
            return _mended(base) if _has_vowel(base) else word
    return word


def _mended(base: str) -> str:
    """What stays when -ed or -ing has gone: hop(p), fil(e)."""
    if base.endswith(("at", "bl", "iz")):
        return base + "e"
    if _ends_double(base):
        return base if base[-1] in "lsz" else base[:-1]
    return base + "e" if _measure(base) == 1 and _ends_cvc(base) else base


def _final_y(word: str) -> str:
    base = word[:-1]
    if word.endswith("y") and len(base) > 1 and _is_consonant(base, len(base) - 1):
        return base + "i"
    return word


def _step_2(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        return _step_2(word[:-2])
    if word.endswith("logi"):  # the measure counts the l
        return word[:-1] if _measure(word[:-3]) > 0 else word
    return _replaced(word, _rules(_STEP_2), lambda base: _measure(base) > 0)


def _step_4(word: str) -> str:
    def allowed(base: str) -> bool:
        return _measure(base) > 1

    for ending in sorted(_STEP_4, key=len, reverse=True):
        if word.endswith(ending):
            base = word.removesuffix(ending)
            fits = allowed(base) and (ending != "ion" or base[-1:] in ("s", "t"))
            return base if fits else word
    return word


def _step_5(word: str) -> str:
    if word.endswith("e"):
        base = word[:-1]
        measure = _measure(base)
        if measure > 1 or (measure == 1 and not _ends_cvc(base)):
            word = base
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word


@cache
def _rules(text: str) -> list[Rule]:
    pairs = (pair.split() for pair in text.split(", "))
    return [(ending, by.strip("_")) for ending, by in pairs]


def _replaced(word: str, rules: Sequence[Rule], allowed: Callable[[str], bool]) -> str:
    """The word with its longest ending of the rules replaced, where what stays allows it."""
    for ending, by in sorted(rules, key=lambda rule: -len(rule[0])):
        if word.endswith(ending):
            base = word.removesuffix(ending)
            return base + by if allowed(base) else word
    return word
