"""The definition of overlap between one benchmark problem and one text.

The n-grams of a problem are its runs of n tokens (`content_tokens`). The default n = 13 is the length
of the contamination studies of GPT-3 and of lm-eval's decontamination. A problem with fewer tokens has
one n-gram, all of it, if it has at least 8 tokens (the shortest run in such studies). With fewer than
8 tokens only the whole text counts.

- exact: both texts have the same tokens and the same round and square brackets;
- ngram: the text contains at least half of the problem's n-grams;
- masked: the same with every number masked, or the two masked texts are equal. A masked n-gram counts
  only if at least a third of it are words: sequences of numbers and signs are similar by chance.

A problem with a stronger kind of overlap is also counted under the weaker ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clean_bench.text.normalize import brackets
from clean_bench.text.similarity import ngrams
from clean_bench.text.tokenizer import content_tokens, is_word, mask_numerals

NGRAM = 13
SHORTEST = 8
THRESHOLD = 0.5
MatchKind = Literal["masked", "ngram", "exact"]
KINDS: tuple[MatchKind, ...] = ("masked", "ngram", "exact")


@dataclass(frozen=True, slots=True)
class OverlapMatch:
    """Overlap of a problem with a text: shares of its n-grams in [0, 1], plain and masked."""

    exact: bool
    share: float
    masked_share: float

    @property
    def level(self) -> int:
        """0 for no overlap, else 1 + the position of its kind in `KINDS`."""
        if self.exact:
            return 3
        return 2 if self.share >= THRESHOLD else int(self.masked_share >= THRESHOLD)

    @property
    def kind(self) -> MatchKind | None:
        """The strongest kind, or None."""
        return KINDS[self.level - 1] if self.level else None


def problem_ngrams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """The n-grams of a problem's tokens, repeated ones included; plain or masked as the tokens are."""
    size = min(n, len(tokens))
    return list(ngrams(tokens, size)) if size >= min(n, SHORTEST) else []


def counts_masked(ngram: Sequence[str]) -> bool:
    """Whether a masked n-gram has enough words to count."""
    return sum(map(is_word, ngram)) >= len(ngram) / 3


def compare_texts(problem: str, text: str, n: int) -> OverlapMatch:
    """Overlap of a problem with a text, by n-grams of n tokens."""
    tokens, others = content_tokens(problem), content_tokens(text)
    same = bool(tokens) and tokens == others
    masked, masked_others = mask_numerals(tokens), mask_numerals(others)
    same_masked = bool(tokens) and masked == masked_others and any(map(is_word, masked))
    counted = [ngram for ngram in problem_ngrams(masked, n) if counts_masked(ngram)]
    return OverlapMatch(
        same and brackets(problem) == brackets(text),
        1.0 if same else _share(problem_ngrams(tokens, n), others),
        1.0 if same or same_masked else _share(counted, masked_others),
    )


def _share(problem: Sequence[tuple[str, ...]], tokens: Sequence[str]) -> float:
    """The share of n-grams that occur in a text."""
    if not problem:
        return 0.0
    present = set(ngrams(tokens, len(problem[0])))
    return sum(ngram in present for ngram in problem) / len(problem)
