"""Rewards of the text alone: format, python, length; and similarity to the reference text."""

from __future__ import annotations

import re

from clean_bench.grading import last_box
from clean_bench.problems import Problem
from clean_bench.text import contains_python
from clean_bench.text.similarity import rouge_l
from clean_bench.text.tokenizer import notation_tokens
from trainers.rewards.group import Group, Rewards

MOST_CHARACTERS = 20_000
"""Characters of a text that `similarity` reads, so that a long response costs bounded time."""

_NOTHING = re.compile(
    r"(?:[\s.,;:!?$~{}]|\\[,;:! ]|\\(?:text|mbox|mathrm|textbf|mathbf)(?![A-Za-z]))*"
)
"""What an empty box may hold: spaces, punctuation, and commands for text without any."""


def boxed(group: Group) -> Rewards:
    r"""1 where the last complete \boxed{} is not empty, right or wrong.

    A box with nothing but spaces and punctuation is empty.
    """
    boxes = [last_box(sample.response) for sample in group.samples]
    return [float(box is not None and not _NOTHING.fullmatch(box)) for box in boxes]


def python(group: Group) -> Rewards:
    """1 where the word python occurs, in any case."""
    return [float(contains_python(sample.response)) for sample in group.samples]


def length(group: Group, target: float) -> Rewards:
    """1 at `target` tokens, falling linearly to 0 at no token and at twice the target."""
    lengths = [len(sample.token_ids) for sample in group.samples]
    return [1 - min(abs(tokens - target) / target, 1) for tokens in lengths]


def similarity(group: Group) -> Rewards:
    """ROUGE-L F1 of the response and the published solution, between 0 and 1.

    The tokens are those of `clean_bench.text.tokenizer.notation_tokens`. The reference is the gold
    answer where a problem has no solution; without both, all None.
    """
    reference = _reference(group.problem)
    if not reference.strip():
        return [None] * len(group.samples)
    tokens = notation_tokens(reference[:MOST_CHARACTERS])
    return [
        rouge_l(notation_tokens(sample.response[:MOST_CHARACTERS]), tokens)
        for sample in group.samples
    ]


def no_reference(problem: Problem) -> str | None:
    """Why `similarity` cannot use a problem; None where it can."""
    return None if _reference(problem).strip() else "a solution or a gold answer, got none"


def _reference(problem: Problem) -> str:
    return problem.solution or problem.answer or ""
