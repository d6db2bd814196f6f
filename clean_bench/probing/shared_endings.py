"""Problems whose rest is also the end of another problem, such as a stock phrase.

Where the other one is memorized, this one is completed too: a recited rest does not tell which of them
the checkpoint has seen. Tests on cut problems do not flag such a problem, and it does not belong to
their null.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.cut import cut
from clean_bench.problems import Problem
from clean_bench.text.normalize import collapse_spaces


def shared_endings(
    sets: Mapping[str, Sequence[Problem]], fraction: float, protocol: str
) -> dict[str, frozenset[str]]:
    """Ids of the problems, by set, whose rest after the cut ends another problem of any set.

    White space and the case of letters do not count. A near-duplicate is no other problem: a null set of
    renumbered versions leaves out no more than the set itself. The rule is the same for all problems,
    whatever set they are in, so what is exchangeable stays so.

    Args:
        fraction, protocol: of the cut.
    """
    problems = [(name, problem) for name, of_set in sets.items() for problem in of_set]
    clusters = cluster_ids([problem.problem for _, problem in problems])
    texts = sorted(
        (_backwards(problem.problem), cluster)
        for (_, problem), cluster in zip(problems, clusters, strict=True)
    )
    keys = [text for text, _ in texts]
    shared: dict[str, list[str]] = {name: [] for name in sets}
    for (name, problem), cluster in zip(problems, clusters, strict=True):
        rest = _backwards(cut(problem.problem, fraction, protocol).suffix)
        if rest and any(texts[place][1] != cluster for place in _beginning_with(rest, keys)):
            shared[name].append(problem.id)
    return {name: frozenset(ids) for name, ids in shared.items()}


def _beginning_with(start: str, keys: Sequence[str]) -> Iterator[int]:
    """The places of the sorted texts that begin with `start`; they stand together."""
    for place in range(bisect_left(keys, start), len(keys)):
        if not keys[place].startswith(start):
            return
        yield place


def _backwards(text: str) -> str:
    return collapse_spaces(text).casefold()[::-1]
