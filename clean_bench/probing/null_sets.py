"""What evidence is compared with: the null sets, or what a test has without one.

Near-duplicates are not independent, so each cluster of them gives one score: its largest evidence, which
makes p-values larger. A copy of a problem of the set under test is no unseen problem and is left out
(`clusters.copied_texts`); another problem of the same template stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from clean_bench.probing.clusters import cluster_ids, copied_texts
from clean_bench.probing.tests.base import CutTest, Test
from clean_bench.problems import Problem

Statistics = dict[tuple[str, str], dict[str, float]]
"""Statistics by name, by test and problem."""
Key = tuple[str, str]
"""The set and the id of a problem."""


class Null(NamedTuple):
    """The evidence without memorization, one score per cluster, and what it is of."""

    name: str
    evidence: Sequence[float]


@dataclass(frozen=True)
class NullSets:
    """The null sets of a probe.

    Attributes:
        names: of the sets, in order.
        clusters: cluster of each of their problems, over all of them.
        copies: their problems that are copies of one of a set, by the name of that set.
        control: the positive control; it has no null set, because passages differ from problems.
    """

    names: Sequence[str]
    clusters: Mapping[Key, int]
    copies: Mapping[str, Collection[Key]]
    control: str | None = None

    @property
    def name(self) -> str:
        """What flags name as their null."""
        return ", ".join(self.names)

    def is_null_of(self, name: str) -> bool:
        """Whether a set is compared with the null sets."""
        return bool(self.names) and name not in self.names and name != self.control


def null_sets_of(
    sets: Mapping[str, Sequence[Problem]], names: Sequence[str], control: str | None
) -> NullSets:
    """The null sets with their clusters, and with the copies of each other set."""
    problems = [(name, problem) for name in names for problem in sets[name]]
    keys = [(name, problem.id) for name, problem in problems]
    texts = [problem.problem for _, problem in problems]
    clusters = dict(zip(keys, cluster_ids(texts), strict=True))
    copies = {}
    for tested in sets if names else ():
        if tested not in names and tested != control:
            copied = copied_texts(texts, [problem.problem for problem in sets[tested]])
            copies[tested] = frozenset(k for k, of in zip(keys, copied, strict=True) if of)
    return NullSets(names, clusters, copies, control)


def null_of(
    test: Test,
    name: str,
    sets: Mapping[str, Sequence[Problem]],
    clusters: Mapping[str, Mapping[str, int]],
    nulls: NullSets,
    statistics: Mapping[str, Statistics],
    left_out: Mapping[str, Collection[str]],
) -> Null | None:
    """The null of a test on a set: the null sets where it has some, else the test's own.

    Args:
        clusters: cluster of each problem by its id, by the name of the set.
        left_out: ids of the problems that tests on cut problems leave out, by the name of the set.
    """
    if nulls.is_null_of(name):
        pooled = pooled_evidence(test, name, sets, nulls, statistics, left_out)
        if pooled:
            return Null(nulls.name, pooled)
    if test.null_name is None:
        return None
    own: dict[int, float] = {}
    for problem in sets[name]:
        known = statistics[name].get((test.name, problem.id))
        if known is None or (isinstance(test, CutTest) and problem.id in left_out[name]):
            continue
        _keep_largest(own, clusters[name][problem.id], test.null_evidence(known))
    return Null(test.null_name, list(own.values())) if own else None


def pooled_evidence(
    test: Test,
    name: str,
    sets: Mapping[str, Sequence[Problem]],
    nulls: NullSets,
    statistics: Mapping[str, Statistics],
    left_out: Mapping[str, Collection[str]],
) -> list[float]:
    """The evidence of all null sets for the set `name`, one score per cluster."""
    copies = nulls.copies.get(name, ())
    pooled: dict[int, float] = {}
    for null in nulls.names:
        of_null = evidence_of(test, sets[null], statistics[null], left_out[null])
        for place, score in of_null.items():
            key = (null, sets[null][place].id)
            if key not in copies:
                _keep_largest(pooled, nulls.clusters[key], score)
    return list(pooled.values())


def evidence_of(
    test: Test,
    problems: Sequence[Problem],
    statistics: Statistics,
    left_out: Collection[str] = (),
) -> dict[int, float]:
    """The evidence of problems by their place in the set, of those that the test measured.

    Args:
        left_out: ids of problems that tests on cut problems leave out.
    """
    scores = {}
    for place, problem in enumerate(problems):
        if isinstance(test, CutTest) and problem.id in left_out:
            continue
        known = statistics.get((test.name, problem.id))
        score = None if known is None else test.evidence(known)
        if score is not None:
            scores[place] = score
    return scores


def _keep_largest(scores: dict[int, float], cluster: int, score: float | None) -> None:
    if score is not None:
        scores[cluster] = max(score, scores.get(cluster, score))
