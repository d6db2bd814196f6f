"""Probe a checkpoint: run the tests for memorization on problem sets, and flag problems.

    probe(engine, [planted, twin], "probe", checkpoint=resolve_checkpoint("CKPT"))

Every problem of every set is cut at every fraction and read from its raw prefix, without a template.
Work is cut into shards of a fixed size, each decoded in one call: a killed run decodes the same batches
as an uninterrupted one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench import samples as records
from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json, sha256_of
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Completion, Engine, Request, check_requests
from clean_bench.engines.special_tokens import begin_notice
from clean_bench.errors import UserError
from clean_bench.probing.conclude import (
    CORPUS,
    CORPUS_SCHEMA,
    DERIVED,
    Conclusions,
    write_derived,
)
from clean_bench.probing.cut import PROTOCOLS
from clean_bench.probing.items import (
    Entry,
    Item,
    checked_fractions,
    headline_of,
    items_of,
    planned_entries,
)
from clean_bench.probing.lookup_baseline import LookupBaseline
from clean_bench.probing.matching import NULL_ROLES
from clean_bench.probing.rows import (
    KIND,
    LOOKUP,
    LOOKUP_SCHEMA,
    PARAPHRASES,
    SCHEMA,
    SHORT,
    STATISTICS,
    TABLE,
    TOO_LONG,
    VARIANTS,
    values_table,
)
from clean_bench.probing.suffix_match import graded_suffix
from clean_bench.probing.tests import DEFAULT, TESTS, tests_of
from clean_bench.probing.tests.base import (
    CompletionTest,
    CutShard,
    CutTest,
    Material,
    Measured,
    ProblemTest,
    SetTest,
    Test,
)
from clean_bench.probing.variants import pair_variants
from clean_bench.problems import ProblemSet, check_sets, describe_sets, write_sets
from clean_bench.progress import Advance, bar, phase, uncounted
from clean_bench.samples import Sample

_logger = logging.getLogger(__name__)
FRACTIONS = (0.4, 0.6, 0.8)
Page = Callable[[Artifact, Conclusions], Mapping[str, bytes]]
SHARD = 128
_AFTER_ITEMS = 100_000
"""Shards of tests of whole problems begin with this number and the place of the test."""
_OF_SETS = 200_000
"""Shards of values that compare the problems of a set begin with this number and that place."""


def no_page(artifact: Artifact, conclusions: Conclusions) -> Mapping[str, bytes]:
    """No files beside the tables."""
    return {}


def probe(
    engine: Engine,
    sets: Sequence[ProblemSet],
    out: str | Path,
    *,
    checkpoint: Checkpoint,
    fractions: Sequence[float] = FRACTIONS,
    texts: Sequence[str] = (),
    variants: Sequence[ProblemSet] = (),
    paraphrases: Sequence[ProblemSet] = (),
    tests: Sequence[str] = DEFAULT,
    protocol: str = "clean",
    nulls: Sequence[str] = (),
    control: str | None = None,
    power: Mapping[str, Any] | None = None,
    corpus: Mapping[str, Sequence[str]] | None = None,
    batch: int = SHARD,
    page: Page = no_page,
    progress: Advance = uncounted,
) -> Artifact:
    """Write the artifact of kind `probe`.

    Its tables: `probes` (one row per problem and prefix), `samples` (completions), `statistics` (one row
    per number of a test), `flags`, `hypotheses` and `claims`, `problems` and `results`. The further
    texts of the look-up baseline are stored in the table `lookup`, versions of the problems in
    `variants` and `paraphrases`.

    Args:
        sets: problem sets under different names; answers are not needed.
        checkpoint: what the engine runs; its hashes are part of the configuration.
        fractions: of each problem's characters that the prefix holds.
        texts: further texts for the look-up baseline, beside the set's other problems.
        variants, paraphrases: sets of renumbered and of reworded versions of the problems, which
            `clean_bench.probing.variants` pairs with them.
        tests: names of tests, `default`, or `all`: those that the engine and the sets admit.
        protocol: how problems are cut; a name of `clean_bench.probing.cut.PROTOCOLS`.
        nulls: names of sets among `sets` that the checkpoint has not seen. Sets with a role of
            `clean_bench.probing.matching.NULL_ROLES` are nulls too.
        control: name of the set among `sets` that is the positive control; it is cut at the headline
            prefix alone.
        power: what a calibration of this checkpoint measured
            (`clean_bench.experiments.calibration.power.power_of`).
        corpus: ids of problems whose text is in a training corpus, by set.
        batch: rows per shard.
        page: files that are written beside the tables, by name, from the artifact and what follows from
            its rows (`clean_bench.experiments.probe_page`).
        progress: called for each row as its completion ends; for those of an earlier run at once.

    Raises:
        UserError: for no set, an empty one, two of one name, a null set that is the set under test,
            a fraction outside (0, 1), an unknown test or protocol, versions that fit no set, an engine
            that takes no raw prompts or lacks what a test needs, or a folder that holds something else.
    """
    check_sets(sets)
    versions = {VARIANTS: variants, PARAPHRASES: paraphrases}
    for table, of_table in versions.items():
        pair_variants(sets, of_table, f"--{table}")
    fractions = checked_fractions(fractions)
    checked_protocol(protocol)
    chosen = tests_of(tests)
    if "all" in tests:
        material = material_of(sets, fractions, protocol, texts, variants, paraphrases)
        chosen = [test for test in chosen if _is_possible(test, engine, material)]
    of_nulls = null_names(sets, nulls)
    check_control(sets, of_nulls, control)
    check_nulls(sets, nulls, control)
    check_requests(engine, [Request("probe", "any raw text")])
    config = {
        "sets": describe_sets(sets),
        "fractions": fractions,
        "protocol": protocol,
        "tests": [test.name for test in chosen],
        "nulls": of_nulls,
        "control": control,
        "power": None if power is None else dict(power),
        "corpus_searched": corpus is not None,
        "lookup_sha256": sha256_of(canonical_json(list(texts))) if texts else None,
        **{table: describe_sets(of_table) for table, of_table in versions.items()},
        "batch": batch,
        **checkpoint.identity(),
        "engine": engine.describe(),
        "notices": [notice for notice in [begin_notice(engine)] if notice],
    }
    artifact = Artifact.open(out, KIND, config, provenance=checkpoint.provenance())
    with artifact:
        if not artifact.finished:
            with phase("indexing the look-up baseline"):
                material = material_of(sets, fractions, protocol, texts, variants, paraphrases)
            for test in chosen:
                test.check(engine, material)
            write_sets(artifact, sets)
            for table, of_table in versions.items():
                write_sets(artifact, of_table, table)
            if corpus:
                hits = [{"set": s, "problem_id": i} for s, ids in corpus.items() for i in ids]
                artifact.write(f"{CORPUS}/00000", pa.Table.from_pylist(hits, CORPUS_SCHEMA))
            if texts:
                artifact.write(f"{LOOKUP}/00000", pa.table({"text": list(texts)}, LOOKUP_SCHEMA))
            plan = planned_entries(sets, fractions, control)
            _write_items(artifact, engine, chosen, plan, material, batch, progress)
            _write_whole(artifact, engine, chosen, material, batch)
            with phase("summarizing the probe"):
                conclusions = write_derived(artifact)
                for warning in conclusions.warnings:
                    _logger.warning("%s", warning)
                for name, data in page(artifact, conclusions).items():
                    artifact.write_file(name, data)
                artifact.finish({"counts": conclusions.counts}, volatile=DERIVED)
    return artifact


def _is_possible(test: Test, engine: Engine, material: Material) -> bool:
    """Whether the engine and the sets have what a test needs."""
    try:
        test.check(engine, material)
    except UserError as error:
        _logger.warning("left out of --signals all: %s", error)
        return False
    return True


def checked_protocol(name: str) -> None:
    """Raise `UserError` for an unknown protocol of the cut."""
    if name not in PROTOCOLS:
        raise UserError(f"--cut {name}: expected one of {', '.join(PROTOCOLS)}, got {name!r}")


def check_control(sets: Sequence[ProblemSet], nulls: Sequence[str], control: str | None) -> None:
    """Raise `UserError` for a positive control that is none of the sets, or a null set."""
    names = [problems.name for problems in sets]
    if control is not None and control not in names:
        raise UserError(f"control {control}: expected one of the sets, {', '.join(names)}")
    if control in nulls:
        raise UserError(
            f"{control}: expected the positive control apart from the null sets: it is text that "
            "checkpoints have seen; leave it out of --null"
        )


def check_nulls(sets: Sequence[ProblemSet], nulls: Sequence[str], control: str | None) -> None:
    """Raise `UserError` where the null sets that a user names leave no other set under test.

    Args:
        nulls: names that the user gave; a null set by its role may stand alone.
    """
    tested = [s for s in sets if s.name not in nulls and s.name != control]
    if nulls and not tested:
        raise UserError(
            f"--null {', '.join(nulls)}: expected other problems than those under test, got the set of "
            "--on or one of its name; name problems that the checkpoint has not seen, or rename the file"
        )
    contents = {s.content_sha256: s.name for s in tested}
    for problems in sets:
        if problems.name in nulls and problems.content_sha256 in contents:
            raise UserError(
                f"--null {problems.name}: expected other problems than those under test, got those of "
                f"{contents[problems.content_sha256]}; name problems that the checkpoint has not seen"
            )


def null_names(sets: Sequence[ProblemSet], nulls: Sequence[str]) -> list[str]:
    """The names of the null sets, in the order of the sets.

    Raises:
        UserError: for a name that is not among the sets.
    """
    names = [problems.name for problems in sets]
    for name in nulls:
        if name not in names:
            raise UserError(f"--null {name}: expected one of the probed sets, {', '.join(names)}")
    return [s.name for s in sets if s.name in nulls or s.role in NULL_ROLES]


def material_of(
    sets: Sequence[ProblemSet],
    fractions: Sequence[float],
    protocol: str,
    texts: Sequence[str],
    variants: Sequence[ProblemSet] = (),
    paraphrases: Sequence[ProblemSet] = (),
    *,
    indexed: bool = True,
) -> Material:
    """What the tests read, from sets, the further texts of the look-up, and versions of the problems.

    Args:
        indexed: whether the look-up baseline is indexed, which takes seconds; estimates do without.

    Raises:
        UserError: for versions that fit no set.
    """
    return Material(
        sets={problems.name: problems for problems in sets},
        protocol=protocol,
        fractions=fractions,
        headline=headline_of(fractions),
        lookups={
            s.name: LookupBaseline([*(p.problem for p in s), *texts]) for s in sets if indexed
        },
        variants=pair_variants(sets, variants, f"--{VARIANTS}"),
        paraphrases=pair_variants(sets, paraphrases, f"--{PARAPHRASES}"),
    )


def _write_items(
    artifact: Artifact,
    engine: Engine,
    tests: Sequence[Test],
    plan: Sequence[Entry],
    material: Material,
    batch: int,
    progress: Advance,
) -> None:
    """The tests on cut problems: samples, rows and values of every shard that is not done."""
    of_items = [test for test in tests if isinstance(test, CutTest)]
    for number, start in enumerate(range(0, len(plan), batch)):
        part, shard = plan[start : start + batch], f"{number:05d}"
        if artifact.done(f"{TABLE}/{shard}"):
            progress(len(part), resumed=True)
            continue
        rows, measured = _measure(engine, part, of_items, material, progress)
        _write(artifact, shard, measured)
        artifact.write(f"{TABLE}/{shard}", pa.Table.from_pylist(rows, schema=SCHEMA))


def _write_whole(
    artifact: Artifact, engine: Engine, tests: Sequence[Test], material: Material, batch: int
) -> None:
    """The tests on whole problems, and on whole sets; their shards follow those of cut problems."""
    problems = [(name, problem) for name, s in material.sets.items() for problem in s]
    order = list(TESTS)
    for test in tests:
        first = _AFTER_ITEMS + order.index(test.name)
        if isinstance(test, ProblemTest):
            starts = range(0, len(problems), batch)
            with bar(test.name, len(problems)) as counting:
                for number, start in enumerate(starts):
                    part, shard = problems[start : start + batch], f"{first}-{number:05d}"
                    again = artifact.done(f"{STATISTICS}/{shard}")
                    if not again:
                        _write(artifact, shard, test.measure(engine, part, material))
                    counting.advance(len(part), resumed=again)
            if isinstance(test, CompletionTest) and test.compares_problems:
                _write_comparisons(artifact, test, material, _OF_SETS + order.index(test.name))
        elif isinstance(test, SetTest):
            for number, of_set in enumerate(material.sets.values()):
                shard = f"{first}-{number:05d}"
                if not artifact.done(f"{STATISTICS}/{shard}"):
                    _write(artifact, shard, test.measure(engine, of_set, material))


def _write_comparisons(
    artifact: Artifact, test: CompletionTest, material: Material, first: int
) -> None:
    """The values of a test that depend on the completions of all problems of a set."""
    names = [(f"{first}-{number:05d}", name) for number, name in enumerate(material.sets)]
    missing = [(shard, name) for shard, name in names if not artifact.done(f"{STATISTICS}/{shard}")]
    completions: dict[str, dict[str, list[Sample]]] = {}
    for table in artifact.tables(records.TABLE) if missing else ():
        own = [test.owns(template) for template in table["template"].to_pylist()]
        for sample in records.read_samples(table.filter(pa.array(own, pa.bool_()))):
            of_set = completions.setdefault(sample.set, {})
            of_set.setdefault(sample.problem_id, []).append(sample)
    with phase(f"comparing the completions of {test.name}"):
        for shard, name in missing:
            values = test.recompute_set(name, completions.get(name, {}), material)
            _write(artifact, shard, Measured((), values))


def _write(artifact: Artifact, shard: str, measured: Measured) -> None:
    """The samples of a shard, then its values: a shard counts as done with these."""
    if measured.samples:
        table = records.samples_table(measured.samples)
        artifact.write(f"{records.TABLE}/{shard}", table)
    artifact.write(f"{STATISTICS}/{shard}", values_table(measured.values))


def _measure(
    engine: Engine,
    entries: Sequence[Entry],
    tests: Sequence[CutTest],
    material: Material,
    progress: Advance,
) -> tuple[list[dict[str, Any]], Measured]:
    """The rows, samples and values of the entries of a shard."""
    items = items_of(engine, entries, material.protocol)
    scored = [item for item in items if item.reason is None]
    if len(scored) < len(items):
        progress(len(items) - len(scored))

    def ended(completion: Completion) -> None:
        progress(1, tokens=len(completion.token_ids))

    shard = CutShard(engine, scored, ended, graded_suffix)
    measured = [test.measure(shard, material) for test in tests]
    overlong = {id(item) for item in shard.overlong}
    rows = [
        row_of(item, TOO_LONG if id(item) in overlong else item.reason, material) for item in items
    ]
    samples = [*shard.samples, *(sample for part in measured for sample in part.samples)]
    return rows, Measured(samples, [value for part in measured for value in part.values])


def row_of(item: Item, reason: str | None, material: Material) -> dict[str, Any]:
    """The row of an item in the table `probes`."""
    row: dict[str, Any] = {
        "set": item.set,
        "index": item.index,
        "problem_id": item.problem.id,
        "fraction": item.fraction,
        "offset": item.cut.offset,
        "reason": reason,
    }
    if reason is not None:
        return row
    lookup = material.lookups[item.set]
    return row | {
        "aligned": item.aligned,
        "suffix_tokens": len(item.suffix_ids) or None,
        "short_suffix": len(item.cut.suffix.split()) < SHORT,
        "lookup_completion": lookup.complete(item.cut.prefix, item.problem.problem),
    }
