"""Problems whose rest is also the end of another problem, such as a stock phrase.

Where one of the two is memorized, the other is completed too: a recited rest does not tell which of them
the checkpoint has seen. Tests on cut problems flag neither, and neither belongs to their null.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from clean_bench.probing.cut import cut
from clean_bench.problems import Problem
from clean_bench.text.normalize import collapse_spaces


def shared_endings(
    sets: Mapping[str, Sequence[Problem]],
    clusters: Mapping[str, Mapping[str, int]],
    fraction: float,
    protocol: str,
) -> dict[str, frozenset[str]]:
    """Ids of the problems, by set, whose rest after the cut ends another problem of any set.

    White space and the case of letters do not count. A near-duplicate in the same set is no other
    problem.

    Args:
        clusters: cluster of each problem by its id, by the name of the set.
        fraction, protocol: of the cut.
    """
    texts = [
        (_backwards(problem.problem), name, clusters[name][problem.id])
        for name, problems in sets.items()
        for problem in problems
    ]
    texts.sort()
    keys = [text for text, _, _ in texts]
    shared: dict[str, frozenset[str]] = {}
    for name, problems in sets.items():
        found = []
        for problem in problems:
            rest = _backwards(cut(problem.problem, fraction, protocol).suffix)
            if not rest:
                continue
            own = (name, clusters[name][problem.id])
            if any(texts[place][1:] != own for place in _beginning_with(rest, keys)):
                found.append(problem.id)
        shared[name] = frozenset(found)
    return shared


def _beginning_with(start: str, keys: Sequence[str]) -> Iterator[int]:
    """The places of the sorted texts that begin with `start`; they stand together."""
    for place in range(bisect_left(keys, start), len(keys)):
        if not keys[place].startswith(start):
            return
        yield place


def _backwards(text: str) -> str:
    return collapse_spaces(text).casefold()[::-1]
