"""From the rows of a probe to its results: pure functions of what is stored.

Per set and prefix (`@0.6` is the headline):

    exact_match@F           share of problems whose suffix is reproduced (text level)
    exact_raw@F, exact_folded@F, exact_latex@F   the same at the other levels
    lookup_match@F          the baseline: the same for a look-up without a model
    stops@F                 exact match, and the model ended there
    rouge_l@F, edit_similarity@F
    common_prefix_tokens@F  tokens of the suffix that the completion begins with
    logprob_per_token@F     teacher-forced log-probability of the suffix, per token
    suffix_bits@F           bits of the suffix after an empty prefix, at the headline
    extractable_in_100@F    share of suffixes that 100 samples at temperature 1 contain with
                            probability 1/2 or more ((n, p)-discoverable extraction)
    aligned@F               the tokens of the prefix begin those of the problem
    shared_ending@F         share of problems whose rest also ends another problem, at the headline
                            prefix; tests on cut problems do not flag them
    flagged:TEST@F          share of problems that a test flags
    blind_auc               a classifier that reads the texts alone, between the set and its null sets
    TEST:STATISTIC@F        mean of a statistic of another test; without `@F` for whole problems

Exact match and baseline are also given for the subsets `long suffix` (8 words or more) and `20 bits or
more` (after an empty prefix), and with ROUGE-L and flags at the headline prefix for each planted dose
(`dose=16`) and for each tier of the positive control (`tier=1`). Near-duplicates count once: the value
of a cluster is the mean of its problems, and clusters are the units of every mean and interval
(`clean_bench.probing.cluster_means`). Where there are some, `problems@F` is the number of scored
problems, with that of the clusters as `n`. Problems that could not be scored are in the counts. A server
may give no tokens or no log-probabilities: the measures that need them are then left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.probing.cluster_means import Valued, average_of, rate_of, share_of
from clean_bench.probing.cut import EMPTY, NO_BOUNDARY, NOTHING_LEFT
from clean_bench.probing.flags import Flag
from clean_bench.probing.items import fractions_of, headline_of
from clean_bench.probing.rows import TOO_LONG, Value
from clean_bench.probing.tests import TESTS
from clean_bench.probing.tests.suffix_logprob import extraction_probability
from clean_bench.problems import Problem, stored_sets
from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate

Row = Mapping[str, Any]
Known = Mapping[str, float]
"""Statistics by name."""
RATES = ("exact_match", "exact_raw", "exact_folded", "exact_latex", "lookup_match", "stops")
MEANS = ("rouge_l", "edit_similarity")
TRIES = 100
LEAST_BITS = 20
_OF_SET = -1
"""The cluster of a statistic of a whole set."""
DEFAULT_TESTS = ("reconstruction", "suffix-logprob")
SUBSETS = ("dose", "tier")
"""Entries of a problem's metadata that name a subset of its own."""


@dataclass(frozen=True)
class _Scored:
    """A scored row with its statistics, by test."""

    row: Row
    problem: Problem
    cluster: int
    tests: Mapping[str, Known]

    @property
    def reconstruction(self) -> Known:
        return self.tests.get("reconstruction", {})

    @property
    def logprob(self) -> Known:
        return self.tests.get("suffix-logprob", {})

    @property
    def bits(self) -> float | None:
        """Bits of the suffix after an empty prefix."""
        logprob = self.logprob.get("empty_logprob")
        return None if logprob is None else -logprob / log(2)


def summarize(
    artifact: Artifact,
    rows: Sequence[Row],
    values: Sequence[Value],
    flags: Sequence[Flag],
    clusters: Mapping[str, Mapping[str, int]],
    blind: Mapping[str, Estimate],
    shared_endings: Mapping[str, Collection[str]],
) -> Results:
    """The results of the stored rows.

    Without a prefix of 60% the headline is the nearest one. A measure without any scored problem has no
    row.
    """
    config = artifact.config
    headline = headline_of(config["fractions"])
    problems = {name: {p.id: p for p in of_set} for name, of_set in stored_sets(artifact).items()}
    statistics: dict[tuple[str, str, float | None], dict[str, dict[str, float]]] = {}
    for value in values:
        of_problem = statistics.setdefault((value.set, value.problem_id, value.prefix), {})
        of_problem.setdefault(value.test, {})[value.statistic] = value.value
    results: list[Result] = []
    for entry in config["sets"]:
        name = entry["name"]
        head = Result(
            checkpoint=artifact.manifest["provenance"]["checkpoint"],
            weights_sha256=config["weights_sha256"],
            set=name,
            set_sha256=entry["sha256"],
            role=entry["role"],
            protocol=f"prefix cut by {config['protocol']}, greedy",
        )
        of_flags = [flag for flag in flags if flag.set == name]
        for fraction in fractions_of(name, config["fractions"], config["control"]):
            scored = [
                _Scored(
                    row,
                    problems[name][row["problem_id"]],
                    clusters[name][row["problem_id"]],
                    statistics.get((name, row["problem_id"], fraction), {}),
                )
                for row in rows
                if (row["set"], row["fraction"], row["reason"]) == (name, fraction, None)
            ]
            of_prefix = list(_of_prefix(scored, head))
            if fraction == headline:
                at_headline = [flag for flag in of_flags if flag.prefix is not None]
                shared = [(s.cluster, s.problem.id in shared_endings[name]) for s in scored]
                if shared:
                    of_prefix.append(head.of("shared_ending", rate_of(shared)))
                of_prefix += _flag_rates(at_headline, head)
                of_prefix += _by_subset(scored, head, at_headline)
            results += [r._replace(measure=f"{r.measure}@{fraction:g}") for r in of_prefix]
        if name in blind:
            null = ", ".join(config["nulls"])
            results.append(head.of("blind_auc", blind[name], versus=f"set={null}"))
        whole = [
            (clusters[name].get(problem_id, _OF_SET), tests)
            for (of, problem_id, prefix), tests in statistics.items()
            if of == name and prefix is None
        ]
        results += _other_tests(whole, head)
        results += _flag_rates([flag for flag in of_flags if flag.prefix is None], head)
    return Results(results)


def _of_prefix(scored: Sequence[_Scored], head: Result) -> Iterator[Result]:
    if not scored:
        return
    yield from _problems(scored, head)
    completed = [entry for entry in scored if entry.reconstruction]
    if completed:
        for name in RATES:
            yield _rate(completed, name, head)
        for name in MEANS:
            yield head.of(name, share_of(_reconstructed(completed, name)))
        prefixes = _reconstructed(completed, "common_prefix")
        yield head.of("common_prefix_tokens", average_of(prefixes))
    read = [(entry.cluster, entry.logprob) for entry in scored if entry.logprob]
    if read:
        per_token = [(cluster, known["logprob"] / known["tokens"]) for cluster, known in read]
        yield head.of("logprob_per_token", average_of(per_token))
        likely = [
            (cluster, extraction_probability(known["logprob"], TRIES) >= 0.5)
            for cluster, known in read
        ]
        yield head.of(f"extractable_in_{TRIES}", rate_of(likely))
    bits = [(entry.cluster, entry.bits) for entry in scored if entry.bits is not None]
    if bits:
        yield head.of("suffix_bits", average_of(bits))
    aligned = [(e.cluster, e.row["aligned"]) for e in scored if e.row["aligned"] is not None]
    if aligned:
        yield head.of("aligned", rate_of(aligned))
    yield from _other_tests([(entry.cluster, entry.tests) for entry in scored], head)
    parts: dict[str, Callable[[_Scored], bool]] = {
        "long suffix": lambda entry: not entry.row["short_suffix"],
        f"{LEAST_BITS} bits or more": lambda entry: (entry.bits or 0) >= LEAST_BITS,
    }
    for subset, belongs in parts.items():
        part = [entry for entry in completed if belongs(entry)]
        if part:
            of_part = head._replace(subset=subset)
            yield from _problems(part, of_part)
            for name in ("exact_match", "lookup_match"):
                yield _rate(part, name, of_part)


def _by_subset(scored: Sequence[_Scored], head: Result, flags: Sequence[Flag]) -> Iterator[Result]:
    """Exact match, its baseline, ROUGE-L and flags of the problems of each dose and each tier."""
    for kind in SUBSETS:
        groups: dict[int, list[_Scored]] = {}
        for entry in scored:
            label = entry.problem.metadata.get(kind)
            if label is not None and entry.reconstruction:
                groups.setdefault(int(label), []).append(entry)
        for number in sorted(groups):
            part, of_part = groups[number], head._replace(subset=f"{kind}={number}")
            yield from _problems(part, of_part)
            names = ("exact_match", "lookup_match", *(("exact_folded",) if kind == "tier" else ()))
            for name in names:
                yield _rate(part, name, of_part)
            yield of_part.of("rouge_l", share_of(_reconstructed(part, "rouge_l")))
            ids = {entry.problem.id for entry in part}
            yield from _flag_rates([flag for flag in flags if flag.problem_id in ids], of_part)


def _flag_rates(flags: Sequence[Flag], head: Result) -> Iterator[Result]:
    """The share of problems that each test flags."""
    groups: dict[str, list[Flag]] = {}
    for flag in flags:
        groups.setdefault(flag.test, []).append(flag)
    for test, group in groups.items():
        rate = rate_of([(flag.cluster, flag.flagged) for flag in group])
        yield head.of(f"flagged:{test}", rate)


def _other_tests(
    problems: Iterable[tuple[int, Mapping[str, Known]]], head: Result
) -> Iterator[Result]:
    """The mean of every statistic of the tests that have no measures of their own.

    Args:
        problems: cluster and statistics of each.
    """
    numbers: dict[tuple[str, str], list[Valued]] = {}
    for cluster, tests in problems:
        for test, known in tests.items():
            if test not in DEFAULT_TESTS:
                for statistic, value in known.items():
                    numbers.setdefault((test, statistic), []).append((cluster, value))
    order = list(TESTS)
    for test, statistic in sorted(numbers, key=lambda key: order.index(key[0])):
        values = numbers[test, statistic]
        share = TESTS[test].is_share(statistic)
        estimate = share_of(values) if share else average_of(values)
        yield head.of(f"{test}:{statistic}", estimate)


def count_items(config: Row, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Numbers of scored and of other problems, by set and prefix."""
    return [
        _counts(
            entry["name"],
            fraction,
            [row for row in rows if (row["set"], row["fraction"]) == (entry["name"], fraction)],
        )
        for entry in config["sets"]
        for fraction in fractions_of(entry["name"], config["fractions"], config["control"])
    ]


def _counts(name: str, fraction: float, rows: Sequence[Row]) -> dict[str, Any]:
    scored = [row for row in rows if row["reason"] is None]
    return {
        "set": name,
        "prefix": fraction,
        "problems": len(rows),
        "scored": len(scored),
        "empty": sum(row["reason"] == EMPTY for row in rows),
        "uncut": sum(row["reason"] in (NO_BOUNDARY, NOTHING_LEFT) for row in rows),
        "too_long": sum(row["reason"] == TOO_LONG for row in rows),
        "short_suffixes": sum(row["short_suffix"] for row in scored),
    }


def _problems(part: Sequence[_Scored], head: Result) -> Iterator[Result]:
    """The number of problems, where near-duplicates make it larger than that of clusters."""
    clusters = len({entry.cluster for entry in part})
    if clusters < len(part):
        yield head.of("problems", Estimate(len(part), -inf, inf, clusters))


def _rate(part: Sequence[_Scored], name: str, head: Result) -> Result:
    return head.of(name, rate_of(_reconstructed(part, name)))


def _reconstructed(part: Iterable[_Scored], name: str) -> list[Valued]:
    """A statistic of the reconstruction of each problem, with its cluster."""
    return [(entry.cluster, entry.reconstruction[name]) for entry in part]
