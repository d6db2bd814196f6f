r"""Altered copies of a mathematical text, as nulls of a memorization signal.

A model that understands a text without having stored it gives an altered copy a similar probability;
a model that has stored it gives the original a much larger one. Each alteration is a pure function:

    renumber(text, seed)     another number in place of every number
    swap_words(text, seed)   some neighbouring words exchanged
    change_case(text)        the first letter of every word in the other case
    reword(text, seed)       phrases replaced by phrases of the same meaning

Mathematics keeps its symbols in all of them; only `renumber` changes digits in it.
"""

from __future__ import annotations

from clean_bench.probing.prose import replaced, starts_sentence, words_outside_math
from clean_bench.probing.renumber import renumber
from clean_bench.probing.reword import reword
from clean_bench.seeds import digest

__all__ = ["change_case", "renumber", "reword", "swap_words"]

SHORTEST = 3
"""Letters of the shortest word that is exchanged."""
WORDS_PER_SWAP = 8


def swap_words(text: str, seed: str) -> str | None:
    """A text with some neighbouring words exchanged, one exchange per 8 words and at least one.

    Only words of 3 letters or more outside mathematics count (`prose.words_outside_math`), here and
    for neighbours: "area of the" can become "the of area". No word moves twice, and the two words of an
    exchange differ. A capital letter at the start of a sentence stays there.

    Args:
        text: with LaTeX or without.
        seed: the draw, for example `RUN/SET/PROBLEM`.

    Returns:
        None for fewer than 3 words, or where all neighbours are equal.
    """
    words = [
        word
        for word in words_outside_math(text)
        if sum(letter.isalpha() for letter in word.text) >= SHORTEST
    ]
    if len(words) < 3:
        return None
    pairs = [
        first
        for first in range(len(words) - 1)
        if words[first].text.lower() != words[first + 1].text.lower()
    ]
    pairs.sort(key=lambda first: digest("swap_words", seed, first, length=8))
    moved: set[int] = set()
    replacements: list[tuple[int, int, str]] = []
    for first in pairs:
        if len(replacements) >= 2 * max(1, len(words) // WORDS_PER_SWAP):
            break
        if moved.isdisjoint((first, first + 1)):
            moved |= {first, first + 1}
            one, two = words[first], words[first + 1]
            before, after = two.text, one.text
            if starts_sentence(text, one.start) and one.text[0].isupper() and two.text[0].islower():
                before, after = before[0].upper() + before[1:], after[0].lower() + after[1:]
            replacements += [(one.start, one.end, before), (two.start, two.end, after)]
    return replaced(text, sorted(replacements)) if replacements else None


def change_case(text: str) -> str | None:
    """A text in which the first letter of every word outside mathematics has the other case.

    "Find the area" becomes "find The Area". The other letters are unchanged, and so is a letter whose
    other case is not one letter that leads back to it (such as the German sharp s): the length is kept,
    and a second change restores the text.

    Returns:
        None where no letter changes.
    """
    replacements = []
    for word in words_outside_math(text):
        letter = word.text[0]
        other = letter.swapcase()
        if other != letter and len(other) == 1 and other.swapcase() == letter:
            replacements.append((word.start, word.start + 1, other))
    return replaced(text, replacements) if replacements else None
