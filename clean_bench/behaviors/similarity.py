"""How alike are a problem's completions before and after training?

Alone such a number says little: a short or forced answer is like any other one. So beside it stands
how alike two samples of the same checkpoint are (*Reasoning or Memorization?*, arXiv 2507.10532, has
the first number without the second).

Two samples that were drawn with the same seed share their random numbers, and are alike for that
alone. Scores of two checkpoints use the same seeds unless told otherwise, and no two samples of one
checkpoint do: such pairs are left out wherever there are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import nan

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

from clean_bench.probe.match import latex_tokens, plain_text

LONGEST = 4096
"""Word tokens of a completion that are compared: the work grows with their square."""


def likeness(
    before: Sequence[str],
    after: Sequence[str],
    seeds: tuple[Sequence[int | None], Sequence[int | None]] | None = None,
) -> dict[str, float]:
    """Likenesses of one problem's completions, each a mean over pairs; nan where there is no pair.

    Args:
        before: the completions of one checkpoint, at least one.
        after: those of the other one, at least one.
        seeds: of both, where they were sampled. Pairs of equal seeds count only where all are such.

    Returns:
        `across`: mean ROUGE-L F1 (Lin 2004) of a completion before with one after, over the first
        4,096 word tokens; `same`: the share of those pairs that are the same text; `within_before`
        and `within_after`: the mean ROUGE-L F1 of two completions of the same checkpoint.
    """
    texts, old, new = (
        [*before, *after],
        range(len(before)),
        range(len(before), len(before) + len(after)),
    )
    alike = _alike(texts)
    pairs = [(i, j) for i in old for j in new]
    if seeds is not None:
        drawn = [*seeds[0], *seeds[1]]
        apart = [(i, j) for i, j in pairs if drawn[i] is None or drawn[i] != drawn[j]]
        pairs = apart or pairs
    return {
        "across": sum(float(alike[pair]) for pair in pairs) / len(pairs),
        "same": sum(texts[i] == texts[j] for i, j in pairs) / len(pairs),
        "within_before": _within(alike, old),
        "within_after": _within(alike, new),
    }


def _within(alike: npt.NDArray[np.float64], own: Sequence[int]) -> float:
    pairs = list(combinations(own, 2))
    return sum(float(alike[pair]) for pair in pairs) / len(pairs) if pairs else nan


def _alike(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """ROUGE-L F1 of every text with every other one; two texts without a word are alike."""
    numbers: dict[str, int] = {}
    words = [
        [
            numbers.setdefault(word, len(numbers))
            for word in latex_tokens(plain_text(text))[:LONGEST]
        ]
        for text in texts
    ]
    common = cdist(words, words, scorer=LCSseq.similarity).astype(np.float64)
    length = np.array([len(own) for own in words])
    total = length[:, None] + length
    result: npt.NDArray[np.float64] = np.where(total > 0, 2 * common / np.maximum(total, 1), 1.0)
    return result
