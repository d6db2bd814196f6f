"""64-bit hashes of texts, and sorted arrays of them that are looked up in batches.

Two different texts share a hash with probability 2^-64.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Hashes: TypeAlias = npt.NDArray[np.uint64]
Ints: TypeAlias = npt.NDArray[np.int64]


def hash64(text: str) -> int:
    """A 64-bit hash of a text, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def hash_texts(texts: Collection[str]) -> Hashes:
    """`hash64` of each text."""
    return np.fromiter(map(hash64, texts), np.uint64, len(texts))


class HashIndex:
    """A fixed map from hashes to integers; a hash may have several."""

    def __init__(self, hashes: Sequence[int] | Hashes, values: Sequence[int] | Ints) -> None:
        """Take pairs of a hash and its value."""
        keys = np.array(hashes, dtype=np.uint64)
        order = np.argsort(keys, kind="stable")
        self._hashes, starts = np.unique(keys[order], return_index=True)
        self._starts = np.append(starts, len(keys))
        self._values = np.array(values, dtype=np.int64)[order]

    def find_all(self, hashes: Hashes, rows: Ints) -> tuple[Ints, Ints]:
        """All pairs of a row and a value whose hashes are equal; `rows` has one row per hash."""
        positions, present = _search(self._hashes, hashes)
        hits = np.flatnonzero(present)
        starts = self._starts[positions[hits]]
        counts = np.diff(self._starts)[positions[hits]]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(rows[hits], counts), self._values[np.repeat(starts, counts) + within]

    def find_first(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Where the hashes that occur stand in `hashes`, and the first value of each."""
        positions, present = _search(self._hashes, hashes)
        hits = np.flatnonzero(present)
        return hits, self._values[self._starts[positions[hits]]]


class HashSet:
    """A growing set of hashes, 8 bytes each.

    The sorted runs at least double in size from each to the one before, so the cost of additions
    is amortized and a look-up takes a few binary searches.
    """

    def __init__(self, hashes: Hashes | None = None) -> None:
        """Begin with some hashes, all different."""
        self._runs: list[Hashes] = []
        self.size = 0
        if hashes is not None:
            self.add(hashes)

    def add(self, hashes: Hashes) -> None:
        """Add hashes, none of which is in the set."""
        if not len(hashes):
            return
        run = np.sort(hashes)
        self.size += len(run)
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.concatenate([self._runs.pop(), run])
            run.sort(kind="stable")
        self._runs.append(run)

    def contains(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """For each hash, whether it is in the set."""
        present = np.zeros(len(hashes), dtype=bool)
        for run in self._runs:
            present |= _search(run, hashes)[1]
        return present

    def __contains__(self, value: object) -> bool:
        return bool(self.contains(np.array([value], dtype=np.uint64))[0])


def _search(run: Hashes, hashes: Hashes) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """For each hash its position in a sorted run, and whether it is in the run."""
    if not len(run):
        return np.zeros(len(hashes), dtype=np.int64), np.zeros(len(hashes), dtype=bool)
    positions = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
    return positions, run[positions] == hashes
