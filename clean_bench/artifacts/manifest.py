"""The manifest of an artifact: canonical text, hashes, and what the run was made with.

A manifest is canonical JSON (sorted keys, two spaces, one final newline), so that any changed byte of
it shows, even one that JSON would forgive. It carries two hashes. `manifest_sha256` covers everything
in it. `identity_sha256` covers what the artifact says (kind, configuration, metadata, rows, inner
artifacts) and leaves out when, where and with which versions it was made: two runs that agree in every
number have the same identity.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pyarrow as pa

import clean_bench

FORMAT = 1
NAME = "manifest.json"
_PACKAGES = (
    "torch",
    "transformers",
    "safetensors",
    "pyarrow",
    "numpy",
    "math-verify",
    "matplotlib",
    "sympy",
    "vllm",
)

Manifest = dict[str, Any]


def canonical(value: Any) -> bytes:
    """One JSON value as canonical bytes (no white space, sorted keys)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def text_of(manifest: Mapping[str, Any]) -> bytes:
    """The bytes of `manifest.json`."""
    return (json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=True) + "\n").encode()


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_sha256(tables: Iterable[pa.Table]) -> str:
    """SHA-256 over the canonical rows of tables in order.

    Parquet bytes change with the writer's version and its settings; rows do not. A row is the
    canonical JSON of its columns, so the hash also fixes the column names.
    """
    state = hashlib.sha256()
    for table in tables:
        for batch in table.to_batches(max_chunksize=4096):
            for row in batch.to_pylist():
                state.update(canonical(row) + b"\n")
    return state.hexdigest()


def seal(manifest: Manifest) -> Manifest:
    """The manifest with both of its hashes set."""
    body = {k: v for k, v in manifest.items() if k not in ("identity_sha256", "manifest_sha256")}
    body["identity_sha256"] = identity_of(body)
    body["manifest_sha256"] = sha256_of(canonical(body))
    return body


def identity_of(manifest: Mapping[str, Any]) -> str:
    """The hash of what the artifact says; see the module's docstring."""
    said = {key: manifest.get(key) for key in ("kind", "format", "config", "metadata")}
    said["tables"] = {
        name: table["content_sha256"]
        for name, table in manifest.get("tables", {}).items()
        if not table["volatile"]
    }
    said["parts"] = {
        name: part["identity_sha256"] for name, part in manifest.get("parts", {}).items()
    }
    return sha256_of(canonical(said))


def environment() -> dict[str, Any]:
    """Versions of Python, of this package and of the installed packages that numbers depend on."""
    versions = {"clean-bench": clean_bench.__version__}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "packages": versions,
    }
