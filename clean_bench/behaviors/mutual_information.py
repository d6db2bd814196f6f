r"""Template collapse: the mutual information between a problem and its completion.

With X the problem (uniform over n problems) and Y its completion, I(X; Y) is 0 where every problem gets
the same text and log2 n where the text identifies the problem. It is bounded from below. For any
q(x | y) that was made without the completions it is evaluated on (Barber and Agakov 2003, "The IM
algorithm"),

    I(X; Y)  >=  log2 n + mean over completions of log2 q(its problem | completion)        (bits)

q is a label-smoothed softmax over cosine similarities: (1 - e) softmax(b * similarity) + e / n. The
vectors hold (1 + log tf) * idf of words and word pairs. The similarity is that of a judged completion
with other completions of the problem, its references. With e = 0 the bound is InfoNCE (van den Oord et
al. 2018); the smoothing is for completions that follow a template among others that do not. References
and judged completions are disjoint samples, and b and e are fitted on a random half of the judged
completions for the other half. The bound may be negative, which shows no dependence.

Copying the problem is not reasoning about it. So in `beyond_copying` numbers do not count, and the
words of a problem's prompt (by their stem), and pairs with such a word, are removed from its
references. The judged completion is never changed by its own problem, which would reveal the label.
`with_copying` keeps everything.

The null distribution comes from 999 permutations: the judged completions are assigned to the problems
at random, and b and e fitted again. So the smallest p-value is 0.001.

Limits: it is a lower bound on words and not on meaning. It misses dependence in numbers or in the
problem's own words, and part of the information where few completions deviate from a template.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log, log2

import numpy as np
import numpy.typing as npt
from scipy import sparse

from clean_bench.statistics.estimate import Estimate
from clean_bench.statistics.ratio import mean, rate
from clean_bench.text.stemmer import stem
from clean_bench.text.tokenizer import bag_tokens

PERMUTATIONS = 999
_KEY = 0x646570656E64  # fixed, so that the numbers are reproducible
_SCALES = np.array([0.0, *np.geomspace(1, 256, 13)])
_SMOOTHINGS = np.array([0.01, 0.05, 0.2, 0.4, 0.6, 0.8])
_EQUAL = 1e-9
"""Sums of the same numbers in another order differ by less."""
_PAIR_BITS = 20
_PAIRS = 1 << _PAIR_BITS
"""Columns that word pairs are hashed to. The words follow, one column each."""

Array = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ProblemTexts:
    """A problem with its prompt, its reference completions and its judged completions."""

    problem: str
    prompt: str
    references: Sequence[str]
    judged: Sequence[str]


@dataclass(frozen=True, slots=True)
class MutualInformation:
    """The lower bound, with its null from random permutations.

    `bits` and `retrieved` (the share of judged completions whose problem has the highest
    similarity) have intervals clustered by problem, the references held fixed. `most` is log2 of
    the number of problems. Over `permutations`, `null_mean` and `null_high` are the mean and the
    95% quantile of the bits, `null_retrieved` the mean share, and `p` is the one-sided permutation
    p-value of `bits`.
    """

    problems: int
    judged: int
    bits: Estimate
    most: float
    retrieved: Estimate
    permutations: int
    null_mean: float
    null_high: float
    null_retrieved: float
    p: float


def mutual_information(texts: Sequence[ProblemTexts]) -> dict[str, MutualInformation]:
    """The lower bound as `beyond_copying` and as `with_copying`.

    Args:
        texts: at least two problems, each with at least one reference and one judged completion.

    Raises:
        ValueError: if a problem has no reference or no judged completion, or for fewer than two
            problems.
    """
    encoded = _EncodedTexts(texts)
    return {"beyond_copying": _bound(encoded, False), "with_copying": _bound(encoded, True)}


def _bound(encoded: _EncodedTexts, with_copying: bool) -> MutualInformation:
    similarity = _similarities(encoded, with_copying)
    labels = np.repeat(np.arange(len(encoded.judged)), [len(texts) for texts in encoded.judged])
    generator = np.random.Generator(np.random.Philox(key=_KEY))
    critic = _Critic(similarity, generator.random(len(labels)) < 0.5)
    bits, retrieved = critic.bits(labels), _retrieved(similarity)
    permuted = np.array([generator.permutation(labels) for _ in range(PERMUTATIONS)])
    null = critic.mean_bits(permuted)
    rows = np.arange(len(labels))
    counts = np.bincount(labels).astype(np.float64)
    reached = int((null >= bits.mean() - _EQUAL).sum())
    return MutualInformation(
        problems=len(encoded.judged),
        judged=len(labels),
        bits=mean(np.bincount(labels, bits), counts),
        most=log2(len(encoded.judged)),
        retrieved=rate(np.bincount(labels, retrieved[rows, labels]), counts),
        permutations=PERMUTATIONS,
        null_mean=float(null.mean()),
        null_high=float(np.quantile(null, 0.95)),
        null_retrieved=float(retrieved[rows, permuted].mean()),
        p=(1 + reached) / (1 + PERMUTATIONS),
    )


class _Critic:
    """log2 n + log2 q of every judged completion, for any labels."""

    def __init__(self, similarity: Array, first: npt.NDArray[np.bool_]) -> None:
        self._similarity, self._halves = similarity, (first, ~first)
        self._rows = np.arange(len(similarity))
        top = similarity.max(axis=1)
        shifted = similarity - top[:, None]
        # (scales, judged): log of the mean over problems of exp(scale * similarity).
        self._log_mean = np.array(
            [scale * top + np.log(np.exp(scale * shifted).mean(axis=1)) for scale in _SCALES]
        )

    def bits(self, labels: Ids) -> Array:
        """(judged,): the bits of every judged completion."""
        gains = np.array([gain[:, 0] for gain in self._gains(labels[None])])
        result = np.empty(len(labels))
        for half, rest in (self._halves, self._halves[::-1]):
            result[half] = gains[_best(gains @ rest), half]
        return result / log(2)

    def mean_bits(self, labels: Ids) -> Array:
        """(permutations,): the mean of `bits` under each row of labels, all rows at once."""
        halves = np.array(self._halves, dtype=np.float64)
        sums = np.array(
            [halves @ gain for gain in self._gains(labels)]
        )  # (settings, 2, permutations)
        fitted = [
            np.take_along_axis(sums[:, half], _best(sums[:, 1 - half])[None], axis=0)[0]
            for half in (0, 1)
        ]
        return np.asarray((fitted[0] + fitted[1]) / (labels.shape[1] * log(2)))

    def _gains(self, labels: Ids) -> Iterator[Array]:
        """(judged, permutations): log of n q under each setting, for labels (permutations, judged)."""
        chosen = self._similarity[self._rows[:, None], labels.T]
        for scale, log_mean in zip(_SCALES, self._log_mean, strict=True):
            ratio = np.exp(scale * chosen - log_mean[:, None])
            for smoothing in _SMOOTHINGS:
                yield np.log(ratio * (1 - smoothing) + smoothing)


def _best(fit: Array) -> Ids:
    """The index of the largest sum over settings; of equal ones the first, whatever the rounding."""
    return np.asarray((fit >= fit.max(axis=0) - _EQUAL).argmax(axis=0))


def _retrieved(similarity: Array) -> Array:
    """(judged, problems): 1 at the most similar problem, 1/k at each of k equal ones."""
    best = similarity == similarity.max(axis=1)[:, None]
    result: Array = best / best.sum(axis=1)[:, None]
    return result


class _EncodedTexts:
    """Texts as ids of stemmed words: prompts, references and judged completions of every problem."""

    def __init__(self, texts: Sequence[ProblemTexts]) -> None:
        if len(texts) < 2 or not all(each.references and each.judged for each in texts):
            raise ValueError(
                "expected two problems or more, each with a reference and a judged completion"
            )
        self._ids: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self.judged = [[self._encode(text) for text in each.judged] for each in texts]
        self.references = [[self._encode(text) for text in each.references] for each in texts]
        self.prompts = [self._encode(each.prompt) for each in texts]
        self.numerals = np.array([root[0].isdigit() for root in self._stems], dtype=np.bool_)
        """For every id, whether it is a number."""

    def _encode(self, text: str) -> npt.NDArray[np.int32]:
        ids, tokens = self._ids, bag_tokens(text)
        for token in dict.fromkeys(tokens):
            if token not in ids:
                root = stem(token) if token.isascii() and token.isalpha() else token
                ids[token] = self._stems.setdefault(root, len(self._stems))
        return np.fromiter(map(ids.__getitem__, tokens), np.int32, len(tokens))


def _similarities(encoded: _EncodedTexts, with_copying: bool) -> Array:
    """(judged, problems): cosine of every judged completion to the references of every problem."""
    counted = np.full(len(encoded.numerals), True) if with_copying else ~encoded.numerals
    judged = [_terms(ids, counted) for texts in encoded.judged for ids in texts]
    references, distinct = [], []
    for row, texts in enumerate(encoded.references):
        distinct.append(np.unique(np.concatenate([_terms(ids, counted) for ids in texts])))
        allowed = counted
        if not with_copying:
            allowed = counted.copy()
            allowed[encoded.prompts[row]] = False
        references += [(row, _terms(ids, allowed)) for ids in texts]
    holders = np.bincount(np.concatenate(distinct), minlength=_PAIRS + len(counted))
    idf = np.log((1 + len(encoded.judged)) / (1 + holders))
    queries = _vectors(list(enumerate(judged)), len(judged), idf)
    candidates = _vectors(references, len(encoded.judged), idf)
    similarity: Array = (queries @ candidates.T).toarray()
    return similarity.round(12)


def _terms(ids: npt.NDArray[np.int32], counted: npt.NDArray[np.bool_]) -> Ids:
    """The columns of the counted words and of pairs of two such words in sequence, with repetition."""
    kept = counted[ids]
    both = kept[:-1] & kept[1:]
    a, b = ids[:-1][both].astype(np.uint64), ids[1:][both].astype(np.uint64)
    mixed = (a * np.uint64(0x9E3779B97F4A7C15) + b) * np.uint64(0xC2B2AE3D27D4EB4F)
    pairs = (mixed >> np.uint64(64 - _PAIR_BITS)).astype(np.int64)
    return np.concatenate([pairs, _PAIRS + ids[kept].astype(np.int64)])


def _vectors(documents: Sequence[tuple[int, Ids]], rows: int, idf: Array) -> sparse.csr_matrix:
    """(rows, terms): the sum of (1 + log tf) * idf over a row's documents, of length 1."""
    columns, weights, row_ids = [], [], []
    for row, terms in documents:
        distinct, counts = np.unique(terms, return_counts=True)
        columns.append(distinct)
        weights.append((1 + np.log(counts)) * idf[distinct])
        row_ids.append(np.full(len(distinct), row))
    matrix = sparse.csr_matrix(
        (np.concatenate(weights), (np.concatenate(row_ids), np.concatenate(columns))),
        shape=(rows, len(idf)),
    )
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.where(length > 0, length, 1.0)) @ matrix
