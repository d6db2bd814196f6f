"""The tables, files and inner artifacts that an artifact of a kind may hold.

The hashes of a manifest cover whatever lies in the folder. So a forger could add files, declare a table
as not part of the identity, or give a column another type; the layout of the kind refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.artifacts.artifact import Artifact
from clean_bench.artifacts.manifest import NAME
from clean_bench.artifacts.verify import Failure

CHECKPOINT_FILES = r"[^/]+\.(?:json|safetensors|jinja|model|txt)"
"""Files of a checkpoint folder: weights, configuration and tokenizer, and no code."""

_SHARD = r"[0-9]{5,}(?:-[0-9]{5,})?\.parquet"


@dataclass(frozen=True)
class Layout:
    """What an artifact of a kind holds.

    Attributes:
        tables: schema of each table by name; None where the columns are not fixed. A stored table may
            lack columns (an earlier version wrote it), but has no other ones, and no other types.
        volatile: tables that may be left out of the identity.
        files: pattern of the names of further files.
        parts: pattern of the names of inner artifacts.
        metadata, provenance: the keys that these entries of the manifest may have; None for any.
    """

    tables: Mapping[str, pa.Schema | None]
    volatile: frozenset[str] = frozenset()
    files: str | None = None
    parts: str | None = None
    metadata: frozenset[str] | None = None
    provenance: frozenset[str] | None = None


def check_layout(artifact: Artifact, layout: Layout) -> Iterator[Failure]:
    """Files, tables, columns and inner artifacts that the kind does not have."""
    manifest = artifact.manifest
    for name in sorted(manifest["files"]):
        table, slash, shard = name.partition("/")
        is_shard = bool(slash) and table in layout.tables and re.fullmatch(_SHARD, shard)
        if not is_shard and not (layout.files and re.fullmatch(layout.files, name)):
            yield Failure(name, f"is not a file of a {artifact.kind} artifact")
    for name in sorted(manifest["parts"]):
        if not (layout.parts and re.fullmatch(layout.parts, name)):
            yield Failure(name, f"is not a part of a {artifact.kind} artifact")
    for section, keys in (("metadata", layout.metadata), ("provenance", layout.provenance)):
        for key in sorted(set(manifest[section]) - keys) if keys is not None else ():
            yield Failure(NAME, f"{section}: has {key!r}, which a {artifact.kind} artifact lacks")
    for name, entry in sorted(manifest["tables"].items()):
        yield from _check_table(artifact, name, entry, layout)


def _check_table(
    artifact: Artifact, name: str, entry: Mapping[str, Any], layout: Layout
) -> Iterator[Failure]:
    """The entry of a table in the manifest, and the columns of its shards."""
    if name not in layout.tables:
        yield Failure(NAME, f"lists the table {name!r}, which a {artifact.kind} artifact lacks")
        return
    if entry["volatile"] and name not in layout.volatile:
        yield Failure(NAME, f"declares the table {name!r} as no part of the identity (volatile)")
    rows = 0
    for shard in artifact.shards(name):
        rows += pq.read_metadata(shard).num_rows
        expected = layout.tables[name]
        if expected is not None:
            where = f"{name}/{shard.name}"
            yield from _check_columns(where, pq.read_schema(shard), expected)
    if entry["rows"] != rows:
        yield Failure(NAME, f"lists {entry['rows']} rows of the table {name!r}, and it has {rows}")


def _check_columns(where: str, stored: pa.Schema, expected: pa.Schema) -> Iterator[Failure]:
    for column in stored:
        place = expected.get_field_index(column.name)
        if place < 0:
            yield Failure(where, f"has the unknown column {column.name!r}")
        elif not _same_type(column.type, expected.field(place).type):
            kind = expected.field(place).type
            yield Failure(where, f"{column.name}: expected the type {kind}, got {column.type}")


def _same_type(stored: pa.DataType, expected: pa.DataType) -> bool:
    """Equal types. A column whose values are all null may have the type null."""
    if pa.types.is_list(stored) and pa.types.is_list(expected):
        return _same_type(stored.value_type, expected.value_type)
    return bool(stored.equals(expected) or pa.types.is_null(stored))
