"""Check a `behaviors` artifact: every row and result from the samples that it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.manifest import NAME
from clean_bench.behaviors.analysis import (
    RESCORED,
    RESCORED_SCHEMA,
    SIMILARITY,
    SIMILARITY_SCHEMA,
    Rescored,
    analyze,
    key_of,
    rescored_of,
    sides_of,
)
from clean_bench.behaviors.features import SCHEMA, SIDES, TABLE
from clean_bench.behaviors.rescore import choose
from clean_bench.behaviors.run import identity, load_samples
from clean_bench.behaviors.source import StoredSamples, read_samples_of
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import check_results, check_rows

LAYOUT = Layout(
    {
        TABLE: SCHEMA,
        SIMILARITY: SIMILARITY_SCHEMA,
        RESCORED: RESCORED_SCHEMA,
        RESULTS: RESULTS_SCHEMA,
    },
    frozenset({RESULTS}),
    parts="|".join(SIDES),
    metadata=frozenset({"counts"}),
    provenance=frozenset({*SIDES, "with"}),
)


def check_behaviors(artifact: Artifact) -> Iterator[Failure]:
    """Inputs other than the named ones, and rows and results that do not follow from the samples.

    The inputs are checked by the check of their own kind. The log-probabilities of `--with` are taken as
    stored, since the checkpoint is not available; what follows from them is checked.
    """
    yield from check_layout(artifact, LAYOUT)
    config = artifact.config
    sides = [side for side in SIDES if config[side] is not None]
    inputs = {side: load_samples(artifact.folder / side) for side in sides}
    for side, inner in inputs.items():
        if identity(inner) != config[side]:
            yield Failure(side, "is not the input that the configuration names")
    stored = {side: read_samples_of(inner) for side, inner in inputs.items()}
    rescored = list(rescored_of(artifact))
    yield from _check_rescored(rescored, stored, config)
    again = analyze(stored["before"], stored.get("after"), rescored)
    for table, rows, schema in (
        (TABLE, again.features, SCHEMA),
        (SIMILARITY, again.similarity, SIMILARITY_SCHEMA),
    ):
        expected = pa.Table.from_pylist(rows, schema=schema).to_pylist()
        yield from check_rows(table, artifact.rows(table), expected)
    yield from check_results(artifact, again.results)
    if artifact.metadata["counts"] != again.counts:
        yield Failure(NAME, "the counts do not follow from the samples")


def _check_rescored(
    rescored: Sequence[Rescored], stored: Mapping[str, StoredSamples], config: Mapping[str, Any]
) -> Iterator[Failure]:
    """The samples that the reference had to read, once each and in order."""
    expected: list[tuple[Any, ...]] = []
    if config["with"] is not None:
        sides, _ = sides_of(stored["before"], stored.get("after"))
        chosen = choose(sides, config["with"]["weights_sha256"])
        expected = [key_of(side, part, sample) for side, part, sample in chosen]
    if [key for key, _ in rescored] != expected:
        yield Failure(RESCORED, f"does not hold the {len(expected)} samples that --with reads")
