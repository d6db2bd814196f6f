r"""The most frequent answer among the samples of a problem, without the gold answer.

Answers are put together by mathematical equality. First by normal form, which is the ballot of our
majority vote (0.5 and 1/2; \frac and \dfrac). Then by the grader's fast equality
(`clean_bench.grading.equality.equal_fast`), which takes bounded time and gives the same result on every
machine. Pairs that only algebra in the grader's worker decides count as different: its time limit
would make a reward depend on the machine. An answer joins the first class that it is equal to, and is
compared with at most `MOST_CLASSES` classes.

A tie goes to the answer that occurs first. The order of samples carries no information, so a tie is
broken at random, and in the same way whenever it is counted again.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from clean_bench.grading.equality import equal_fast
from clean_bench.scoring.majority_vote import ballot

MOST_CLASSES = 64
"""Classes with which an answer is compared, so that the time grows with the number of samples."""


@dataclass(frozen=True, slots=True)
class Plurality:
    """The winning answer as it was first written, and which samples gave it."""

    answer: str
    votes: int
    winners: Sequence[bool]


def plurality(answers: Sequence[str | None]) -> Plurality | None:
    """The most frequent answer; None where no sample has one.

    Args:
        answers: the answer of each sample; one with None (or "") does not vote.
    """
    classes = answer_classes(answers)
    counts: dict[int, int] = {}
    for number in classes:
        if number is not None:
            counts[number] = counts.get(number, 0) + 1
    if not counts:
        return None
    # `max` returns the first of equal counts, and the classes are in the order of their first answer.
    best = max(counts, key=lambda number: counts[number])
    answer = answers[classes.index(best)]
    assert answer is not None
    return Plurality(answer, counts[best], [number == best for number in classes])


def answer_classes(answers: Sequence[str | None]) -> list[int | None]:
    """The number of each answer's class, in the order of first occurrence; None without an answer."""
    of_ballot: dict[Hashable, int] = {}
    firsts: list[tuple[Hashable, str]] = []
    numbers: list[int | None] = []
    for answer in answers:
        if not answer:
            numbers.append(None)
            continue
        form = ballot(answer)
        if form not in of_ballot:
            of_ballot[form] = _class_of(form, answer, firsts)
        numbers.append(of_ballot[form])
    return numbers


def _class_of(form: Hashable, answer: str, firsts: list[tuple[Hashable, str]]) -> int:
    """The class of an answer with a new normal form; a new class is added to `firsts`."""
    for number, (other_form, other) in enumerate(firsts[:MOST_CLASSES]):
        # Two exact numbers with different values need no comparison.
        both_exact = isinstance(form, Fraction) and isinstance(other_form, Fraction)
        if not both_exact and _equal(other, answer):
            return number
    firsts.append((form, answer))
    return len(firsts) - 1


def _equal(one: str, other: str) -> bool:
    """Whether the fast equality proves two answers equal; a fault in it costs this pair only."""
    try:
        return bool(equal_fast(one, other))
    except Exception:
        return False
