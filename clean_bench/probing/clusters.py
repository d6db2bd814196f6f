"""Clusters of near-duplicate problems: copies, one template with other numbers, small rewordings."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from clean_bench.text.normalize import collapse_spaces
from clean_bench.text.similarity import ngrams
from clean_bench.text.tokenizer import content_tokens, is_word, mask_numerals

Ints = npt.NDArray[np.int64]

SHINGLE = 5
"""Tokens of a shingle."""
_BLOCK = 512
"""Texts that are compared with all others at once; it bounds the memory."""


def cluster_ids(texts: Sequence[str]) -> list[int]:
    """The cluster of each text: the smallest index of a text in it.

    Two texts are near-duplicates, and a cluster is a connected component of them, if

    - their `content_tokens` are equal: normalization, letter case, punctuation, layout and drawings do
      not count; or
    - the same after every number is masked: one template with other numbers, if it has a word
      (a sequence of numbers alone is no template); or
    - the Jaccard similarity of their sets of shingles of 5 tokens is at least 0.8 (Broder 1997, "On the
      resemblance and containment of documents"), numbers not masked.

    A text without a token (punctuation, a drawing alone) is a near-duplicate of texts that are
    equal up to white space. The similarity is exact. The time grows with the squared number of
    texts that share a shingle, once for each different set of texts (not for each shingle).
    """
    tokens = [content_tokens(text) for text in texts]
    return _clustered(texts, tokens, [_template(of_text) for of_text in tokens])


def copied_texts(texts: Sequence[str], originals: Sequence[str]) -> list[bool]:
    """Which texts are copies of an original: near-duplicates that keep its numbers.

    These are the near-duplicates of `cluster_ids` without the rule of templates. A text with the masked
    tokens of an original and other numbers is another problem of its template, and no copy, however
    many of its shingles they share.
    """
    every = [*texts, *originals]
    tokens = [tuple(content_tokens(text)) for text in every]
    ids = _clustered(every, tokens, tokens)
    members: dict[int, set[tuple[str, ...]]] = {}
    for cluster, of_text in zip(ids[len(texts) :], tokens[len(texts) :], strict=True):
        members.setdefault(cluster, set()).add(of_text)
    return [
        any(
            original == of_text or _template(original) != _template(of_text)
            for original in members.get(cluster, ())
        )
        for cluster, of_text in zip(ids[: len(texts)], tokens[: len(texts)], strict=True)
    ]


def _clustered(
    texts: Sequence[str], tokens: Sequence[Sequence[str]], keys: Sequence[tuple[str, ...]]
) -> list[int]:
    """The clusters of texts that have equal keys or similar shingles.

    Args:
        keys: of each text; the white space of a text without a token counts in its place.
    """
    firsts: dict[Hashable, int] = {}
    first_of: Ints = np.arange(len(texts))
    unique: dict[tuple[str, ...], int] = {}
    for index, of_text in enumerate(tokens):
        key = keys[index] if of_text else collapse_spaces(texts[index])
        first_of[index] = firsts.setdefault(key, index)
        if len(of_text) >= SHINGLE:
            unique.setdefault(tuple(of_text), index)
    return _joined(first_of, list(unique), np.fromiter(unique.values(), np.int64, len(unique)))


def _template(tokens: Sequence[str]) -> tuple[str, ...]:
    """The tokens with masked numbers; as they are where none of them is a word."""
    return tuple(mask_numerals(tokens) if any(map(is_word, tokens)) else tokens)


def _joined(labels: Ints, texts: Sequence[tuple[str, ...]], indices: Ints) -> list[int]:
    """The labels after texts with similar shingles are joined.

    Args:
        labels: for every text the smallest index of its cluster.
        texts: different texts as tokens.
        indices: where they stand among all texts.
    """
    sizes, shared, weights = _shared_shingles(texts)
    for start in range(0, len(texts) if len(weights) else 0, _BLOCK):
        block = shared[start : start + _BLOCK]
        common = (block.multiply(weights).tocsr() @ shared.T).tocoo()
        rows, columns = common.row.astype(np.int64) + start, common.col.astype(np.int64)
        # common / (a + b - common) >= 4 / 5, in integers
        similar = (rows < columns) & (9 * common.data >= 4 * (sizes[rows] + sizes[columns]))
        labels = _merge(labels, indices[rows[similar]], indices[columns[similar]])
    result: list[int] = labels.tolist()
    return result


def _shared_shingles(texts: Sequence[tuple[str, ...]]) -> tuple[Ints, Any, Ints]:
    """The shingles that several texts have, of all texts.

    Shingles of the same texts (those of a common sentence) are one column.

    Returns:
        the number of different shingles per text, a sparse matrix texts x columns of ones, and the
        number of shingles per column.
    """
    from scipy import sparse  # loading it takes longer than most commands

    holders: dict[tuple[str, ...], list[int]] = {}
    sizes = np.zeros(len(texts), np.int64)
    for row, tokens in enumerate(texts):
        shingles = set(ngrams(tokens, SHINGLE))
        sizes[row] = len(shingles)
        for shingle in shingles:
            holders.setdefault(shingle, []).append(row)
    columns: dict[tuple[int, ...], int] = {}
    for rows in holders.values():
        if len(rows) > 1:
            columns[tuple(rows)] = columns.get(tuple(rows), 0) + 1
    lengths = [len(rows) for rows in columns]
    matrix = sparse.csc_matrix(
        (
            np.ones(sum(lengths), np.int64),
            np.fromiter(chain.from_iterable(columns), np.int64, sum(lengths)),
            np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
        ),
        shape=(len(texts), len(columns)),
    )
    return sizes, matrix.tocsr(), np.fromiter(columns.values(), np.int64, len(columns))


def _merge(labels: Ints, first: Ints, second: Ints) -> Ints:
    """The labels after the texts of each pair are joined."""
    if not len(first):
        return labels
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(labels)
    rows, columns = np.append(np.arange(n), first), np.append(labels, second)
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(n, n))
    _, components = connected_components(graph, directed=False)
    _, smallest, inverse = np.unique(components, return_index=True, return_inverse=True)
    merged: Ints = smallest[inverse]
    return merged
