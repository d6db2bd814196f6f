"""The baseline of the probe: the suffixes that a look-up in other texts restores without a model.

The last 6 words of a prefix (else the last 4, else the last 2) are looked up in a corpus, and the most
common continuation is copied to the end of its text. On MATH-500, with its other problems and 3,000
training problems as corpus, this restores 7 of 500 suffixes at 60% and 27 at 80% ("Express your
answer as a common fraction."). An exact-match rate is evidence of memorization only above it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from clean_bench.text.normalize import collapse_spaces

ORDERS = (6, 4, 2)
_WORD = re.compile(r"\S+")


class LookupBaseline:
    """An index of texts by their sequences of 6, 4 and 2 words (split at white space).

    A problem is never looked up in itself, nor in a copy of itself (equal up to white space), whatever
    the source of the copy: a copy is no evidence of what other problems allow to guess.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Index the texts; a text that occurs twice counts once."""
        self._texts = list({collapse_spaces(text): text for text in texts}.values())
        self._places: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
        for index, text in enumerate(self._texts):
            matches = list(_WORD.finditer(text))
            words = [match.group() for match in matches]
            for order in ORDERS:
                for end in range(order, len(words)):
                    key = tuple(words[end - order : end])
                    self._places[key].append((index, matches[end - 1].end()))

    def complete(self, prefix: str, text: str) -> str:
        """The most common continuation of the last words of the prefix in texts other than `text`.

        Of equally common continuations, that of the first text. Empty where even the last two words
        occur in no other text with a continuation.
        """
        words, excluded = prefix.split(), collapse_spaces(text)
        for order in ORDERS:
            places = self._places.get(tuple(words[-order:]), ()) if len(words) >= order else ()
            continuations = Counter(
                self._texts[index][end:]
                for index, end in places
                if collapse_spaces(self._texts[index]) != excluded
            )
            if continuations:
                return continuations.most_common(1)[0][0]  # Counter keeps the order of insertion
        return ""
