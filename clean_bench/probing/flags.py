"""Flags: which problems a test finds memorized, with p-values against a named null.

The p-value of a problem is the rank of its evidence among that of problems the checkpoint has not seen
(conformal, Bates et al. 2023): the never-planted twins of a control model, or the sets that the user
names as null. It is valid if an unseen problem of the set and a problem of the null have exchangeable
evidence. Without such a set a test may have a null of its own (for reconstruction the look-up without a
model); without that it flags nothing. Tests on cut problems leave out the problems whose rest also ends
another problem (`clean_bench.probing.shared_endings`), in the set and in its null alike.

Benjamini-Hochberg controls the false discovery rate over the problems of a set. The tests that flag
problems of a set are two families. The default tests decide which problems are memorized; where none of
them flags, all tests do. The other tests are supplementary: they confirm, and make no problem
memorized. Each family has the level `LEVEL`, of which each of its k tests gets `LEVEL / k`, so the false
discovery rate of the union of a family is at most `LEVEL`, and supplementary tests take nothing from
those that decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from clean_bench.probing.null_sets import NullSets, Statistics, evidence_of, null_of
from clean_bench.probing.rows import Value
from clean_bench.probing.tests import DEFAULT
from clean_bench.probing.tests.base import CutTest, Test
from clean_bench.problems import Problem
from clean_bench.results import schema_of
from clean_bench.statistics.conformal import conformal_p_values
from clean_bench.statistics.multiple_testing import benjamini_hochberg

FLAGS = "flags"
LEVEL = 0.05
"""False discovery rate over the problems of a set, of all tests of a family together."""

FLAGS_SCHEMA = schema_of(
    "set string, problem_id string, cluster int32, test string, prefix double, decides bool,"
    "null string, null_problems int32, calibrated bool, evidence double, p double, q double,"
    "flagged bool"
)
"""One row per problem and test that can flag it, in the order of the sets, tests and problems.

`cluster`: place of the first problem of the set that this one is a near-duplicate of, from 0.
`decides`: a flag of the test makes the problem memorized; otherwise the test is supplementary.
`null`: what the p-value is computed against, and `null_problems` its size, near-duplicates counted
once; the smallest p-value is 1 / (null_problems + 1).
`calibrated`: the null set is known to match, so that unseen problems of the set and of the null have
exchangeable evidence (`matching`); true without a null set.
`q` is the adjusted p-value over the problems of the set, and `flagged` whether it is at most the part of
the test in the 5% of its family: the tests that decide, or the supplementary ones.
"""


class Flag(NamedTuple):
    """A row of the table; its columns are those of `FLAGS_SCHEMA`."""

    set: str
    problem_id: str
    cluster: int
    test: str
    prefix: float | None
    decides: bool
    null: str
    null_problems: int
    calibrated: bool
    evidence: float
    p: float
    q: float
    flagged: bool


def deciding(tests: Collection[str]) -> list[str]:
    """Those tests whose flags make a problem memorized, of the tests that flag problems of a set."""
    return [test for test in tests if test in DEFAULT] or list(tests)


def least_flagged(problems: int, null_problems: int, tests: int) -> int:
    """The least number of problems that can be flagged at all; above `problems` none can.

    The smallest p-value is 1 / (null_problems + 1). Of k problems with it, Benjamini and Hochberg's
    adjusted value is problems / (k (null_problems + 1)), and each of the tests of a family has an equal
    part of the false discovery rate.
    """
    return ceil(problems * tests / (LEVEL * (null_problems + 1)) - 1e-9)


def compute_flags(
    sets: Mapping[str, Sequence[Problem]],
    clusters: Mapping[str, Mapping[str, int]],
    nulls: NullSets,
    tests: Sequence[Test],
    values: Sequence[Value],
    headline: float,
    left_out: Mapping[str, Collection[str]],
    unmatched: Collection[str] = (),
) -> list[Flag]:
    """The flags of every set.

    Args:
        sets: problems by the name of their set.
        clusters: cluster of each problem by its id, by the name of the set.
        nulls: the sets that the checkpoint has not seen.
        values: all values of the probe.
        headline: the prefix of the tests on cut problems.
        left_out: ids of the problems that these tests leave out, by the name of the set.
        unmatched: names of sets that the null sets do not match, or not as far as is known.
    """
    statistics = {name: statistics_of(name, values, headline) for name in sets}
    flags: list[Flag] = []
    for name, problems in sets.items():
        flagging = [
            (test, evidence, null)
            for test in tests
            for evidence in [evidence_of(test, problems, statistics[name], left_out[name])]
            for null in [null_of(test, name, sets, clusters, nulls, statistics, left_out)]
            if null is not None and evidence
        ]
        decide = deciding([test.name for test, _, _ in flagging])
        for test, evidence, null in flagging:
            decides = test.name in decide
            sharing = len(decide) if decides else len(flagging) - len(decide)
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
                    decides,
                    null.name,
                    len(null.evidence),
                    null.name != nulls.name or name not in unmatched,
                    score,
                    float(p_value),
                    float(q_value),
                    bool(q_value <= LEVEL / sharing),
                )
                for place, score, p_value, q_value in zip(evidence, scores, p, q, strict=True)
            ]
    return flags


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
