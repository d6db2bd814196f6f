"""Everything that follows from the stored rows of a probe: flags, hypotheses, claims, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.probing.claims import CLAIMS, CLAIMS_SCHEMA, Claim, compute_claims
from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.flags import (
    FLAGS,
    FLAGS_SCHEMA,
    Flag,
    compute_flags,
    evidence_of,
    statistics_of_sets,
)
from clean_bench.probing.flags import statistics_of as statistics_of_set
from clean_bench.probing.hypotheses import (
    HYPOTHESES,
    HYPOTHESES_SCHEMA,
    Hypothesis,
    compute_hypotheses,
)
from clean_bench.probing.items import headline_of
from clean_bench.probing.rows import STATISTICS, TABLE, Value
from clean_bench.probing.summary import count_items, summarize
from clean_bench.probing.tests import tests_of
from clean_bench.problems import Problem, stored_sets
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Results

DERIVED = (RESULTS, FLAGS, HYPOTHESES, CLAIMS)
"""Tables that are computed from the others; another machine may round their numbers differently."""


@dataclass(frozen=True)
class Conclusions:
    """What follows from the stored rows."""

    results: Results
    flags: Sequence[Flag]
    hypotheses: Sequence[Hypothesis]
    claims: Sequence[Claim]
    counts: list[dict[str, Any]]
    notices: Sequence[str]

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The derived tables beside the results."""
        return {
            FLAGS: table_of(self.flags, FLAGS_SCHEMA),
            HYPOTHESES: table_of(self.hypotheses, HYPOTHESES_SCHEMA),
            CLAIMS: table_of(self.claims, CLAIMS_SCHEMA),
        }


def write_derived(artifact: Artifact) -> Conclusions:
    """Compute and write the derived tables."""
    conclusions = conclude(artifact)
    conclusions.results.write(artifact)
    for name, table in conclusions.tables.items():
        artifact.write(f"{name}/00000", table)
    return conclusions


def conclude(artifact: Artifact) -> Conclusions:
    """Compute flags, hypotheses, claims and results from the stored rows."""
    config = artifact.config
    rows = artifact.rows(TABLE)
    values = [Value(**row) for row in artifact.rows(STATISTICS)]
    sets = stored_sets(artifact)
    tests = tests_of(config["tests"])
    headline = headline_of(config["fractions"])
    clusters = {name: clusters_of(problems) for name, problems in sets.items()}
    flags = compute_flags(sets, clusters, config["nulls"], tests, values, headline)
    statistics = {name: statistics_of_set(name, values, headline) for name in sets}
    by_test = {test.name: test for test in tests}
    nulls = {
        (flag.set, flag.test): [
            score
            for null in config["nulls"]
            for score in evidence_of(by_test[flag.test], sets[null], statistics[null]).values()
        ]
        for flag in flags
        if flag.null == ", ".join(config["nulls"])
    }
    measured = {name: statistics[name] for name in sets if name not in config["nulls"]}
    of_sets = statistics_of_sets(values, headline)
    hypotheses = compute_hypotheses(measured, flags, nulls, clusters, of_sets)
    control = config["control"]
    tested = [name for name in sets if name not in config["nulls"] and name != control]
    recited = None if control is None else recited_share(statistics[control])
    claims = compute_claims(
        tested, hypotheses, flags, config["tests"], config["nulls"], recited, None
    )
    results = summarize(artifact, rows, values, flags, clusters)
    counts = count_items(config, rows)
    return Conclusions(results, flags, hypotheses, claims, counts, config["notices"])


def clusters_of(problems: Sequence[Problem]) -> dict[str, int]:
    """The cluster of near-duplicates of each problem, by its id."""
    ids = cluster_ids([problem.problem for problem in problems])
    return {problem.id: cluster for problem, cluster in zip(problems, ids, strict=True)}


def recited_share(statistics: Mapping[tuple[str, str], Mapping[str, float]]) -> float | None:
    """The share of problems that are reproduced, in any case of letters; None if none was measured."""
    folded = [
        known["exact_folded"] for (test, _), known in statistics.items() if "exact_folded" in known
    ]
    return sum(folded) / len(folded) if folded else None


def table_of(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """Named tuples as a table in the columns of a schema, in order."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema.names]
    return pa.table(
        {name: list(column) for name, column in zip(schema.names, columns, strict=True)}, schema
    )
