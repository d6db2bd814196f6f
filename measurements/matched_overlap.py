"""Runs of words that templates share with MATH, formulas and numbers masked, and verbatim sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from generators.competition.text_shape import FORMULA

LONGEST_RUN = 11
"""Words, a masked formula or number counting as one."""
SENTENCE_WORDS = 8


class Run(NamedTuple):
    """The longest shared run of a text: its words, and their number (0 if under the least)."""

    length: int
    words: str


def masked_words(text: str) -> list[str]:
    """The words of a text; a formula is F and a number is #."""
    text = FORMULA.sub(" F ", text)
    text = re.sub(r"(?<![A-Za-z])\\?\$?\d[\d.,]*\\?%?", " # ", text)
    return [word if word == "F" else word.lower() for word in re.findall(r"[A-Za-z]+|#", text)]


class PublicRuns:
    """The runs of words of public problems."""

    def __init__(self, texts: Iterable[str], least: int = 8) -> None:
        self.least = least
        self.texts = [masked_words(text) for text in texts]
        self.places: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for number, words in enumerate(self.texts):
            for start in range(len(words) - least + 1):
                key = tuple(words[start : start + least])
                self.places.setdefault(key, []).append((number, start))

    def longest(self, text: str) -> Run:
        """The longest run that a text shares with any public problem."""
        words, best = masked_words(text), Run(0, "")
        for start in range(len(words) - self.least + 1):
            for number, place in self.places.get(tuple(words[start : start + self.least]), ()):
                other, length = self.texts[number], self.least
                while (
                    start + length < len(words)
                    and place + length < len(other)
                    and words[start + length] == other[place + length]
                ):
                    length += 1
                if length > best.length:
                    best = Run(length, " ".join(words[start : start + length]))
        return best


def sentences(text: str) -> set[str]:
    """The sentences of a text with at least eight words, numbers masked, formulas kept."""
    flat = re.sub(r"\s+", " ", re.sub(r"\d+(?:\.\d+)?", "#", text))
    found = set()
    for sentence in re.split(r"(?<=[.?!])\$? (?=[A-Z$])", flat):
        words = re.findall(r"[A-Za-z]{2,}", FORMULA.sub(" ", sentence))
        if len(words) >= SENTENCE_WORDS:
            found.add(sentence.strip(" .?!$"))
    return found


def shared_sentences(
    by_template: Mapping[str, Sequence[str]], public: Iterable[str]
) -> dict[str, list[str]]:
    """Sentences of templates that occur word for word in public problems, by sentence."""
    known = set().union(*map(sentences, public))
    shared: dict[str, list[str]] = {}
    for name, texts in by_template.items():
        for sentence in sorted(set().union(*map(sentences, texts)) & known):
            shared.setdefault(sentence, []).append(name)
    return shared
