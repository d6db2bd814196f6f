"""An index of the n-grams of benchmark problems, for batches of training rows.

Memory is that of the benchmarks' n-grams; nothing of a training row is kept. An n-gram is a polynomial
hash modulo 2^64 of the 64-bit hashes of its tokens. A token that no benchmark has ends a run. Stored
hits are compared again token by token (`match.compare_texts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clean_bench.overlap.match import OverlapMatch, counts_masked, problem_ngrams
from clean_bench.text.hash_index import Hashes, HashIndex, Ints, hash64, hash_texts
from clean_bench.text.normalize import brackets
from clean_bench.text.tokenizer import NUMERAL, content_tokens, is_numeral, is_word, mask_numerals

_FACTOR = 0x9E3779B97F4A7C15
_BASE, _64_BITS = np.uint64(_FACTOR), 2**64 - 1
_UNKNOWN, _UNKNOWN_NUMERAL, _MASK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RowMatch:
    """A training row of a batch that has an n-gram of a problem, or all of its masked tokens."""

    row: int
    problem: int
    match: OverlapMatch


class _Ngrams:
    """All n-grams of all problems, plain or masked."""

    def __init__(self, by_problem: Sequence[Sequence[tuple[str, ...]]]) -> None:
        """Take the n-grams of each problem in turn."""
        flat = [ngram for ngrams in by_problem for ngram in ngrams]
        hashes = {token: hash64(token) for token in {token for ngram in flat for token in ngram}}
        self.totals = np.array([len(ngrams) for ngrams in by_problem], dtype=np.int64)
        self._problems = np.repeat(np.arange(len(by_problem)), self.totals)
        self._by_size: dict[int, HashIndex] = {}
        for size in sorted({len(ngram) for ngram in flat}):
            positions = [i for i, ngram in enumerate(flat) if len(ngram) == size]
            values = [_ngram_hash(flat[i], hashes) for i in positions]
            self._by_size[size] = HashIndex(values, positions)

    def count(self, values: Hashes, known: npt.NDArray[np.bool_], rows: Ints) -> dict[int, int]:
        """How many n-grams of a problem a row has, by row * problems + problem.

        Args:
            values: the hashes of a batch's tokens.
            known: whether a token may be part of an n-gram.
            rows: the row that each token belongs to.
        """
        problems, pairs = max(1, len(self.totals)), []
        rolled = np.zeros(len(values), dtype=np.uint64)
        unknown = np.concatenate([[0], np.cumsum(~known)])
        for size in range(1, max(self._by_size, default=0) + 1):
            ends = np.arange(size - 1, len(values))
            rolled = rolled[: len(ends)] * _BASE + values[ends]
            if size in self._by_size:
                whole = np.flatnonzero(
                    (unknown[ends + 1] == unknown[ends + 1 - size])
                    & (rows[ends] == rows[ends - size + 1])
                )
                pairs.append(self._by_size[size].find_all(rolled[whole], rows[ends[whole]]))
        if not pairs:
            return {}
        in_rows = np.concatenate([row for row, _ in pairs])
        ngrams = np.concatenate([ngram for _, ngram in pairs])
        size = max(1, len(self._problems))
        in_rows, ngrams = np.divmod(np.unique(in_rows * size + ngrams), size)
        keys, counts = np.unique(in_rows * problems + self._problems[ngrams], return_counts=True)
        return dict(zip(keys.tolist(), counts.tolist(), strict=True))


class OverlapIndex:
    """Benchmark problems to look for in rows of text."""

    def __init__(self, problems: Sequence[str], n: int) -> None:
        """Take the texts of the problems and the number of tokens in an n-gram."""
        tokens = [content_tokens(problem) for problem in problems]
        masked = [mask_numerals(of_problem) for of_problem in tokens]
        self._size = len(problems)
        self._vocabulary = {NUMERAL: _MASK}
        for of_problem in tokens:
            for token in of_problem:
                self._vocabulary.setdefault(token, len(self._vocabulary) + _MASK)
        names = ["", "0", *self._vocabulary]
        self._values = hash_texts(names)
        self._numerals = np.array([bool(name) and is_numeral(name) for name in names])
        self._plain = _Ngrams([problem_ngrams(of_problem, n) for of_problem in tokens])
        self._masked = _Ngrams(
            [list(filter(counts_masked, problem_ngrams(of_problem, n))) for of_problem in masked]
        )
        self._brackets = [brackets(problem) for problem in problems]
        self._whole: dict[tuple[str, ...], list[int]] = {}
        self._whole_masked: dict[tuple[str, ...], list[int]] = {}
        for number, (plain, hidden) in enumerate(zip(tokens, masked, strict=True)):
            if plain:
                self._whole.setdefault(tuple(plain), []).append(number)
            if any(map(is_word, hidden)):
                self._whole_masked.setdefault(tuple(hidden), []).append(number)

    def find(self, texts: Sequence[str]) -> Iterator[RowMatch]:
        """Matches of the problems with the texts, by text and then by problem.

        Left out are pairs that share no n-gram and whose masked tokens differ.
        """
        rows = [content_tokens(text) for text in texts]
        ids = np.fromiter(
            (self._id(token) for row in rows for token in row), np.int64, sum(map(len, rows))
        )
        numbers = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        masked_ids = np.where(self._numerals[ids], _MASK, ids)
        plain = self._plain.count(self._values[ids], ids > _UNKNOWN_NUMERAL, numbers)
        masked = self._masked.count(self._values[masked_ids], masked_ids > _UNKNOWN, numbers)
        same: set[int] = set()
        same_masked: set[int] = set()
        for number, row in enumerate(rows):
            first = number * self._size
            same.update(first + i for i in self._whole.get(tuple(row), ()))
            key = tuple(mask_numerals(row))
            same_masked.update(first + i for i in self._whole_masked.get(key, ()))
        for pair in sorted({*plain, *masked, *same, *same_masked}):
            number, problem = divmod(pair, self._size)
            share = _ratio(plain.get(pair, 0), self._plain.totals[problem])
            masked_share = _ratio(masked.get(pair, 0), self._masked.totals[problem])
            match = OverlapMatch(
                pair in same and self._brackets[problem] == brackets(texts[number]),
                1.0 if pair in same else share,
                1.0 if pair in same or pair in same_masked else masked_share,
            )
            yield RowMatch(number, problem, match)

    def _id(self, token: str) -> int:
        known = self._vocabulary.get(token)
        if known is None:
            return _UNKNOWN_NUMERAL if is_numeral(token) else _UNKNOWN
        return known


def _ratio(part: int, whole: int) -> float:
    return part / int(whole) if whole else 0.0


def _ngram_hash(ngram: Sequence[str], hashes: Mapping[str, int]) -> int:
    value = 0
    for token in ngram:
        value = (value * _FACTOR + hashes[token]) & _64_BITS
    return value
