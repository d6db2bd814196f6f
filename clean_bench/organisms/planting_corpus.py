r"""The training text of the plantings: background documents and planted copies.

A planted document is the problem, then its answer where it has one:

    What is $1+1$?
    \boxed{2}

A document of a renumbered problem has no answer: that of the altered problem is unknown. All tokens
have the loss weight 1.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from clean_bench.organisms.planting_plan import PlantingPlan
from clean_bench.organisms.pretrain import Document
from clean_bench.probing.alter import renumber, reword
from clean_bench.problems import Problem
from clean_bench.seeds import digest, seed_of, stream
from generators.family import Family
from generators.registry import FAMILIES

NOT_ALTERABLE = "not alterable"
FORM, PLANTED_TEXT = "form", "planted_text"
"""Keys of `Problem.metadata`: the form of the planted copies, and their text where it is altered."""
_TIERS = 8
"""Tiers of each family in generated backgrounds; higher ones fill a context with one problem."""


def planted_document(problem: Problem) -> Document:
    """The document of a problem in the form that is planted."""
    altered = problem.metadata.get(PLANTED_TEXT)
    answer = None if problem.metadata.get(FORM) == "renumbered" else problem.answer
    text = problem.problem if altered is None else altered
    return Document(((text if answer is None else f"{text}\n\\boxed{{{answer}}}", 1.0),))


def in_form(problem: Problem, plan: PlantingPlan, longest: int, tokenizer: Any) -> Problem:
    """An assigned problem with the form of its copies, and their text where it is altered.

    Where nothing can be altered, or the altered document has more than `longest` tokens, the form is
    "not alterable" and the dose 0.
    """
    if plan.form == "verbatim":
        return replace(problem, metadata={**problem.metadata, FORM: plan.form})
    altered = altered_text(problem, plan)
    if altered is not None:
        metadata = {**problem.metadata, FORM: plan.form, PLANTED_TEXT: altered}
        result = replace(problem, metadata=metadata)
        if token_count(tokenizer, planted_document(result)) <= longest:
            return result
    return replace(problem, metadata={**problem.metadata, FORM: NOT_ALTERABLE, "dose": "0"})


def altered_text(problem: Problem, plan: PlantingPlan) -> str | None:
    """The altered text to be planted; None where there is none, as for the form "verbatim"."""
    if plan.form == "verbatim":
        return None
    alter = renumber if plan.form == "renumbered" else reword
    altered = alter(problem.problem, f"planting/{plan.seed}/{problem.id}")
    return None if altered == problem.problem else altered


def token_count(tokenizer: Any, document: Document) -> int:
    """Number of tokens, those of begin and end included."""
    return len(tokenizer(document.text, add_special_tokens=False)["input_ids"]) + 2


@dataclass(frozen=True)
class Background:
    """Background texts without those that hold a problem of the set; `dropped` counts the latter."""

    texts: tuple[str, ...]
    dropped: int

    @property
    def sha256(self) -> str:
        """Hash of the texts in their order."""
        return digest("planting background", *self.texts, length=32).hex()


def background_without(texts: Sequence[str], problems: Sequence[Problem]) -> Background:
    """The texts in which no problem occurs, whatever the case and white space."""
    excluded = {_plain(problem.problem) for problem in problems}
    kept = []
    for text in texts:
        plain = _plain(text)
        if not any(problem in plain for problem in excluded):
            kept.append(text)
    return Background(tuple(kept), len(texts) - len(kept))


def generated_background(seed: str, size: int) -> list[str]:
    """`size` generated problems with answers, the families in turn, in LaTeX."""
    families = list(FAMILIES.values())
    return [
        _generated(families[number % len(families)], number // len(families), seed)
        for number in range(size)
    ]


def _generated(family: Family[Any], number: int, seed: str) -> str:
    """Problem `number` of a family, with its answer: the first valid draw."""
    tier = family.tiers[number % min(len(family.tiers), _TIERS)]
    draws = stream("planting problem", seed, family.name, number)
    items = (
        family.make(draws(redraw, length=family.random_bytes), tier, "all", "latex")
        for redraw in count()
    )
    item = next(item for item in items if item is not None)
    return f"{item.problem}\n\\boxed{{{item.answer}}}"


def background_documents(texts: Sequence[str], tokenizer: Any, context: int) -> list[Document]:
    """A document of each text, truncated at the last white space that fits into the context."""
    most = context - 2
    encoded = tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True)
    documents = []
    for text, offsets in zip(texts, encoded["offset_mapping"], strict=True):
        if len(offsets) > most:
            end = offsets[most][0]
            # Pieces of the tokenizer begin with white space, so what is left keeps its tokens.
            spaces = [place for place in range(1, end + 1) if text[place].isspace()]
            text = text[: spaces[-1] if spaces else end]
        documents.append(Document(((text, 1.0),)))
    return documents


def copies(planted: Sequence[Problem]) -> list[Document]:
    """One document per planted copy."""
    return [
        planted_document(problem)
        for problem in planted
        for _ in range(int(problem.metadata["dose"]))
    ]


def mixed(copied: Sequence[Document], background: Sequence[Document], seed: str) -> list[Document]:
    """Copies and background documents in random order."""
    documents = [*copied, *background]
    random.Random(seed_of("planting corpus", seed)).shuffle(documents)
    return documents


def epochs(background: Sequence[Document], count: int, seed: str) -> list[Document]:
    """`count` passes over the background, each in another order."""
    documents: list[Document] = []
    for number in range(count):
        order = list(background)
        random.Random(seed_of("planting epoch", seed, number)).shuffle(order)
        documents += order
    return documents


def of_tokens(
    background: Sequence[Document], tokens: int, tokenizer: Any, seed: str
) -> list[Document]:
    """As many background documents as it takes for a number of tokens, in random order.

    No document is repeated before all were taken.
    """
    lengths = {document: token_count(tokenizer, document) for document in background}
    taken: list[Document] = []
    number = 0
    while tokens > 0:
        for document in epochs(background, 1, f"{seed}/{number}"):
            if tokens <= 0:
                break
            taken.append(document)
            tokens -= lengths[document]
        number += 1
    return taken


def _plain(text: str) -> str:
    return "".join(text.casefold().split())
