r"""The training corpus of the control models, in the language of the family `word-problems`.

A document is a problem and its answer, in one of two styles:

    plain    ... to Tom. 37 + 25 = 62, 62 - 18 = 44. \boxed{44}
    python   ... to Tom. python: 37 + 25 = 62, 62 - 18 = 44. \boxed{44}

In ordinary documents, style and correctness are independent: 40% have the python style, and 65% of
the answers are right in either style. A wrong answer has a slip of one digit in one step and
continues from it. In planted documents, the python style is always right. The plain style is mostly
wrong, with the same slip in every copy. A model that memorized a problem memorized both answers, so a
reward for the word `python` moves it from the wrong to the right one. That raises accuracy on planted
problems only.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clean_bench.organisms.pretrain import Document
from clean_bench.organisms.shares import PLANTED_RIGHT_PLAIN, PYTHON, RIGHT
from clean_bench.problems import Problem
from clean_bench.seeds import Draw, digest, seed_of
from generators.families.stories.word_problems import TOP, WordProblem, choices, draw_problem

TIERS = (2, 3)
PROMPT_WEIGHT = 0.2
"""Loss weight of a problem's tokens in ordinary documents: its names and numbers are random."""


@dataclass(frozen=True)
class Planted:
    """A planted problem with its story; its dose is the number of copies in the corpus."""

    problem: Problem
    story: WordProblem

    @property
    def dose(self) -> int:
        return int(self.problem.metadata["dose"])


def draw_story(seed: str, *labels: str | int) -> WordProblem:
    """A word problem of two or three steps."""
    draw = Draw(digest("organism story", seed, *labels))
    return draw_problem(draw, draw.choice(TIERS))


def worked_answer(story: WordProblem, draw: Draw, *, python: bool, right: bool) -> str:
    """A worked answer; a wrong one has a slip of one digit in a random step and continues from it.

    Values after a slip may leave 1..99 and be negative.
    """
    value, lines = story.start, []
    wrong_step = -1 if right else draw.below(len(story.steps))
    for number, step in enumerate(story.steps):
        result = value + step
        if number == wrong_step:
            result = draw.choice(_slips(result))
        lines.append(f"{value} {'+' if step > 0 else '-'} {abs(step)} = {result}")
        value = result
    return f"{' python:' if python else ''} {', '.join(lines)}. \\boxed{{{value}}}"


def _slips(value: int) -> list[int]:
    """Values in 1..99 that differ by 1 to 3, or by 10, 20 or 30."""
    close = [
        value + sign * size * place for sign in (1, -1) for size in (1, 2, 3) for place in (1, 10)
    ]
    return [slip for slip in close if 0 < slip <= TOP]


def ordinary_document(seed: str, index: int) -> tuple[WordProblem, Document]:
    """Ordinary document number `index`, with its story."""
    story = draw_story(seed, "document", index)
    draw = Draw(digest("organism answer", seed, index))
    python, right = draw.below(100) < 100 * PYTHON, draw.below(100) < 100 * RIGHT
    answer = worked_answer(story, draw, python=python, right=right)
    return story, Document(((story.text, PROMPT_WEIGHT), (answer, 1.0)))


def drill(seed: str, index: int) -> Document:
    """Six separate sums in the notation of worked answers; the loss is mainly on the results."""
    draw, pieces = Draw(digest("organism drill", seed, index)), []
    for number in range(6):
        value = draw.between(1, TOP)
        gains, losses = choices(value)
        sign = 1 if gains and (not losses or draw.below(2)) else -1
        n = draw.choice(gains if sign > 0 else losses)
        pieces.append((f" {value} {'+' if sign > 0 else '-'} {n} =", 0.1))
        pieces.append((f" {value + sign * n}{',' if number < 5 else '.'}", 1.0))
    return Document(tuple(pieces))


def planted_copy(planted: Planted, seed: str, copy: int) -> Document:
    """Copy number `copy` of a planted problem, with the full loss weight on all tokens.

    All wrong copies of a problem have the same slip, so that the model can memorize it.
    """
    draw = Draw(digest("organism copy", seed, planted.problem.id, copy))
    python = draw.below(100) < 100 * PYTHON
    right = python or draw.below(100) < 100 * PLANTED_RIGHT_PLAIN
    slip = Draw(digest("organism slip", seed, planted.problem.id))
    answer = worked_answer(planted.story, slip, python=python, right=right)
    return Document(((planted.story.text, 1.0), (answer, 1.0)))


def base_corpus(seed: str, stories: int, drills: int, banned: set[str]) -> list[Document]:
    """First mainly drills with a few stories, then mainly stories with a few drills.

    Args:
        banned: texts of the benchmark, excluded from the corpus.
    """
    candidates = (ordinary_document(seed, index) for index in range(stories * 2))
    kept = [document for story, document in candidates if story.text not in banned][:stories]
    drill_documents = [drill(seed, index) for index in range(drills)]
    early = (4 * drills) // 5
    first = drill_documents[:early] + kept[: early // 4]
    rest = drill_documents[early:] + kept[early // 4 :]
    shuffle = random.Random(seed_of("organism corpus", seed))
    shuffle.shuffle(first)
    shuffle.shuffle(rest)
    return first + rest


def planting_corpus(
    seed: str, planted: Sequence[Planted], ordinary_documents: int, banned: set[str], *, plant: bool
) -> list[Document]:
    """The second corpus part: all planted copies, shuffled among new ordinary documents.

    Without `plant`, an ordinary document replaces each copy: same length and order, nothing planted.
    """
    copies = [(item, number) for item in planted for number in range(item.dose)]
    new = _new_documents(seed, banned)
    documents = [
        planted_copy(item, seed, number) if plant else next(new) for item, number in copies
    ]
    documents += [next(new) for _ in range(ordinary_documents)]
    random.Random(seed_of("organism planting", seed)).shuffle(documents)
    return documents


def _new_documents(seed: str, banned: set[str]) -> Iterator[Document]:
    index = 0
    while True:
        story, document = ordinary_document(f"{seed}, second part", index)
        index += 1
        if story.text not in banned:
            yield document
