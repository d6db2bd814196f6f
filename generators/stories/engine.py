"""Print chains of steps as stories with many wordings, and parse such a story.

A story is an opening, one sentence for each step, perhaps behind a connective, and a question. The
setting, the thing, the persons, the sentences and the connectives are surface: they are no part of
what `bits` count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators.stories.setting import SENTENCES_DIVIDE, Setting

PERSONS = tuple(
    "Ada Ben Cleo Dan Eva Finn Gia Hugo Ida Jon Kim Leo Mia Nils Olga Paul Quin Rosa Sam Tess "
    "Uma Vic Wes Xena Yara Zeno Anna Boris Cora Dora Emil Fay Gus Hana Ivan Jana Karl Lena Marc "
    "Nora".split()
)
CONNECTIVES = ("", "", "Then ", "Later ", "After that, ", "Next, ", "Soon afterward, ")
MAX_CHARACTERS = 10_000

_WORDINGS = SENTENCES_DIVIDE * len(CONNECTIVES)
"""Wordings of a step, each equally likely; a sentence occurs several times among them."""
_STEPS_PER_DRAW = 5
"""One random number gives the wordings of so many steps."""

_PAIRS = tuple(permutations(PERSONS, 2))
_PERSON = re.compile(r"\b[A-Z][a-z]{1,9}\b")
_WORD = re.compile(r"\b[a-z]+\b")
_SENTENCE_END = re.compile(r"(?<=[.?]) ")

Halves: TypeAlias = tuple[str, str]
"""A sentence before and after its amount."""
Frame: TypeAlias = tuple[dict[str, tuple[Halves, ...]], str, Halves, str]
"""The wordings of steps by sign, a thing, an opening and a question."""


class StoryTemplate:
    """A setting, prepared for printing and parsing.

    `frames` holds every combination of a thing, an opening and a question. `units` are the units in
    which the questions can ask for the answer.
    """

    def __init__(self, setting: Setting, units: Sequence[str] = ("",)) -> None:
        self.things = setting.things
        by_sign = {
            "+": setting.add,
            "-": setting.subtract,
            "*": setting.multiply,
            "/": setting.divide,
        }
        wordings = {
            sign: tuple(
                _halves(
                    (connective + sentence if connective else sentence[0].upper() + sentence[1:])
                    + "."
                )
                for connective, sentence in product(CONNECTIVES, sentences)
            )
            * (SENTENCES_DIVIDE // len(sentences))
            for sign, sentences in by_sign.items()
        }
        openings = map(_halves, setting.openings)
        self.frames: tuple[Frame, ...] = tuple(
            (wordings, *frame) for frame in product(self.things, openings, setting.questions)
        )
        self.openings = frozenset(setting.openings)
        self.signs = {
            "#".join(halves): sign for sign, words in wordings.items() for halves in words
        }
        self.questions = {
            question.replace("%", unit): unit for question in setting.questions for unit in units
        }


@dataclass(frozen=True, slots=True)
class ParsedStory:
    """The template of a story, its signed amounts as printed, and the unit of the answer."""

    template: StoryTemplate
    steps: list[tuple[str, str]]
    unit: str


def print_story(
    frames: Sequence[Frame], steps: list[tuple[str, str]], unit: str, draw: Draw
) -> str:
    """Print signed amounts as a story; the first amount is the start.

    Args:
        frames: the frames to choose from, each equally likely.
        steps: signs and amounts as printed.
        unit: the unit of the answer.
        draw: the source of the wording.
    """
    ready = min(len(steps), _STEPS_PER_DRAW)
    code = draw.below(len(frames) * len(_PAIRS) * _WORDINGS**ready)
    code, index = divmod(code, len(frames))
    wordings, thing, (before, after), question = frames[index]
    code, index = divmod(code, len(_PAIRS))
    person, other = _PAIRS[index]
    sentences = [before + steps[0][1] + after]
    for sign, amount in steps[1:]:
        if not ready:
            ready = _STEPS_PER_DRAW
            code = draw.below(_WORDINGS**ready)
        ready -= 1
        code, index = divmod(code, _WORDINGS)
        before, after = wordings[sign][index]
        sentences.append(before + amount + after)
    sentences.append(question.replace("%", unit))
    return " ".join(sentences).replace("@", thing).replace("&", person).replace("~", other)


def parse_story(
    text: str, templates: Iterable[StoryTemplate], amount: re.Pattern[str]
) -> ParsedStory:
    """Parse a story.

    Args:
        text: in plain text or LaTeX.
        templates: the templates that may have printed it.
        amount: matches an amount as printed in plain text.

    Raises:
        ValueError: if none of the templates prints the text.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"expected at most {MAX_CHARACTERS} characters, got {len(text)}")
    text = text.replace("$", "")
    amounts = amount.findall(text)
    marked = amount.sub("#", text)
    persons = [name for name in dict.fromkeys(_PERSON.findall(marked)) if name in PERSONS]
    marks = dict(zip(persons, "&~", strict=False))
    marked = _PERSON.sub(lambda match: marks.get(match[0], match[0]), marked)
    words = set(_WORD.findall(marked))
    for template in templates:
        for thing in template.things:
            if thing in words and (story := _parse(marked, amounts, template, thing)):
                return story
    raise ValueError(f"not a story: {text[:60]!r}")


def _parse(
    marked: str, amounts: list[str], template: StoryTemplate, thing: str
) -> ParsedStory | None:
    """Parse a text whose amounts and persons are placeholders; None if the template differs."""
    marked = _WORD.sub(lambda match: "@" if match[0] == thing else match[0], marked)
    opening, *steps = _SENTENCE_END.split(marked)
    question = steps.pop() if steps else ""
    if opening not in template.openings or question not in template.questions:
        return None
    signs = ["+", *(template.signs.get(step, "") for step in steps)]
    if not all(signs) or len(signs) != len(amounts):
        return None
    signed = list(zip(signs, amounts, strict=True))
    return ParsedStory(template, signed, template.questions[question])


def _halves(sentence: str) -> Halves:
    before, after = sentence.split("#")
    return before, after
