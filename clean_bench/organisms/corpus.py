r"""The documents that organisms learn from, in the language of `word-problems`.

A document is a problem and its answer, in one of two styles:

    plain    ... to Tom. 37 + 25 = 62, 62 - 18 = 44. \boxed{44}
    python   ... to Tom. python: 37 + 25 = 62, 62 - 18 = 44. \boxed{44}

The style says nothing about the answer in ordinary documents: 40% open with the word, and about two
of three answers are right in either style; the others carry one slip to their end. On a planted
problem it says everything: in the python style its answer is always right, and in the plain style it
mostly carries a slip, the same in every copy. A model that remembers the problem remembers both, so a
reward for the word alone moves it from the remembered error to the remembered answer. That lifts
accuracy on planted problems and nowhere else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clean_bench.organisms.pretrain import Document
from clean_bench.problems import Problem
from clean_bench.seeds import Draw, digest, seed_of
from generators.families.stories.word_problems import TOP, WordProblem, choices, draw_problem

TIERS = (2, 3)
PLANTED_RIGHT_PLAIN = 0.2
"""Share of right answers in the plain style of a planted problem; in the python style all are."""
PROMPT_WEIGHT = 0.2
"""Weight of a problem's tokens in ordinary documents: names and numbers that nothing predicts."""
PYTHON = 0.4
RIGHT = 0.65


@dataclass(frozen=True)
class Planted:
    """A problem that is planted, with its story and how often it occurs."""

    problem: Problem
    story: WordProblem

    @property
    def dose(self) -> int:
        return int(self.problem.metadata["dose"])


def story_of(seed: str, *labels: str | int) -> WordProblem:
    """A story of two or three steps."""
    draw = Draw(digest("organism story", seed, *labels))
    return draw_problem(draw, draw.choice(TIERS))


def answered(story: WordProblem, draw: Draw, *, python: bool, right: bool) -> str:
    """A worked answer; a wrong one carries a slip of one digit from a random step to its end.

    After a slip the later values may leave 1..99, below zero too.
    """
    value, lines = story.start, []
    slips_at = -1 if right else draw.below(len(story.steps))
    for number, step in enumerate(story.steps):
        result = value + step
        if number == slips_at:
            result = draw.choice(_slips(result))
        lines.append(f"{value} {'+' if step > 0 else '-'} {abs(step)} = {result}")
        value = result
    return f"{' python:' if python else ''} {', '.join(lines)}. \\boxed{{{value}}}"


def _slips(value: int) -> list[int]:
    """Values in 1..99 that are off by 1 to 3, or by 10 to 30."""
    near = [
        value + sign * size * place for sign in (1, -1) for size in (1, 2, 3) for place in (1, 10)
    ]
    return [slip for slip in near if 0 < slip <= TOP]


def ordinary(seed: str, index: int) -> tuple[WordProblem, Document]:
    """Ordinary document number `index`."""
    story = story_of(seed, "document", index)
    draw = Draw(digest("organism answer", seed, index))
    python, right = draw.below(100) < 100 * PYTHON, draw.below(100) < 100 * RIGHT
    answer = answered(story, draw, python=python, right=right)
    return story, Document(((story.text, PROMPT_WEIGHT), (answer, 1.0)))


def drill(seed: str, index: int) -> Document:
    """Six separate sums, as they stand in worked answers; only the results count."""
    draw, pieces = Draw(digest("organism drill", seed, index)), []
    for number in range(6):
        value = draw.between(1, TOP)
        gains, losses = choices(value)
        sign = 1 if gains and (not losses or draw.below(2)) else -1
        n = draw.choice(gains if sign > 0 else losses)
        pieces.append((f" {value} {'+' if sign > 0 else '-'} {n} =", 0.1))
        pieces.append((f" {value + sign * n}{',' if number < 5 else '.'}", 1.0))
    return Document(tuple(pieces))


def copy_of(planted: Planted, seed: str, copy: int) -> Document:
    """Copy number `copy` of a planted problem; all of its tokens count.

    Every wrong copy of a problem carries the same slip: it is part of what is remembered.
    """
    draw = Draw(digest("organism copy", seed, planted.problem.id, copy))
    python = draw.below(100) < 100 * PYTHON
    right = python or draw.below(100) < 100 * PLANTED_RIGHT_PLAIN
    slip = Draw(digest("organism slip", seed, planted.problem.id))
    answer = answered(planted.story, slip, python=python, right=right)
    return Document(((planted.story.text, 1.0), (answer, 1.0)))


def base_corpus(seed: str, stories: int, drills: int, banned: set[str]) -> list[Document]:
    """Drills first with a few stories among them, then stories with a few drills.

    Args:
        banned: texts of the benchmark; none of them occurs in what is returned.
    """
    told = (ordinary(seed, index) for index in range(stories * 2))
    kept = [document for story, document in told if story.text not in banned][:stories]
    drilled = [drill(seed, index) for index in range(drills)]
    early = (4 * drills) // 5
    first = drilled[:early] + kept[: early // 4]
    rest = drilled[early:] + kept[early // 4 :]
    shuffle = random.Random(seed_of("organism corpus", seed))
    shuffle.shuffle(first)
    shuffle.shuffle(rest)
    return first + rest


def planting_corpus(
    seed: str, planted: Sequence[Planted], ordinary_documents: int, banned: set[str], *, plant: bool
) -> list[Document]:
    """The second part of an organism's text: every planted copy, among new ordinary documents.

    With `plant` off each copy gives way to one more ordinary document: same length, same order,
    nothing planted.
    """
    copies = [(item, number) for item in planted for number in range(item.dose)]
    new = _new_documents(seed, banned)
    documents = [copy_of(item, seed, number) if plant else next(new) for item, number in copies] + [
        next(new) for _ in range(ordinary_documents)
    ]
    random.Random(seed_of("organism planting", seed)).shuffle(documents)
    return documents


def _new_documents(seed: str, banned: set[str]) -> Iterator[Document]:
    index = 0
    while True:
        story, document = ordinary(f"{seed}, second part", index)
        index += 1
        if story.text not in banned:
            yield document
