"""Print and read the texts of `percentages`.

The story of a problem is surface: `bits` does not count it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from generators.family import Notation


class Story(NamedTuple):
    """The sentences of one wording, with `#` for an amount and `#%` for a percentage."""

    given: str
    more: str
    less: str
    up: str
    down: str
    addition: str
    value: str
    percentage: str


SAVINGS = Story(
    "{me} has # {unit} in savings.",
    "{you} has # {unit} in savings, which is #% more than {me} has.",
    "{you} has # {unit} in savings, which is #% less than {me} has.",
    "Then {me}'s savings grow by #%.",
    "Then {me}'s savings shrink by #%.",
    "Then {me} adds #% of a bonus of # {unit} to the savings.",
    "How many {unit} does {me} have in savings now?",
    "What percentage of # {unit} are {me}'s savings now?",
)
BUDGET = Story(
    "The {me} department has a budget of # {unit}.",
    "The {you} department has a budget of # {unit}, which is #% more than that of the {me} department.",
    "The {you} department has a budget of # {unit}, which is #% less than that of the {me} department.",
    "Then the budget of the {me} department is raised by #%.",
    "Then the budget of the {me} department is cut by #%.",
    "Then #% of a grant of # {unit} is added to the budget of the {me} department.",
    "What is the budget of the {me} department now, in {unit}?",
    "What percentage of # {unit} is the budget of the {me} department now?",
)
STOCK = Story(
    "The {me} holds # {unit}.",
    "The {you} holds # {unit}, which is #% more than the {me} holds.",
    "The {you} holds # {unit}, which is #% less than the {me} holds.",
    "Then the amount in the {me} rises by #%.",
    "Then the amount in the {me} falls by #%.",
    "Then #% of a delivery of # {unit} is put into the {me}.",
    "How many {unit} does the {me} hold now?",
    "What percentage of # {unit} is the amount in the {me} now?",
)
_PEOPLE = (("Ben", "Ann"), ("Mira", "Jonas"), ("Ruth", "Omar"), ("Tom", "Lena"))
_DEPARTMENTS = (("sales", "design"), ("research", "service"), ("transport", "health"))
_STORES = (
    ("upper tank", "lower tank", "litres of water"),
    ("north barn", "south barn", "kilograms of grain"),
    ("old cellar", "new cellar", "litres of juice"),
    ("first silo", "second silo", "kilograms of cement"),
)
STORIES = tuple(
    Story(*(sentence.format(me=me, you=you, unit=unit) for sentence in story))
    for story, me, you, unit in (
        *((SAVINGS, *pair, unit) for pair in _PEOPLE for unit in ("euros", "dollars", "pounds")),
        *(
            (BUDGET, *pair, unit)
            for pair in _DEPARTMENTS
            for unit in ("euros", "dollars", "pounds")
        ),
        *((STOCK, *store) for store in _STORES),
    )
)
CLOSINGS = (
    "Give the exact value, without rounding.",
    "Do not round.",
    "The exact value is wanted, as a decimal if it is not whole.",
)
FIRST = ("given", "more", "less")
LAST = ("value", "percentage")


@cache
def templates(notation: Notation) -> tuple[Story, ...]:
    """The stories with `%s` for every number."""
    percentage, amount = (r"$%s\%%$", "$%s$") if notation == "latex" else ("%s%%", "%s")
    return tuple(
        Story(
            *(
                sentence.replace("#%", "\0").replace("#", amount).replace("\0", percentage)
                for sentence in story
            )
        )
        for story in STORIES
    )


_NUMBER = re.compile(r"\$([0-9]{1,9}(?:\.[0-9]{2})?)(\\%)?\$|([0-9]{1,9}(?:\.[0-9]{2})?)(%)?")
_LONGEST = 4_000


@cache
def _meanings() -> dict[str, tuple[str, set[int]]]:
    """The field and the stories of every sentence with `#` for its numbers."""
    meanings: dict[str, tuple[str, set[int]]] = {}
    for number, story in enumerate(STORIES):
        for field, sentence in zip(Story._fields, story, strict=True):
            meanings.setdefault(sentence, (field, set()))[1].add(number)
    return meanings


def read(text: str) -> list[tuple[str, list[Fraction]]]:
    """The field of `Story` and the numbers of each sentence of a text, without the closing.

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
