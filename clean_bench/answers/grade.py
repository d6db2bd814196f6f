"""Verdicts for many (gold, response) pairs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from clean_bench.answers import pool
from clean_bench.answers.exact import rational
from clean_bench.answers.extract import extract
from clean_bench.answers.normal import normal
from clean_bench.errors import UserError

Kind = Literal["equal", "different", "no answer", "timeout", "crash"]


UNDECIDED = frozenset({"timeout", "crash"})
"""Kinds of verdict that say nothing of the answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one comparison by math-verify may cost.

    `seconds` of wall time, hard; `memory_mb` of address space; answers of more than `characters`
    are compared character by character only (the longest gold answer of MATH-500 has 53).
    """

    seconds: float = 5.0
    memory_mb: int = 2048
    characters: int = 2000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The grader's word on one response.

    `extracted` is the answer as it stands in the response, None where there is none. "timeout" and
    "crash" say that the comparison could not be finished; both count as not correct and are to be
    reported apart from "different".
    """

    kind: Kind
    extracted: str | None

    @property
    def correct(self) -> bool:
        return self.kind == "equal"


def grade(pairs: Sequence[tuple[str, str]], limits: Limits | None = None) -> list[Verdict]:
    """One verdict per (gold, response), in order.

    Each distinct (gold, answer) is decided once: by exact value where both sides are plain numbers
    (never rounded, so 0.667 is not 2/3), else by equal normal forms, else by math-verify.

    Raises:
        UserError: if a gold answer is empty.
    """
    limits = limits or Limits()
    answers: list[tuple[str, str | None]] = []
    verdicts: dict[tuple[str, str | None], Verdict] = {}
    hard: list[tuple[str, str]] = []
    for index, (gold, response) in enumerate(pairs):
        if not gold.strip():
            raise UserError(f"pair {index + 1}: the gold answer is empty")
        extracted = extract(response)
        answers.append((gold, extracted))
        if (gold, extracted) in verdicts:
            continue
        kind: Kind | None = "no answer"
        if extracted is not None:
            kind = _decide(gold, extracted, limits.characters)
            if kind is None:
                hard.append((gold, extracted))
        verdicts[gold, extracted] = Verdict(kind or "crash", extracted)
    if hard:
        kinds = pool.compare(hard, limits.seconds, limits.memory_mb)
        for (gold, answer), found in zip(hard, kinds, strict=True):
            verdicts[gold, answer] = Verdict(cast(Kind, found), answer)
    return [verdicts[answer] for answer in answers]


def _decide(gold: str, answer: str, characters: int) -> Kind | None:
    """The verdict where strings or exact values settle it, else None."""
    if gold == answer:
        return "equal"
    if max(len(gold), len(answer)) > characters:
        return "different"
    value = rational(gold)
    found = rational(answer) if value is not None else None
    if found is not None:
        return "equal" if found == value else "different"
    return "equal" if normal(gold) == normal(answer) else None
