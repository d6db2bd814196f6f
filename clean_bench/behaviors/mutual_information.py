r"""Template collapse: how little does the reasoning depend on the problem?

The measure is the mutual information of the problem X (uniform over n problems) and its completion Y,
bounded from below by how well the problem can be told from the completion. For any q(x | y) that was
made without looking at the completions it is judged on (Barber and Agakov 2003, "The IM algorithm"),

    I(X; Y)  >=  log2 n + mean over completions of log2 q(its problem | completion)        (bits)

which is 0 where every problem gets the same text and log2 n where the text gives the problem away.
Here q is a share of certainty and a rest of doubt: (1 - e) softmax(b * similarity) + e / n, where the
similarity is the cosine of word and word-pair weights, (1 + log tf) * idf, to other completions of that
problem, its references. (With e = 0 it is InfoNCE, van den Oord et al. 2018; the doubt is for the
completions that follow a template among others that do not.) References and judged completions are
disjoint samples, and b and e are fitted on a random half of the judged ones for the other half, so
that nothing is judged by what it helped to make. A bound may fall below 0: then the text told nothing.

Copying the problem is no reasoning about it. So numbers count nowhere, and what the candidate's
own prompt contains does not count towards the candidate: every word of it (by its stem) and every
pair with such a word is taken from its references. The judged completion is never changed by the
problem that it belongs to: that would give the problem away. `with_copying` leaves all in.

The null says what the bound and the rate of right guesses are where text and problem have nothing to
do with each other: the judged completions are dealt out to the problems at random, and the number
fitted again.

Limits: a bound. It sees words and not their meaning, it counts no dependence that shows in numbers or
in the problem's own words alone, and a template with few deviations costs it some of the truth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log2
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from clean_bench.probe.compat.porter import stem
from clean_bench.statistics.ratio import mean, rate, stated

DEALS = 999
_KEY = 0x646570656E64  # any fixed number: what matters is that it never changes
_SCALES = np.array([0.0, *np.geomspace(1, 256, 13)])
_DOUBTS = np.array([0.01, 0.05, 0.2, 0.4, 0.6, 0.8])
_EQUAL = 1e-9
"""Sums of the same numbers in another order differ by less."""
_PAIR_BITS = 20
_PAIRS = 1 << _PAIR_BITS
"""Columns that pairs of words are hashed to; words follow, each with its own."""
_TOKEN = re.compile(
    r"\\[a-z]+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # CJK is not written in words
    r"|(?:(?![\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])[^\W\d_])+|\d+|[^\s\w]"
)

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """A problem with its prompt, the completions that stand for it and those that are judged."""

    problem: str
    prompt: str
    references: Sequence[str]
    judged: Sequence[str]


def dependences(texts: Sequence[Texts]) -> dict[str, dict[str, Any]]:
    """`dependence` as `beyond_copying` and as `with_copying`; every text is read once."""
    read = _Read(texts)
    return {"beyond_copying": _bound(read, False), "with_copying": _bound(read, True)}


def dependence(texts: Sequence[Texts], *, with_copying: bool = False) -> dict[str, Any]:
    """The bound, with its interval and its null.

    Args:
        texts: at least two problems with at least one reference and one judged completion each.
        with_copying: let numbers and what the prompt contains count as well.

    Returns:
        `problems`, `judged` (their number); `bits` and `retrieved` (the share of judged
        completions whose problem has the highest similarity), both with intervals clustered by
        problem, the references held fixed; `most` = log2 n; `null`: of 999 random deals `mean`,
        `high` (their 95% quantile) and `retrieved` (their mean rate), and `p`, the one-sided
        permutation p-value of `bits`.

    Raises:
        ValueError: if a problem lacks one of the two, or there are fewer than two problems.
    """
    return _bound(_Read(texts), with_copying)


def _bound(read: _Read, with_copying: bool) -> dict[str, Any]:
    similarity = _similarities(read, with_copying)
    owner = np.repeat(np.arange(len(read.judged)), [len(own) for own in read.judged])
    generator = np.random.Generator(np.random.Philox(key=_KEY))
    first = generator.random(len(owner)) < 0.5
    critic = _Critic(similarity, first)
    bits = critic.bits(owner)
    right = _right(similarity)
    rows = np.arange(len(owner))
    dealt = [generator.permutation(owner) for _ in range(DEALS)]
    null = np.array([critic.bits(labels).mean() for labels in dealt])
    chance = float(np.mean([right[rows, labels].mean() for labels in dealt]))
    number = np.bincount(owner).astype(np.float64)
    reached = int((null >= bits.mean() - _EQUAL).sum())
    return {
        "problems": len(read.judged),
        "judged": len(owner),
        "bits": stated(mean(np.bincount(owner, bits), number)),
        "most": log2(len(read.judged)),
        "retrieved": stated(rate(np.bincount(owner, right[rows, owner]), number)),
        "null": {
            "deals": DEALS,
            "mean": float(null.mean()),
            "high": float(np.quantile(null, 0.95)),
            "retrieved": chance,
            "p": (1 + reached) / (1 + DEALS),
        },
    }


class _Critic:
    """log2 n + log2 q of every judged completion, for any labels."""

    def __init__(self, similarity: Array, first: npt.NDArray[np.bool_]) -> None:
        self._similarity, self._halves = similarity, (first, ~first)
        self._rows = np.arange(len(similarity))
        top = similarity.max(axis=1)
        shifted = similarity - top[:, None]
        # (scales, judged): log of the mean over problems of exp(scale * similarity).
        self._normal = np.array(
            [scale * top + np.log(np.exp(scale * shifted).mean(axis=1)) for scale in _SCALES]
        )

    def bits(self, labels: Ids) -> Array:
        own = self._similarity[self._rows, labels]
        ratio = np.exp(_SCALES[:, None] * own - self._normal)
        # (scales, doubts, judged): log of n q under each setting.
        gains = np.log(ratio[:, None] * (1 - _DOUBTS[:, None]) + _DOUBTS[:, None])
        gains = gains.reshape(-1, len(labels))
        result = np.empty(len(labels))
        for half, rest in (self._halves, self._halves[::-1]):
            fit = gains @ rest
            # The first of equal ones, whatever rounding says on this machine.
            best = int((fit >= fit.max() - _EQUAL).argmax())
            result[half] = gains[best, half]
        return result / log(2)


def _right(similarity: Array) -> Array:
    """(judged, problems): 1 at the most similar problem, shared where several are."""
    best = similarity == similarity.max(axis=1)[:, None]
    result: Array = best / best.sum(axis=1)[:, None]
    return result


class _Read:
    """Texts as numbers of words: of every problem its prompt, its references and those judged."""

    def __init__(self, texts: Sequence[Texts]) -> None:
        if len(texts) < 2 or not all(one.references and one.judged for one in texts):
            raise ValueError("two problems or more, each with a reference and a judged completion")
        words = _Words()
        self.judged = [[words.ids(text) for text in one.judged] for one in texts]
        self.references = [[words.ids(text) for text in one.references] for one in texts]
        self.prompts = [words.ids(one.prompt) for one in texts]
        self.numerals = words.numerals()
        """Of every word, whether it is a numeral."""


class _Words:
    """Numbers for words, by stem."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._stems: dict[str, int] = {}

    def numerals(self) -> npt.NDArray[np.bool_]:
        return np.array([root[0].isdigit() for root in self._stems], dtype=np.bool_)

    def ids(self, text: str) -> npt.NDArray[np.int32]:
        """One number a token."""
        known, tokens = self._known, _TOKEN.findall(text.lower())
        for token in dict.fromkeys(tokens):
            if token not in known:
                root = stem(token) if token.isascii() and token.isalpha() else token
                known[token] = self._stems.setdefault(root, len(self._stems))
        return np.fromiter(map(known.__getitem__, tokens), np.int32, len(tokens))


def _similarities(read: _Read, with_copying: bool) -> Array:
    """(judged, problems): cosine of every judged completion to the references of every problem."""
    counting = np.full(len(read.numerals), True) if with_copying else ~read.numerals
    queries = [_terms(ids, counting) for own in read.judged for ids in own]
    candidates, seen = [], []
    for row, own in enumerate(read.references):
        seen.append(np.unique(np.concatenate([_terms(ids, counting) for ids in own])))
        allowed = counting
        if not with_copying:
            allowed = counting.copy()
            allowed[read.prompts[row]] = False
        candidates += [(row, _terms(ids, allowed)) for ids in own]
    holders = np.bincount(np.concatenate(seen), minlength=_PAIRS + len(counting))
    idf = np.log((1 + len(read.judged)) / (1 + holders))
    asked = _weighted(list(enumerate(queries)), len(queries), idf)
    offered = _weighted(candidates, len(read.judged), idf)
    similarity: Array = (asked @ offered.T).toarray()
    return similarity.round(12)


def _terms(ids: npt.NDArray[np.int32], counting: npt.NDArray[np.bool_]) -> Ids:
    """The words that count and the pairs of neighbours that do, as columns, with repetition."""
    kept = counting[ids]
    together = kept[:-1] & kept[1:]
    a, b = ids[:-1][together].astype(np.uint64), ids[1:][together].astype(np.uint64)
    mixed = (a * np.uint64(0x9E3779B97F4A7C15) + b) * np.uint64(0xC2B2AE3D27D4EB4F)
    pairs = (mixed >> np.uint64(64 - _PAIR_BITS)).astype(np.int64)
    return np.concatenate([pairs, _PAIRS + ids[kept].astype(np.int64)])


def _weighted(documents: Sequence[tuple[int, Ids]], rows: int, idf: Array) -> sparse.csr_matrix:
    """(rows, terms): the sum of (1 + log tf) * idf over a row's documents, of length 1."""
    columns, weights, where = [], [], []
    for row, terms in documents:
        found, times = np.unique(terms, return_counts=True)
        columns.append(found)
        weights.append((1 + np.log(times)) * idf[found])
        where.append(np.full(len(found), row))
    matrix = sparse.csr_matrix(
        (np.concatenate(weights), (np.concatenate(where), np.concatenate(columns))),
        shape=(rows, len(idf)),
    )
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.where(length > 0, length, 1.0)) @ matrix
