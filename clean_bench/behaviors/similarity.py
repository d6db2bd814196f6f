"""Similarity of a problem's completions before and after training.

The number needs a reference: short completions, or ones with a prescribed form, are similar anyway. So
the similarity of two samples of one checkpoint is reported beside it (*Reasoning or Memorization?*,
arXiv 2507.10532, reports the first number without the second).

Two samples with the same seed share their random numbers, which alone makes them similar. Scores of
two checkpoints use the same seeds by default, while two samples of one checkpoint never do. So pairs of
samples with the same seed are left out wherever there are other pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import nan

import numpy as np
import numpy.typing as npt

from clean_bench.text.normalize import normalize_spaces
from clean_bench.text.similarity import rouge_l_matrix
from clean_bench.text.tokenizer import latex_tokens

LONGEST = 4096
"""Tokens of a completion that are compared: the time is quadratic in them."""


def completion_similarity(
    before: Sequence[str],
    after: Sequence[str],
    seeds: tuple[Sequence[int], Sequence[int]] | None = None,
) -> dict[str, float]:
    """Similarities of one problem's completions, each a mean over pairs; nan where there is no pair.

    Args:
        before: the completions of one checkpoint, at least one.
        after: those of the other checkpoint, at least one.
        seeds: the seeds of both, for sampled completions. Pairs with equal seeds are left out unless
            there are no others.

    Returns:
        `across`: mean ROUGE-L F1 (Lin 2004) of a completion before with one after, over the first
        4,096 tokens; `same`: the share of those pairs with identical texts; `within_before` and
        `within_after`: mean ROUGE-L F1 of two completions of the same checkpoint.
    """
    texts, split = [*before, *after], len(before)
    similarity = rouge_l_matrix([latex_tokens(normalize_spaces(t))[:LONGEST] for t in texts])
    pairs = [(i, j) for i in range(split) for j in range(split, len(texts))]
    if seeds is not None:
        drawn = [*seeds[0], *seeds[1]]
        pairs = [(i, j) for i, j in pairs if drawn[i] != drawn[j]] or pairs
    return {
        "across": _mean(similarity, pairs),
        "same": sum(texts[i] == texts[j] for i, j in pairs) / len(pairs),
        "within_before": _mean(similarity, list(combinations(range(split), 2))),
        "within_after": _mean(similarity, list(combinations(range(split, len(texts)), 2))),
    }


def _mean(similarity: npt.NDArray[np.float64], pairs: Sequence[tuple[int, int]]) -> float:
    return sum(float(similarity[pair]) for pair in pairs) / len(pairs) if pairs else nan
