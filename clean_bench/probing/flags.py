"""Flags: which problems a test finds memorized, with p-values against a named null.

The p-value of a problem is the rank of its evidence among that of problems the checkpoint has not seen
(conformal, Bates et al. 2023): the never-planted twins of a control model, or the sets that the user
names as null. It is valid if an unseen problem of the set and a problem of the null have exchangeable
evidence. Without such a set a test may have a null of its own (for reconstruction the look-up without a
model); without that it flags nothing. Tests on cut problems leave out the problems whose rest also ends
another problem (`clean_bench.probing.shared_endings`), in the set and in its null alike.

Benjamini-Hochberg controls the false discovery rate over the problems of a set. Several tests share the
level: each of k flags at `LEVEL / k`, so the rate of their union is at most `LEVEL`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from clean_bench.probing.rows import Value
from clean_bench.probing.tests.base import CutTest, Test
from clean_bench.problems import Problem
from clean_bench.results import schema_of
from clean_bench.statistics.conformal import conformal_p_values
from clean_bench.statistics.multiple_testing import benjamini_hochberg

FLAGS = "flags"
LEVEL = 0.05
"""False discovery rate over the problems of a set, of all tests together."""

FLAGS_SCHEMA = schema_of(
    "set string, problem_id string, cluster int32, test string, prefix double, null string,"
    "null_problems int32, evidence double, p double, q double, flagged bool"
)
"""One row per problem and test that can flag it, in the order of the sets, tests and problems.

`cluster`: place of the first problem of the set that this one is a near-duplicate of, from 0.
`null`: what the p-value is computed against, and `null_problems` its size; the smallest p-value is
1 / (null_problems + 1). `q` is the adjusted p-value over the problems of the set.
"""

Statistics = dict[tuple[str, str], dict[str, float]]
"""Statistics by name, by test and problem."""


class Flag(NamedTuple):
    """A row of the table; its columns are those of `FLAGS_SCHEMA`."""

    set: str
    problem_id: str
    cluster: int
    test: str
    prefix: float | None
    null: str
    null_problems: int
    evidence: float
    p: float
    q: float
    flagged: bool


class Null(NamedTuple):
    """What the evidence of a test is compared with: its name and the evidence without memorization."""

    name: str
    evidence: Sequence[float]


def compute_flags(
    sets: Mapping[str, Sequence[Problem]],
    clusters: Mapping[str, Mapping[str, int]],
    null_sets: Sequence[str],
    tests: Sequence[Test],
    values: Sequence[Value],
    headline: float,
    left_out: Mapping[str, Collection[str]],
) -> list[Flag]:
    """The flags of every set.

    Args:
        sets: problems by the name of their set.
        clusters: cluster of each problem by its id, by the name of the set.
        null_sets: names of the sets that the checkpoint has not seen.
        values: all values of the probe.
        headline: the prefix of the tests on cut problems.
        left_out: ids of the problems that these tests leave out, by the name of the set.
    """
    statistics = {name: statistics_of(name, values, headline) for name in sets}
    flags: list[Flag] = []
    for name, problems in sets.items():
        flagging = [
            (test, evidence, null)
            for test in tests
            for evidence in [evidence_of(test, problems, statistics[name], left_out[name])]
            for null in [null_of(test, name, sets, null_sets, statistics, left_out)]
            if null is not None and evidence
        ]
        for test, evidence, null in flagging:
            prefix = headline if isinstance(test, CutTest) else None
            scores = [evidence[place] for place in evidence]
            p = conformal_p_values(scores, null.evidence)
            q = benjamini_hochberg(p)
            flags += [
                Flag(
                    name,
                    problems[place].id,
                    clusters[name][problems[place].id],
                    test.name,
                    prefix,
                    null.name,
                    len(null.evidence),
                    score,
                    float(p_value),
                    float(q_value),
                    bool(q_value <= LEVEL / len(flagging)),
                )
                for place, score, p_value, q_value in zip(evidence, scores, p, q, strict=True)
            ]
    return flags


def null_of(
    test: Test,
    name: str,
    sets: Mapping[str, Sequence[Problem]],
    null_sets: Sequence[str],
    statistics: Mapping[str, Statistics],
    left_out: Mapping[str, Collection[str]],
) -> Null | None:
    """The null of a test on a set: the null sets if it is not one of them, else the test's own."""
    if name not in null_sets:
        pooled = pooled_evidence(test, sets, null_sets, statistics, left_out)
        if pooled:
            return Null(", ".join(null_sets), pooled)
    if test.null_name is None:
        return None
    own = [
        score
        for problem in sets[name]
        if not (isinstance(test, CutTest) and problem.id in left_out[name])
        for known in [statistics[name].get((test.name, problem.id))]
        if known is not None
        for score in [test.null_evidence(known)]
        if score is not None
    ]
    return Null(test.null_name, own) if own else None


def pooled_evidence(
    test: Test,
    sets: Mapping[str, Sequence[Problem]],
    null_sets: Sequence[str],
    statistics: Mapping[str, Statistics],
    left_out: Mapping[str, Collection[str]],
) -> list[float]:
    """The evidence of all problems of the null sets."""
    return [
        score
        for null in null_sets
        for score in evidence_of(test, sets[null], statistics[null], left_out[null]).values()
    ]


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


def statistics_of_sets(
    values: Sequence[Value], headline: float
) -> dict[tuple[str, str], dict[str, float]]:
    """The statistics of whole sets, at the headline prefix or without one, by set and test."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for value in values:
        if not value.problem_id and value.prefix in (headline, None):
            found.setdefault((value.set, value.test), {})[value.statistic] = value.value
    return found


def statistics_of(name: str, values: Sequence[Value], headline: float) -> Statistics:
    """The statistics of a set's problems at the headline prefix, or of whole problems."""
    found: Statistics = {}
    for value in values:
        if value.set == name and value.problem_id and value.prefix in (headline, None):
            found.setdefault((value.test, value.problem_id), {})[value.statistic] = value.value
    return found
