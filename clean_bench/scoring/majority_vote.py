r"""The majority vote over a problem's samples.

Votes are for answers, not for strings: two samples vote alike where their answers are the same exact
number (0.5 and 1/2) or have the same normal form (\frac and \dfrac). What only algebra can tell to
be equal counts as two answers, right or wrong alike: merging right answers by their verdicts would
use the gold answer to count votes.

A sample without an answer does not vote. Ties are broken at random and what is reported is the
expected value, so that nothing depends on the order of the samples.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

from clean_bench.grading.plain_answer import normalize_plain, parse_rational
from clean_bench.statistics.pass_at_k import majority_of_k

_LONGEST = 2000


@lru_cache(maxsize=1 << 16)
def ballot(answer: str) -> Hashable:
    """What an answer votes for; equal ballots are equal answers."""
    if len(answer) > _LONGEST:
        return answer
    value = parse_rational(answer)
    return normalize_plain(answer) if value is None else value


def vote(answers: Sequence[str | None], equal: Sequence[bool], ks: Sequence[int]) -> list[float]:
    """The probability that the vote of k of a problem's samples is right, for each k.

    Args:
        answers: the answer of each sample, None where there is none.
        equal: whether the sample's answer was found equal to the gold answer. Where that differs
            among samples of one ballot, the ballot is right with the probability of their share.
        ks: each between 1 and the number of samples; see `majority_of_k`.
    """
    counts: dict[Hashable, list[int]] = {}
    for answer, right in zip(answers, equal, strict=True):
        if answer is not None:
            tally = counts.setdefault(ballot(answer), [0, 0])
            tally[0] += 1
            tally[1] += right
    votes = [tally[0] for tally in counts.values()]
    shares = [tally[1] / tally[0] for tally in counts.values()]
    return majority_of_k(votes, shares, len(answers) - sum(votes), ks)
