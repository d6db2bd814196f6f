"""Check a `behaviors` artifact: every row and number from the scores that lie in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isclose
from typing import Any

import pyarrow as pa

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.behaviors.analysis import (
    FORCED,
    LIKENESS,
    LIKENESS_SCHEMA,
    Forced,
    analyze,
    forced_of,
    sides_of,
)
from clean_bench.behaviors.features import SIDES, TABLE, to_table
from clean_bench.behaviors.rescore import asked_of
from clean_bench.behaviors.run import identity
from clean_bench.behaviors.source import Source, read
from clean_bench.scoring import run


def verify_behaviors(artifact: Artifact) -> Iterator[Failure]:
    """What does not hold: inputs that are not those named, rows and numbers that do not come out.

    The scores inside are checked as scores by themselves. The log-probabilities of `--with` are
    taken as they stand, for the checkpoint is not there; what follows from them is not.
    """
    config = artifact.config
    sides = [side for side in SIDES if config[side] is not None]
    scores = {side: Artifact.load(artifact.folder / side, run.KIND) for side in sides}
    for side, inner in scores.items():
        if identity(inner) != config[side]:
            yield Failure(side, "is not the scores that the configuration names")
    sources = {side: read(inner) for side, inner in scores.items()}
    forced = list(forced_of(artifact))
    yield from _complete(forced, sources, config)
    again = analyze(sources["before"], sources.get("after"), forced)
    likeness = pa.Table.from_pylist(again.likeness, schema=LIKENESS_SCHEMA).to_pylist()
    yield from _rows(TABLE, artifact.rows(TABLE), to_table(again.features).to_pylist())
    yield from _rows(LIKENESS, artifact.rows(LIKENESS), likeness)
    yield from _differences(NAME, artifact.metadata, again.metadata, "metadata")


def _complete(
    forced: Sequence[Forced], sources: Mapping[str, Source], config: Mapping[str, Any]
) -> Iterator[Failure]:
    """The completions that the other checkpoint had to read, once each and in order."""
    found = [key for key, _ in forced]
    wanted: list[tuple[Any, ...]] = []
    if config["with"] is not None:
        sides, _ = sides_of(sources["before"], sources.get("after"))
        weights = {side: config[side]["weights_sha256"] for side in sides}
        asked = asked_of(sides, weights, config["with"]["weights_sha256"])
        wanted = [(side, *one.key) for side, one in asked]
    if found != wanted:
        yield Failure(FORCED, f"has not the {len(wanted)} completions that --with had to read")


def _rows(table: str, stored: Sequence[Any], expected: Sequence[Any]) -> Iterator[Failure]:
    if len(stored) != len(expected):
        yield Failure(table, f"has {len(stored)} rows, and {len(expected)} follow from the scores")
        return
    for number, (row, wanted) in enumerate(zip(stored, expected, strict=True)):
        yield from _differences(f"{table} row {number}", row, wanted, "")


def _differences(where: str, stored: Any, expected: Any, name: str) -> Iterator[Failure]:
    if isinstance(stored, Mapping) and isinstance(expected, Mapping):
        for key in sorted({*stored, *expected}):
            inner = f"{name}.{key}" if name else str(key)
            if key in stored and key in expected:
                yield from _differences(where, stored[key], expected[key], inner)
            else:
                yield Failure(where, f"{inner} is {'too much' if key in stored else 'missing'}")
    elif not _same(stored, expected):
        yield Failure(where, f"{name} is stored as {stored!r}, and the scores say {expected!r}")


def _same(stored: Any, expected: Any) -> bool:
    if isinstance(stored, float) and isinstance(expected, float):
        return isclose(stored, expected, rel_tol=1e-7, abs_tol=1e-9)
    return type(stored) is type(expected) and bool(stored == expected)
