"""Donor prefixes: which other problems' prefixes a suffix is scored after.

The log-probability of a suffix after the prefixes of other problems is what the model gives to text of
this kind anyway (arXiv 2602.18733, prior-aware memorization). A donor has the same subject and a prefix
of nearly the same length, so that only the problem itself differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clean_bench.seeds import digest
from clean_bench.text.normalize import normalize_spaces

Ints = npt.NDArray[np.int64]

DONORS = 8


class CutProblem(Protocol):
    """A problem that is cut into a prefix and a suffix."""

    @property
    def subject(self) -> str | None: ...

    @property
    def prefix(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    @property
    def cluster(self) -> int:
        """Problems of one cluster are near-duplicates (`clusters.cluster_ids`)."""


@dataclass(frozen=True, slots=True)
class Donors:
    """The donors of a problem: their indices, the nearest first.

    `other_subjects` of them (the last ones) have another subject, because its own has too few.
    """

    indices: tuple[int, ...]
    other_subjects: int = 0


def choose_donors(
    problems: Sequence[CutProblem], count: int = DONORS, seed: str = ""
) -> list[Donors]:
    """The donors of every problem.

    A donor is another problem, of another cluster, with another suffix (up to white space), and with a
    prefix that is not empty. Donors of the problem's subject come first, then those whose prefix is
    nearest in words, then those with the smallest seeded hash of both texts. The choice depends on
    the texts and not on their order. Without a subject, problems are of one subject.

    Args:
        problems: all cut at the same fraction.
        count: donors of each problem; fewer where fewer exist.
        seed: of the hashes that break ties.

    Raises:
        ValueError: if the count is not positive.
    """
    if count < 1:
        raise ValueError(f"expected at least one donor, got {count}")
    subjects = _numbered([problem.subject or "" for problem in problems])
    suffixes = _numbered([normalize_spaces(problem.suffix) for problem in problems])
    clusters = np.array([problem.cluster for problem in problems], np.int64)
    lengths = np.array([len(problem.prefix.split()) for problem in problems], np.int64)
    hashes = np.array([_hash(problem, seed) for problem in problems], np.uint64)
    chosen = []
    for index in range(len(problems)):
        allowed = (clusters != clusters[index]) & (suffixes != suffixes[index]) & (lengths > 0)
        same = subjects == subjects[index]
        distances = np.abs(lengths - lengths[index])
        ties = hashes ^ hashes[index]
        own = _nearest(np.flatnonzero(allowed & same), distances, ties, count)
        others = _nearest(np.flatnonzero(allowed & ~same), distances, ties, count - len(own))
        chosen.append(Donors((*own.tolist(), *others.tolist()), len(others)))
    return chosen


def _numbered(texts: Sequence[str]) -> Ints:
    """A number for each text, equal for equal texts."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int64)


def _hash(problem: CutProblem, seed: str) -> int:
    return int.from_bytes(digest("donors", seed, problem.prefix, problem.suffix, length=8), "big")


def _nearest(candidates: Ints, distances: Ints, ties: npt.NDArray[np.uint64], count: int) -> Ints:
    """The candidates with the smallest distances, the smallest first; equal ones by `ties`."""
    if len(candidates) > count > 0:
        of_candidates = distances[candidates]
        candidates = candidates[of_candidates <= np.partition(of_candidates, count - 1)[count - 1]]
    order = np.lexsort((ties[candidates], distances[candidates]))
    return candidates[order[:count]]
