"""Similarity of two texts: n-grams, common prefix, edit similarity and ROUGE-L."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import LCSseq, Levenshtein
from rapidfuzz.process import cdist, extractOne

T = TypeVar("T", bound=Hashable)


def ngrams(tokens: Sequence[T], n: int) -> Iterator[tuple[T, ...]]:
    """All sequences of n consecutive tokens, in order; none for fewer tokens."""
    return zip(*(islice(tokens, start, None) for start in range(n)), strict=False)


def common_prefix(candidate: Sequence[str], reference: Sequence[str]) -> int:
    """Number of tokens that agree before the first difference."""
    pairs = zip(candidate, reference, strict=False)
    return next(
        (i for i, (a, b) in enumerate(pairs) if a != b), min(len(candidate), len(reference))
    )


def edit_similarity(candidate: str, reference: str) -> float:
    """1 - Levenshtein distance / length of the longer text, over characters."""
    return Levenshtein.normalized_similarity(candidate, reference)


def most_similar(candidate: str, references: Sequence[str]) -> float:
    """The largest `edit_similarity` with one of the references; 0 without one."""
    best = extractOne(candidate, references, scorer=Levenshtein.normalized_similarity)
    return float(best[1]) if best else 0.0


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> float:
    """ROUGE-L F1 (Lin 2004): of the longest common subsequence, over tokens; 0 if one is empty."""
    longest = LCSseq.similarity(candidate, reference)
    return 2 * longest / (len(candidate) + len(reference)) if longest else 0.0


def rouge_l_matrix(texts: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
    """`rouge_l` of every text (its tokens) with every other one; 1 for two texts without a token."""
    ids: dict[str, int] = {}
    encoded = [[ids.setdefault(token, len(ids)) for token in tokens] for tokens in texts]
    common = cdist(encoded, encoded, scorer=LCSseq.similarity).astype(np.float64)
    lengths = np.array([len(tokens) for tokens in encoded])
    total = lengths[:, None] + lengths
    result: npt.NDArray[np.float64] = np.where(total > 0, 2 * common / np.maximum(total, 1), 1.0)
    return result
