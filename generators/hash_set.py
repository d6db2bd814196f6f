"""Which canonical forms a set already has, in eight bytes each.

Forms are kept as 64-bit hashes in sorted arrays whose sizes at least double from each to the one
before, so that adding costs a merge now and then and looking up a few binary searches. Two different
forms share a hash once in 2^64 pairs; such a form would be drawn again for no need, and verified alike.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Hashes: TypeAlias = npt.NDArray[np.uint64]


class Seen:
    """A growing set of 64-bit hashes."""

    def __init__(self) -> None:
        self._runs: list[Hashes] = []
        self.size = 0

    def add(self, hashes: Hashes) -> None:
        """Add hashes, none of which is in it."""
        if not len(hashes):
            return
        run = np.sort(hashes)
        self.size += len(run)
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.concatenate([self._runs.pop(), run])
            run.sort(kind="stable")
        self._runs.append(run)

    def among(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """For each hash, whether it is in the set."""
        found = np.zeros(len(hashes), dtype=bool)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            found |= run[places] == hashes
        return found

    def __contains__(self, value: Any) -> bool:
        return bool(self.among(np.array([value], dtype=np.uint64))[0])
