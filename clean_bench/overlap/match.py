"""What overlap means, of one problem and one text.

A problem's n-grams are its runs of n tokens. n is 13 by default, the length of the overlap studies of
GPT-3 and of lm-eval's decontamination. A problem of fewer tokens has one gram, itself, if it has at
least 8 (the shortest run that such studies take); below that only the whole text counts.

- exact: both texts have the same tokens and the same round and square brackets;
- ngram: at least half of the problem's n-grams stand in the text;
- masked: the same with all numbers masked, or both masked texts are equal. A masked gram counts only
  if a third of it are words: rows of numbers and signs alone resemble each other by chance.

Each kind that is named includes those before it where a problem is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clean_bench.overlap.tokens import brackets, is_word, masked, tokens

NGRAM = 13
SHORTEST = 8
THRESHOLD = 0.5
KINDS = ("masked", "ngram", "exact")
Kind = Literal["masked", "ngram", "exact"]


@dataclass(frozen=True, slots=True)
class Match:
    """How a problem stands in a text: shares of its n-grams in [0, 1], plain and masked."""

    exact: bool
    share: float
    masked_share: float

    @property
    def level(self) -> int:
        """0 for no hit, else 1 + the place of its kind in `KINDS`."""
        return level_of(self.exact, self.share, self.masked_share)

    @property
    def kind(self) -> Kind | None:
        """The surest kind that holds, or None."""
        kinds: tuple[Kind, ...] = ("masked", "ngram", "exact")
        return kinds[self.level - 1] if self.level else None


def level_of(exact: bool, share: float, masked_share: float) -> int:
    """See `Match.level`."""
    return 3 if exact else 2 if share >= THRESHOLD else int(masked_share >= THRESHOLD)


def grams(found: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """The grams of a problem's tokens, one a place, plain or masked as the tokens are."""
    size = min(n, len(found))
    if size < min(n, SHORTEST):
        return []
    return [tuple(found[at : at + size]) for at in range(len(found) - size + 1)]


def counts_masked(gram: Sequence[str]) -> bool:
    """Whether a masked gram has words enough to say something."""
    return sum(map(is_word, gram)) >= len(gram) / 3


def compare(problem: str, text: str, n: int) -> Match:
    """How a problem stands in a text.

    Args:
        n: tokens a gram.
    """
    ours, theirs = tokens(problem), tokens(text)
    same = bool(ours) and ours == theirs
    hidden, hidden_theirs = masked(ours), masked(theirs)
    hidden_same = bool(ours) and hidden == hidden_theirs and any(map(is_word, hidden))
    counted = [gram for gram in grams(hidden, n) if counts_masked(gram)]
    return Match(
        same and brackets(problem) == brackets(text),
        1.0 if same else _share(grams(ours, n), theirs),
        1.0 if same or hidden_same else _share(counted, hidden_theirs),
    )


def _share(wanted: Sequence[tuple[str, ...]], theirs: Sequence[str]) -> float:
    if not wanted:
        return 0.0
    size = len(wanted[0])
    there = {tuple(theirs[at : at + size]) for at in range(len(theirs) - size + 1)}
    return sum(gram in there for gram in wanted) / len(wanted)
