"""Features of a text that need no model: its words, and its shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import log1p, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.probing.cut import math_spans
from clean_bench.text.tokenizer import bag_tokens, mask_numerals

Array = npt.NDArray[np.float64]

SHAPE = ("log words", "log characters", "mathematics", "digits", "commands per word")
"""Names of the features of shape: the logarithms of 1 + the number of words and of characters, the
shares of characters in mathematics and of digits, and LaTeX commands per word."""
MOST_WORDS = 5_000
"""Size of a vocabulary: the words that most texts have."""
_COMMAND = re.compile(r"\\[A-Za-z]+")
_DIGIT = re.compile("[0-9]")


def shape_features(texts: Sequence[str]) -> Array:
    """The features `SHAPE` of each text: texts x 5."""
    rows = np.zeros((len(texts), len(SHAPE)))
    for row, text in zip(rows, texts, strict=True):
        words, characters = max(1, len(text.split())), max(1, len(text))
        row[0] = log1p(len(text.split()))
        row[1] = log1p(len(text))
        row[2] = sum(end - start for start, end in math_spans(text)) / characters
        row[3] = len(_DIGIT.findall(text)) / characters
        row[4] = len(_COMMAND.findall(text)) / words
    return rows


def bags(texts: Sequence[str]) -> list[frozenset[str]]:
    """The different tokens of each text, in lower case, with one token for all numbers."""
    return [frozenset(mask_numerals(bag_tokens(text))) for text in texts]


def vocabulary(of_texts: Sequence[frozenset[str]]) -> dict[str, int]:
    """A column for each token that at least two of the texts have, the `MOST_WORDS` commonest."""
    counts = Counter(token for bag in of_texts for token in bag)
    common = [token for token, count in counts.items() if count > 1]
    common.sort(key=lambda token: (-counts[token], token))
    return {token: column for column, token in enumerate(common[:MOST_WORDS])}


def word_features(of_texts: Sequence[frozenset[str]], columns: dict[str, int]) -> Any:
    """Which tokens each text has: a sparse matrix texts x columns, with rows of length 1.

    The row of a text without a token of the vocabulary is zero.
    """
    from scipy import sparse  # loading it takes longer than most commands

    indices, values, starts = [], [], [0]
    for bag in of_texts:
        present = sorted(columns[token] for token in bag if token in columns)
        indices += present
        values += [1 / sqrt(max(1, len(present)))] * len(present)
        starts.append(len(indices))
    return sparse.csr_matrix((values, indices, starts), shape=(len(of_texts), len(columns)))
