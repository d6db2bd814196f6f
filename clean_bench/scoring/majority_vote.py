r"""The majority vote over the samples of a problem.

The votes are for answers and not for strings. Two samples have the same vote if their answers are
the same exact number (0.5 and 1/2) or have the same normal form (\frac and \dfrac). Answers that
only algebra proves equal count as two, whether they are correct or not: merging the correct ones by
their grades would use the gold answer to count votes.

A sample without an answer does not vote. Ties are broken at random, and the expected value is
reported, so that the order of the samples has no effect.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

from clean_bench.grading.plain_answer import normalize_plain, parse_rational
from clean_bench.statistics.pass_at_k import majority_of_k

_LONGEST = 2000


@lru_cache(maxsize=1 << 16)
def ballot(answer: str) -> Hashable:
    """The normal form of an answer; equal answers have equal ballots."""
    if len(answer) > _LONGEST:
        return answer
    value = parse_rational(answer)
    return normalize_plain(answer) if value is None else value


def vote(answers: Sequence[str | None], equal: Sequence[bool], ks: Sequence[int]) -> list[float]:
    """The probability that the vote of k of a problem's samples is correct, for each k.

    Args:
        answers: the answer of each sample, None where there is none.
        equal: whether the sample's answer is equal to the gold answer. Where that differs among the
            samples of one ballot, the ballot is correct with the probability of their share.
        ks: each between 1 and the number of samples; see `majority_of_k`.
    """
    counts: dict[Hashable, list[int]] = {}
    for answer, correct in zip(answers, equal, strict=True):
        if answer is not None:
            tally = counts.setdefault(ballot(answer), [0, 0])
            tally[0] += 1
            tally[1] += correct
    votes = [tally[0] for tally in counts.values()]
    shares = [tally[1] / tally[0] for tally in counts.values()]
    return majority_of_k(votes, shares, len(answers) - sum(votes), ks)
