"""Everything that follows from the stored rows of a probe: flags, hypotheses, claims, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.probing.blind_classifier import blind_auc
from clean_bench.probing.claims import (
    CLAIMS,
    CLAIMS_SCHEMA,
    Basis,
    Claim,
    Control,
    compute_claims,
)
from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.flags import (
    FLAGS,
    FLAGS_SCHEMA,
    LEVEL,
    Flag,
    Statistics,
    compute_flags,
    pooled_evidence,
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
from clean_bench.probing.shared_endings import shared_endings
from clean_bench.probing.summary import count_items, summarize
from clean_bench.probing.tests import tests_of
from clean_bench.problems import Problem, stored_sets
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import Results, schema_of
from clean_bench.statistics.estimate import Estimate

CORPUS = "corpus"
"""The table of problems whose text an overlap found in a training corpus: set and id."""
CORPUS_SCHEMA = schema_of("set string, problem_id string")
LEAST_FOR_BLIND = 20
"""Problems of a set, and of its null, from which a blind classifier is fitted."""
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
    flags = compute_flags(sets, clusters, config["nulls"], tests, values, headline, shared)
    statistics = {name: statistics_of_set(name, values, headline) for name in sets}
    by_test = {test.name: test for test in tests}
    nulls = {
        key: pooled_evidence(by_test[key[1]], sets, config["nulls"], statistics, shared)
        for key in dict.fromkeys(
            (flag.set, flag.test) for flag in flags if flag.null == ", ".join(config["nulls"])
        )
    }
    measured = {name: statistics[name] for name in sets if name not in config["nulls"]}
    of_sets = statistics_of_sets(values, headline)
    hypotheses = compute_hypotheses(measured, flags, nulls, clusters, of_sets)
    name = config["control"]
    control = None
    if name is not None:
        control = control_of(name, sets[name], statistics[name], hypotheses)
    tested = [of for of in sets if of not in config["nulls"] and of != name]
    blind = blind_estimates(sets, tested, config["nulls"], clusters)
    basis = Basis(
        hypotheses,
        flags,
        config["tests"],
        config["nulls"],
        control,
        blind,
        power_text(config.get("power")),
        corpus_hits(artifact.rows(CORPUS)),
        {name: len(ids) for name, ids in shared.items()},
    )
    claims = compute_claims(tested, basis)
    results = summarize(artifact, rows, values, flags, clusters, blind, shared)
    counts = count_items(config, rows)
    shown = None if control is None else control.text
    return Conclusions(results, flags, hypotheses, claims, counts, config["notices"], shown)


def clusters_of(problems: Sequence[Problem]) -> dict[str, int]:
    """The cluster of near-duplicates of each problem, by its id."""
    ids = cluster_ids([problem.problem for problem in problems])
    return {problem.id: cluster for problem, cluster in zip(problems, ids, strict=True)}


def control_of(
    name: str, passages: Sequence[Problem], statistics: Statistics, hypotheses: Sequence[Hypothesis]
) -> Control:
    """What the positive control shows, from its statistics and the tests of its set."""
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
        row.set == name and row.p_holm <= LEVEL and row.effect > 0 for row in hypotheses
    )
    return Control(recited, completed, rarest, recited > 0 or significant)


def blind_estimates(
    sets: Mapping[str, Sequence[Problem]],
    tested: Sequence[str],
    nulls: Sequence[str],
    clusters: Mapping[str, Mapping[str, int]],
) -> dict[str, Estimate]:
    """The AUC of a blind classifier between each set and the null sets, of sets of `LEAST` problems."""
    null = [problem.problem for name in nulls for problem in sets[name]]
    estimates = {}
    for name in tested:
        texts = [problem.problem for problem in sets[name]]
        if min(len(texts), len(null)) >= LEAST_FOR_BLIND:
            estimates[name] = blind_auc(texts, null)
    return estimates


def power_text(power: Mapping[str, Any] | None) -> str | None:
    """What a calibration of the checkpoint states: the share flagged by dose, of the best test."""
    if power is None:
        return None
    by_dose: dict[int, tuple[float, str]] = {}
    for test, dose, share in power["rows"]:
        by_dose[dose] = max(by_dose.get(dose, (0.0, "")), (share, test))
    parts = [f"{share:.0%} at {dose} ({test})" for dose, (share, test) in sorted(by_dose.items())]
    return f"power on this checkpoint by copies: {', '.join(parts)}"


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
