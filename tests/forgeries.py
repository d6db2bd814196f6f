"""Seal edited artifact folders anew, as a careful forger would: every byte and every hash holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.artifacts import Artifact
from clean_bench.artifacts import manifest as manifests
from clean_bench.artifacts.atomic_files import inventory

Rows = list[dict[str, Any]]


def resealed(folder: Path, **changes: Any) -> Path:
    """Write the manifests of a folder and of all artifacts inside it anew, the innermost first.

    Environment, times, provenance and the tables that are not part of the identity stay as they are.

    Args:
        folder: an artifact, or a folder that holds some.
        changes: entries of the outermost manifest to replace, such as `metadata=...`.
    """
    paths = sorted(folder.rglob(manifests.NAME), key=lambda path: -len(path.parts))
    for path in paths:
        artifact = Artifact(path.parent, json.loads(path.read_bytes()))
        manifest = artifact.manifest
        if path.parent == folder:
            manifest.update(changes)
        before = manifest["tables"]
        files, parts = inventory(path.parent)
        shards = {file.split("/")[0] for file in files if file.endswith(".parquet")}
        tables = {name: _hashed(artifact, name, before) for name in sorted(shards)}
        manifest |= {"files": files, "parts": parts, "tables": tables}
        path.write_bytes(manifests.text_of(manifests.seal(manifest)))
    return folder


def edited(
    folder: Path, out: Path, edit: Callable[[Artifact], object] = lambda artifact: None
) -> Path:
    """A copy of an artifact that `edit` has changed, sealed anew.

    `edit` may change files, and the manifest of the artifact that it gets.
    """
    shutil.copytree(folder, out, symlinks=True)
    artifact = Artifact(out, json.loads((out / manifests.NAME).read_bytes()))
    edit(artifact)
    (out / manifests.NAME).write_bytes(manifests.text_of(artifact.manifest))
    return resealed(out)


def change_rows(artifact: Artifact, table: str, change: Callable[[Rows], Rows | None]) -> None:
    """Rewrite each shard of a table; `change` edits its list of rows, or returns another one."""
    for shard in artifact.shards(table):
        stored = pq.ParquetFile(shard).read()
        rows = stored.to_pylist()
        changed = change(rows)
        rows = rows if changed is None else changed
        artifact.write(f"{table}/{shard.stem}", pa.Table.from_pylist(rows, schema=stored.schema))


def _hashed(artifact: Artifact, name: str, before: dict[str, Any]) -> dict[str, Any]:
    try:
        if not all(path.is_file() for path in artifact.shards(name)):
            return before[name]
        rows = sum(pq.read_metadata(path).num_rows for path in artifact.shards(name))
        content = manifests.content_sha256(artifact.tables(name))
    except (OSError, pa.ArrowException):
        return before[name]
    volatile = before.get(name, {}).get("volatile", False)
    return {"rows": rows, "content_sha256": content, "volatile": volatile}
