"""Chains of steps told as stories in many surface templates, and such a story read again.

A setting lists, for each kind of step, sentences with these marks: `#` an amount, `@` the thing that
the story is about, `&` its person, `~` another person, `%` the unit that is asked for. A story is an
opening, a sentence for every step, perhaps behind a connective, and a question. Which setting, thing,
persons, sentences and connectives it gets is surface.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from clean_bench.seeds import Draw

NAMES = tuple(
    "Ada Ben Cleo Dan Eva Finn Gia Hugo Ida Jon Kim Leo Mia Nils Olga Paul Quin Rosa Sam Tess "
    "Uma Vic Wes Xena Yara Zeno Anna Boris Cora Dora Emil Fay Gus Hana Ivan Jana Karl Lena Marc "
    "Nora".split()
)
CONNECTIVES = ("", "", "Then ", "Later ", "After that, ", "Next, ", "Soon afterward, ")
LONGEST = 10_000

_WAYS = 12 * len(CONNECTIVES)
"""Ways to tell a step, each equally often; so a kind of step has a divisor of 12 sentences."""
_AT_ONCE = 5
"""For so many steps one number is drawn."""

_PAIRS = tuple(permutations(NAMES, 2))
_PERSON = re.compile(r"\b[A-Z][a-z]{1,9}\b")
_WORD = re.compile(r"\b[a-z]+\b")
_SENTENCE_END = re.compile(r"(?<=[.?]) ")


@dataclass(frozen=True)
class Setting:
    """The sentences of one kind of story; those of steps begin in lower case or with a mark."""

    things: str
    openings: tuple[str, ...]
    gains: tuple[str, ...]
    losses: tuple[str, ...]
    times: tuple[str, ...]
    shares: tuple[str, ...]
    questions: tuple[str, ...]


class Book:
    """A setting, made ready for telling and reading."""

    def __init__(self, setting: Setting, units: Sequence[str]) -> None:
        self.things = tuple(setting.things.split())
        self.heads = tuple(product(self.things, map(_split, setting.openings), setting.questions))
        kinds = {"+": setting.gains, "-": setting.losses, "*": setting.times, "/": setting.shares}
        self.told = {
            sign: tuple(
                _split(
                    (connective + sentence if connective else sentence[0].upper() + sentence[1:])
                    + "."
                )
                for connective, sentence in product(CONNECTIVES, sentences)
            )
            * (_WAYS // len(CONNECTIVES) // len(sentences))
            for sign, sentences in kinds.items()
        }
        self.openings = frozenset(setting.openings)
        self.signs = {
            "#".join(told): sign for sign, sentences in self.told.items() for told in sentences
        }
        self.questions = {
            question.replace("%", unit): unit for question in setting.questions for unit in units
        }


@dataclass(frozen=True, slots=True)
class Told:
    """What a story says: its book, its signed amounts as printed, and the unit asked for."""

    book: Book
    steps: list[tuple[str, str]]
    unit: str


class Shelf:
    """Books, each as likely as it has things, openings and questions to combine."""

    def __init__(self, books: Iterable[Book]) -> None:
        self.heads = tuple((book.told, *head) for book in books for head in book.heads)


def tell(shelf: Shelf, steps: list[tuple[str, str]], unit: str, draw: Draw) -> str:
    """A story of signed amounts; the first is the start."""
    heads, ready = shelf.heads, min(len(steps), _AT_ONCE)
    ways = draw.below(len(heads) * len(_PAIRS) * _WAYS**ready)
    ways, way = divmod(ways, len(heads))
    told, thing, (before, after), question = heads[way]
    ways, way = divmod(ways, len(_PAIRS))
    person, other = _PAIRS[way]
    parts = [before + steps[0][1] + after]
    for sign, amount in steps[1:]:
        if not ready:
            ready = _AT_ONCE
            ways = draw.below(_WAYS**ready)
        ready -= 1
        ways, way = divmod(ways, _WAYS)
        before, after = told[sign][way]
        parts.append(before + amount + after)
    parts.append(question.replace("%", unit))
    return " ".join(parts).replace("@", thing).replace("&", person).replace("~", other)


def read(text: str, books: Iterable[Book], amount: re.Pattern[str]) -> Told:
    """The story that a text tells; `amount` matches an amount as printed in plain text.

    Raises:
        ValueError: if it is no story from one of the books.
    """
    if len(text) > LONGEST:
        raise ValueError(f"a story of {len(text)} characters is too long")
    text = text.replace("$", "")
    amounts = amount.findall(text)
    told = amount.sub("#", text)
    persons = [name for name in dict.fromkeys(_PERSON.findall(told)) if name in NAMES]
    marks = dict(zip(persons, "&~", strict=False))
    told = _PERSON.sub(lambda match: marks.get(match[0], match[0]), told)
    words = set(_WORD.findall(told))
    for book in books:
        for thing in book.things:
            if thing in words and (found := _parse(told, amounts, book, thing)):
                return found
    raise ValueError(f"not a story: {text[:60]!r}")


def _parse(told: str, amounts: list[str], book: Book, thing: str) -> Told | None:
    """What a text says whose amounts and persons are marks, if it is from this book."""
    marked = _WORD.sub(lambda match: "@" if match[0] == thing else match[0], told)
    opening, *steps = _SENTENCE_END.split(marked)
    question = steps.pop() if steps else ""
    if opening not in book.openings or question not in book.questions:
        return None
    signs = ["+", *(book.signs.get(step, "") for step in steps)]
    if not all(signs) or len(signs) != len(amounts):
        return None
    return Told(book, list(zip(signs, amounts, strict=True)), book.questions[question])


def _split(sentence: str) -> tuple[str, str]:
    before, after = sentence.split("#")
    return before, after
