"""Print and read the texts of `percentages`.

The story of a problem is surface: `bits` does not count it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

from generators.family import Notation
from generators.phrasing import read_texts

_TEXTS = read_texts(__file__)
FIELDS = ("given", "more", "less", "up", "down", "addition", "value", "percentage")
STORIES = tuple(
    tuple(story[field].format(me=me, you=you, unit=unit) for field in FIELDS)
    for story in _TEXTS["story"]
    for me, you, unit in story["names"]
)
"""The sentences of `FIELDS` in each story, with `#` for an amount and `#%` for a percentage."""
CLOSINGS: list[str] = _TEXTS["closings"]
FIRST = ("given", "more", "less")
LAST = ("value", "percentage")


@cache
def templates(notation: Notation) -> list[list[str]]:
    """The stories with `%s` for every number."""
    percentage, amount = (r"$%s\%%$", "$%s$") if notation == "latex" else ("%s%%", "%s")
    return [
        [
            sentence.replace("#%", "\0").replace("#", amount).replace("\0", percentage)
            for sentence in story
        ]
        for story in STORIES
    ]


_NUMBER = re.compile(r"\$([0-9]{1,9}(?:\.[0-9]{2})?)(\\%)?\$|([0-9]{1,9}(?:\.[0-9]{2})?)(%)?")
_LONGEST = 4_000


@cache
def _meanings() -> dict[str, tuple[str, set[int]]]:
    """The field and the stories of every sentence with `#` for its numbers."""
    meanings: dict[str, tuple[str, set[int]]] = {}
    for number, story in enumerate(STORIES):
        for field, sentence in zip(FIELDS, story, strict=True):
            meanings.setdefault(sentence, (field, set()))[1].add(number)
    return meanings


def read(text: str) -> list[tuple[str, list[Fraction]]]:
    """The field of `FIELDS` and the numbers of each sentence of a text, without the closing.

    The first sentence gives an amount, the last asks, and those between are events.

    Raises:
        ValueError: if the text is none of these stories.
    """
    wrong = ValueError(f"expected a story of percentages, got {text[:60]!r}")
    if len(text) > _LONGEST or "#" in text:
        raise wrong
    *sentences, closing = re.split(r"(?<=[.?]) ", text)
    if closing not in CLOSINGS or len(sentences) < 2:
        raise wrong
    possible = set(range(len(STORIES)))
    statements = []
    for place, sentence in enumerate(sentences):
        numbers = [Fraction(match[1] or match[3]) for match in _NUMBER.finditer(sentence)]
        blank = _NUMBER.sub(lambda match: "#%" if match[2] or match[4] else "#", sentence)
        field, stories = _meanings().get(blank, ("", set()))
        possible &= stories
        last = place == len(sentences) - 1
        if not possible or (field in FIRST) != (place == 0) or (field in LAST) != last:
            raise wrong
        statements.append((field, numbers))
    return statements
