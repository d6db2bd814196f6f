"""The n-grams of benchmarks, hashed, and training rows looked up in them batch by batch.

Memory is that of the benchmarks' grams: of a training row nothing is kept. A gram is a polynomial
hash modulo 2^64 of its tokens' 64-bit hashes; tokens that no benchmark has break a run. What is
stored of a hit is compared again token by token (`match.compare`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clean_bench.overlap.match import counts_masked, grams
from clean_bench.overlap.tokens import NUMERAL, brackets, is_numeral, is_word, masked, tokens
from clean_bench.seeds import hash64

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
_FACTOR = 0x9E3779B97F4A7C15
_BASE, _64_BITS = np.uint64(_FACTOR), 2**64 - 1
_UNKNOWN, _UNKNOWN_NUMERAL, _MASK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Found:
    """A training row of a batch that shares something with a problem."""

    row: int
    problem: int
    exact: bool
    share: float
    masked_share: float


class _Table:
    """The grams of one length: sorted hashes, and for each the places that have it."""

    def __init__(self, hashes: Sequence[int], places: Sequence[int]) -> None:
        values = np.array(hashes, dtype=np.uint64)
        order = np.argsort(values, kind="stable")
        self.hashes, self._starts = np.unique(values[order], return_index=True)
        self._starts = np.append(self._starts, len(values))
        self._places = np.array(places, dtype=np.int64)[order]

    def find(self, hashes: Hashes, rows: Ints) -> tuple[Ints, Ints]:
        """Pairs of a row and a place whose hashes agree."""
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        hit = np.flatnonzero(self.hashes[at] == hashes)
        starts, counts = self._starts[at[hit]], np.diff(self._starts)[at[hit]]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(rows[hit], counts), self._places[np.repeat(starts, counts) + within]


class _Grams:
    """All grams of all problems, plain or masked."""

    def __init__(self, wanted: Sequence[Sequence[tuple[str, ...]]]) -> None:
        """Take the grams of each problem in turn."""
        flat = [gram for found in wanted for gram in found]
        hashes = {token: hash64(token) for token in {token for gram in flat for token in gram}}
        self.totals = np.array([len(found) for found in wanted], dtype=np.int64)
        self._problems = np.repeat(np.arange(len(wanted)), self.totals)
        self._tables: dict[int, _Table] = {}
        for size in sorted({len(gram) for gram in flat}):
            places = [place for place, gram in enumerate(flat) if len(gram) == size]
            self._tables[size] = _Table(
                [_gram_hash(flat[place], hashes) for place in places], places
            )

    def count(self, values: Hashes, known: npt.NDArray[np.bool_], rows: Ints) -> dict[int, int]:
        """How many of a problem's grams stand in a row, by row * problems + problem.

        Args:
            values: the hashes of a batch's tokens.
            known: where a token may be part of a gram.
            rows: the row that each token belongs to.
        """
        problems, found = max(1, len(self.totals)), []
        rolled = np.zeros(len(values), dtype=np.uint64)
        broken = np.concatenate([[0], np.cumsum(~known)])
        for size in range(1, max(self._tables, default=0) + 1):
            ends = np.arange(size - 1, len(values))
            rolled = rolled[: len(ends)] * _BASE + values[ends]
            if size in self._tables:
                whole = np.flatnonzero(
                    (broken[ends + 1] == broken[ends + 1 - size])
                    & (rows[ends] == rows[ends - size + 1])
                )
                found.append(self._tables[size].find(rolled[whole], rows[ends[whole]]))
        if not found:
            return {}
        in_rows = np.concatenate([one for one, _ in found])
        places = np.concatenate([one for _, one in found])
        pairs = np.unique(in_rows * len(self._problems) + places) if len(places) else places
        in_rows, places = np.divmod(pairs, max(1, len(self._problems)))
        keys, counts = np.unique(in_rows * problems + self._problems[places], return_counts=True)
        return dict(zip(keys.tolist(), counts.tolist(), strict=True))


class Index:
    """Problems to look for in rows of text."""

    def __init__(self, problems: Sequence[str], n: int) -> None:
        """Take the texts of the problems and the tokens a gram."""
        found = [tokens(problem) for problem in problems]
        hidden = [masked(one) for one in found]
        self._size = len(problems)
        self._vocabulary = {NUMERAL: _MASK}
        for one in found:
            for token in one:
                self._vocabulary.setdefault(token, len(self._vocabulary) + _MASK)
        names = ["", "0", *self._vocabulary]
        self._values = np.array([hash64(name) for name in names], dtype=np.uint64)
        self._numerals = np.array([bool(name) and is_numeral(name) for name in names])
        self._plain = _Grams([grams(one, n) for one in found])
        self._masked = _Grams([list(filter(counts_masked, grams(one, n))) for one in hidden])
        self._brackets = [brackets(problem) for problem in problems]
        self._whole: dict[tuple[str, ...], list[int]] = {}
        self._whole_masked: dict[tuple[str, ...], list[int]] = {}
        for number, (one, other) in enumerate(zip(found, hidden, strict=True)):
            if one:
                self._whole.setdefault(tuple(one), []).append(number)
            if any(map(is_word, other)):
                self._whole_masked.setdefault(tuple(other), []).append(number)

    def find(self, texts: Sequence[str]) -> Iterator[Found]:
        """What of the problems stands in the texts, by text and then by problem.

        Pairs that share no gram and are not equal, masked, do not come.
        """
        rows = [tokens(text) for text in texts]
        ids = np.fromiter(
            (self._id(token) for row in rows for token in row), np.int64, sum(map(len, rows))
        )
        numbers = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        hidden = np.where(self._numerals[ids], _MASK, ids)
        plain = self._plain.count(self._values[ids], ids > _UNKNOWN_NUMERAL, numbers)
        covered = self._masked.count(self._values[hidden], hidden > _UNKNOWN, numbers)
        same: set[int] = set()
        hidden_same: set[int] = set()
        for number, row in enumerate(rows):
            key = tuple(row)
            same.update(number * self._size + one for one in self._whole.get(key, ()))
            key = tuple(masked(row))
            hidden_same.update(number * self._size + one for one in self._whole_masked.get(key, ()))
        for pair in sorted({*plain, *covered, *same, *hidden_same}):
            number, problem = divmod(pair, self._size)
            alike = pair in same
            whole = alike or pair in hidden_same
            exact = alike and self._brackets[problem] == brackets(texts[number])
            share = 1.0 if alike else _ratio(plain.get(pair, 0), self._plain.totals[problem])
            other = 1.0 if whole else _ratio(covered.get(pair, 0), self._masked.totals[problem])
            yield Found(number, problem, exact, share, other)

    def _id(self, token: str) -> int:
        found = self._vocabulary.get(token)
        if found is None:
            return _UNKNOWN_NUMERAL if is_numeral(token) else _UNKNOWN
        return found


def _ratio(part: int, whole: int) -> float:
    return part / int(whole) if whole else 0.0


def _gram_hash(gram: Sequence[str], hashes: Mapping[str, int]) -> int:
    value = 0
    for token in gram:
        value = (value * _FACTOR + hashes[token]) & _64_BITS
    return value
