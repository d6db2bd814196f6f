"""Check the problem sets that a measurement stores: they are what their names state.

A set that ships with the package (`organism:reciter/twin`) is compared with the shipped one, column by
column; a benchmark with the hashes of its published rows (`clean_bench.problems.registered`). Of another
set only the hash in the configuration is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import content_sha256
from clean_bench.errors import UserError
from clean_bench.problems.load import shipped_set
from clean_bench.problems.problem import COLUMNS, TABLE, Problem, ProblemSet, stored_sets
from clean_bench.problems.registered import content_of

_MOST = 5
"""Rows of a set that are named."""


def check_stored_sets(
    artifact: Artifact, table: str = TABLE, key: str = "sets"
) -> Iterator[Failure]:
    """The stored problems against the configuration, and against what the sets' names state.

    Args:
        key: the entry of the configuration that `describe_sets` gave.
    """
    shards, entries = list(artifact.tables(table)), artifact.config[key]
    if len(shards) != len(entries):
        yield Failure(table, f"holds {len(shards)} sets, the configuration names {len(entries)}")
    for entry, shard in zip(entries, shards, strict=False):
        if (content_sha256([shard]), len(shard)) != (entry["sha256"], entry["problems"]):
            yield Failure(table, f"{entry['name']} is not the set that the configuration names")
    for entry, problems in zip(entries, stored_sets(artifact, table, key).values(), strict=False):
        yield from check_named_set(table, entry, problems)


def check_named_set(
    where: str, entry: Mapping[str, Any], problems: Sequence[Problem]
) -> Iterator[Failure]:
    """Problems against the shipped or published set that has the name of a configuration's entry.

    Args:
        where: the table, for failures.
        entry: an entry of `describe_sets`; without a role, that is not compared.
    """
    name, rows_of = entry["name"], entry.get("rows_of")
    if rows_of is not None and not (isinstance(rows_of, int) and rows_of > len(problems)):
        yield Failure(where, f"{name} has {len(problems)} rows, said to be the first of {rows_of}")
    try:
        shipped = shipped_set(name)
    except UserError as error:
        yield Failure(where, f"{name} is no set of this release ({error})")
        return
    if shipped is not None:
        yield from _differences(where, entry, problems, shipped)
        return
    content = content_of(name, problems)
    if content is None:
        return
    if entry.get("published", True):
        for place in content.other[:_MOST]:
            yield Failure(
                f"{where}, {name} row {place} ({problems[place].id})",
                f"text and gold answer are not those of a row of the published {name}",
            )
        if len(content.other) > _MOST:
            yield Failure(where, f"{name}: and {len(content.other) - _MOST} further rows")
    elif not content.other:
        yield Failure(where, f"{name} is the published set, and is said to be another one")


def set_notes(artifact: Artifact) -> dict[str, str]:
    """What to show beside the names of an artifact's sets: how far each is the whole set of its name.

    Read from the stored problems, so that an artifact of an earlier version has the notes too.
    """
    notes: dict[str, str] = {}
    stored = stored_sets(artifact)
    for entry in artifact.config["sets"]:
        name, rows_of = entry["name"], entry.get("rows_of")
        problems = stored.get(name, [])
        content = content_of(name, problems)
        if content is not None and "files" in artifact.config and not content.rows:
            content = None  # other tools store prompts in place of the problems' texts
        note = content.note if content is not None else None
        if note is None and rows_of is not None:
            note = f"{len(problems)} of {rows_of} rows"
        if note is not None:
            notes[name] = note
    return notes


def _differences(
    where: str, entry: Mapping[str, Any], problems: Sequence[Problem], shipped: ProblemSet
) -> Iterator[Failure]:
    """How stored problems differ from the first ones of a shipped set, row by row."""
    name, whole = entry["name"], list(shipped)
    if "role" in entry and entry["role"] != shipped.role:
        yield Failure(where, f"{name} has the role {entry['role']!r}, expected {shipped.role!r}")
    if entry.get("rows_of") not in (None, len(whole)):
        yield Failure(where, f"{name} has {len(whole)} rows, not {entry['rows_of']}")
    if len(problems) > len(whole):
        yield Failure(where, f"{name} has {len(whole)} rows, got {len(problems)}")
    failures = 0
    for place, (problem, expected) in enumerate(zip(problems, whole, strict=False)):
        columns = [c for c in COLUMNS if getattr(problem, c) != getattr(expected, c)]
        if columns:
            failures += 1
            if failures <= _MOST:
                at = f"{where}, {name} row {place} ({expected.id})"
                yield Failure(at, f"differs from the shipped set in {', '.join(columns)}")
    if failures > _MOST:
        yield Failure(where, f"{name}: and {failures - _MOST} further rows")
