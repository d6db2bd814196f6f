"""Everything that follows from the stored rows of a probe: flags, hypotheses, claims, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.probing.claims import (
    CLAIMS,
    CLAIMS_SCHEMA,
    Basis,
    Claim,
    Control,
    compute_claims,
)
from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.flag_counts import count_flags
from clean_bench.probing.flags import (
    FLAGS,
    FLAGS_SCHEMA,
    LEVEL,
    Flag,
    compute_flags,
    statistics_of_sets,
)
from clean_bench.probing.flags import statistics_of as statistics_of_set
from clean_bench.probing.hypotheses import (
    ABOVE_RARE,
    HYPOTHESES,
    HYPOTHESES_SCHEMA,
    Hypothesis,
    compute_hypotheses,
)
from clean_bench.probing.items import headline_of
from clean_bench.probing.matching import blind_estimates, matched_by_role, why_unmatched
from clean_bench.probing.null_sets import Statistics, null_sets_of, pooled_evidence
from clean_bench.probing.power import power_of_set
from clean_bench.probing.rows import STATISTICS, TABLE, Value
from clean_bench.probing.shared_endings import shared_endings
from clean_bench.probing.summary import count_items, summarize
from clean_bench.probing.tests import tests_of
from clean_bench.probing.within_kinds import famous_above_rare
from clean_bench.problems import Problem, stored_sets
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Results, schema_of

CORPUS = "corpus"
"""The table of problems whose text an overlap found in a training corpus: set and id."""
CORPUS_SCHEMA = schema_of("set string, problem_id string")
DERIVED = (RESULTS, FLAGS, HYPOTHESES, CLAIMS)
"""Tables that are computed from the others; another machine may round their numbers differently."""


@dataclass(frozen=True)
class Conclusions:
    """What follows from the stored rows.

    Attributes:
        warnings: what was left out, in words.
        control: what the positive control shows, in words; None without one.
    """

    results: Results
    flags: Sequence[Flag]
    hypotheses: Sequence[Hypothesis]
    claims: Sequence[Claim]
    counts: list[dict[str, Any]]
    notices: Sequence[str]
    warnings: Sequence[str]
    control: str | None

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
    shared = shared_endings(sets, headline, config["protocol"])
    name = config["control"]
    nulls = null_sets_of(sets, config["nulls"], name)
    tested = [of for of in sets if of not in nulls.names and of != name]
    blind = blind_estimates(sets, tested, nulls.names, clusters, len(set(nulls.clusters.values())))
    roles = {entry["name"]: entry["role"] for entry in config["sets"]}
    null_roles = [roles[null] for null in nulls.names]
    by_role = [of for of in tested if matched_by_role(roles[of], null_roles)]
    unmatched = [of for of in tested if why_unmatched(blind.get(of), of in by_role)]
    flags = compute_flags(sets, clusters, nulls, tests, values, headline, shared, unmatched)
    statistics = {of: statistics_of_set(of, values, headline) for of in sets}
    by_test = {test.name: test for test in tests}
    pooled = {
        (of, test): pooled_evidence(by_test[test], of, sets, nulls, statistics, shared)
        for of, test in dict.fromkeys(
            (flag.set, flag.test) for flag in flags if flag.null == nulls.name
        )
    }
    measured = {of: statistics[of] for of in sets if of not in nulls.names}
    of_sets = statistics_of_sets(values, headline)
    within = None if name is None else famous_above_rare(sets[name], statistics[name])
    famous = (name, within) if name is not None and within is not None else None
    hypotheses = compute_hypotheses(measured, flags, pooled, clusters, of_sets, famous)
    control = None
    if name is not None:
        control = control_of(name, sets[name], statistics[name], hypotheses)
    against = [c for c in count_flags(flags) if c.decides and c.null == nulls.name]
    copies = {of: len(keys) for of, keys in nulls.copies.items() if keys}
    basis = Basis(
        hypotheses,
        flags,
        config["tests"],
        nulls.names,
        control,
        blind,
        by_role,
        {
            of: power_of_set(
                config.get("power"),
                [count for count in against if count.set == of],
                headline,
                config["protocol"],
            )
            for of in tested
        },
        corpus_hits(artifact.rows(CORPUS)),
        {of: len(ids) for of, ids in shared.items()},
        copies,
        [of for of in tested if not statistics[of]],
    )
    claims = compute_claims(tested, basis)
    results = summarize(artifact, rows, values, flags, clusters, blind, shared)
    warnings = [
        f"{nulls.name}: {count} problems are copies of problems of {of} and left out of its null; they "
        "are no unseen problems"
        for of, count in copies.items()
    ]
    return Conclusions(
        results,
        flags,
        hypotheses,
        claims,
        count_items(config, rows),
        config["notices"],
        warnings,
        None if control is None else control.text,
    )


def clusters_of(problems: Sequence[Problem]) -> dict[str, int]:
    """The cluster of near-duplicates of each problem, by its id."""
    ids = cluster_ids([problem.problem for problem in problems])
    return {problem.id: cluster for problem, cluster in zip(problems, ids, strict=True)}


def control_of(
    name: str, passages: Sequence[Problem], statistics: Statistics, hypotheses: Sequence[Hypothesis]
) -> Control:
    """What the positive control shows, from its statistics and the tests of its set.

    Comparisons with null sets do not count: passages differ from problems in kind.
    """
    recited, completed, rarest = 0, 0, None
    for passage in passages:
        known = statistics.get(("reconstruction", passage.id))
        if known is None:
            continue
        completed += 1
        if known["exact_folded"]:
            recited += 1
            tier = int(passage.metadata.get("tier", "0"))
            if not known["lookup_match"] and tier:
                rarest = max(rarest or 0, tier)
    significant = any(
        row.set == name and row.question == ABOVE_RARE and row.p_holm <= LEVEL for row in hypotheses
    )
    return Control(recited, completed, rarest, recited > 0 or significant)


def corpus_hits(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Ids of the problems whose text is in a training corpus, by set."""
    hits: dict[str, list[str]] = {}
    for row in rows:
        hits.setdefault(row["set"], []).append(row["problem_id"])
    return hits


def table_of(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """Named tuples as a table in the columns of a schema, in order."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema.names]
    return pa.table(
        {name: list(column) for name, column in zip(schema.names, columns, strict=True)}, schema
    )
