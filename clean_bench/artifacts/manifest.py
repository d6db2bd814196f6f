"""The manifest of an artifact: canonical text, hashes, and the environment of the run.

A manifest is canonical JSON (sorted keys, two spaces, one final newline), so `verify` detects every
changed byte, white space included. It holds two hashes. `manifest_sha256` covers the whole manifest.
`identity_sha256` covers kind, configuration, metadata, rows and inner artifacts, but no times, paths or
package versions: two runs with equal numbers have the same identity.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import metadata
from itertools import chain, pairwise, repeat
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import clean_bench
from clean_bench.artifacts.kinds import FinishedManifest, OpenManifest
from clean_bench.errors import UserError
from clean_bench.foreign_files.json_text import read_json
from clean_bench.foreign_files.schema import check_types, json_type, value_text

FORMAT = 2
NAME = "manifest.json"
LARGEST = 64 << 20
"""Bytes of a manifest."""
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
PACKAGES = frozenset({"clean-bench", *_PACKAGES})
"""Packages whose versions `environment` records."""

Manifest = dict[str, Any]

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)
_text = json.encoder.encode_basestring_ascii


def canonical_json(value: Any) -> bytes:
    """A JSON value as canonical bytes (no white space, sorted keys)."""
    return _ENCODER.encode(value).encode()


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
    """SHA-256 over the canonical rows of tables, in order.

    Independent of Parquet encoding and sharding. A row is the canonical JSON of its columns, so the
    hash also covers the column names. A list of numbers is one text, its type and the base64 of its
    little-endian values ("<f4:AACAPw=="), because writing digits would take most of the time.
    """
    state = hashlib.sha256()
    for table in tables:
        for batch in table.to_batches(max_chunksize=4096):
            state.update(_lines(batch))
    return state.hexdigest()


def _lines(batch: pa.RecordBatch) -> bytes:
    """The rows as canonical JSON, one per line."""
    pieces: list[Iterable[str]] = []
    for name in sorted(batch.schema.names):
        pieces += [repeat(f"{',' if pieces else '{'}{_text(name)}:"), _encoded(batch.column(name))]
    return "".join(
        chain.from_iterable(zip(*pieces, repeat("}\n", len(batch)), strict=False))
    ).encode()


def _encoded(column: pa.Array) -> list[str]:
    """Each value of a column as canonical JSON."""
    dtype = column.type
    if column.null_count == len(column):
        return ["null"] * len(column)
    if pa.types.is_list(dtype) and _is_number(dtype.value_type):
        return _encoded_lists(column)
    values = column.to_pylist()
    if pa.types.is_string(dtype):
        encode: Callable[[Any], str] = _text
    elif pa.types.is_integer(dtype):
        encode = str
    elif pa.types.is_floating(dtype):
        encode = _float
    else:
        encode = _ENCODER.encode
    if not column.null_count:
        return list(map(encode, values))
    return ["null" if value is None else encode(value) for value in values]


def _float(value: float) -> str:
    return repr(value) if isfinite(value) else _ENCODER.encode(value)


def _is_number(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_integer(dtype) or pa.types.is_floating(dtype))


def _encoded_lists(column: pa.Array) -> list[str]:
    """Lists of numbers as base64; a list that holds a null, which has no bytes, as JSON."""
    flat = column.values
    dtype = np.dtype(column.type.value_type.to_pandas_dtype()).newbyteorder("<")
    data = flat.fill_null(0).to_numpy().astype(dtype, copy=False).tobytes()
    size, offsets = dtype.itemsize, column.offsets.tolist()
    encoded = []
    for start, end in pairwise(offsets):
        base64 = b2a_base64(data[start * size : end * size], newline=False).decode()
        encoded.append(f'"{dtype.str}:{base64}"')
    if column.null_count or flat.null_count:
        for row, value in enumerate(column.to_pylist()):
            if value is None or None in value:
                encoded[row] = _ENCODER.encode(value)
    return encoded


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder; hashes are not checked.

    Raises:
        UserError: if there is none, it is damaged, has another format or a value of another type.
    """
    path = folder / NAME
    if not path.is_file():
        raise UserError(f"{folder} holds no clean-bench artifact (no {NAME})")
    manifest = read_json(path, LARGEST, finite=True)
    if not isinstance(manifest, dict):
        raise UserError(f"{path}: expected an object, got {json_type(manifest)}")
    version = manifest.get("format")
    if version != FORMAT or isinstance(version, bool | float):
        raise UserError(
            f"{path}: expected format {FORMAT}, got {value_text(version)}: use the version that wrote it"
        )
    finished = manifest.get("state") == "finished"
    check_types(manifest, FinishedManifest if finished else OpenManifest, str(path))
    return manifest


def seal(manifest: Manifest) -> Manifest:
    """The manifest with both hashes set."""
    body = {k: v for k, v in manifest.items() if k not in ("identity_sha256", "manifest_sha256")}
    body["identity_sha256"] = identity_of(body)
    body["manifest_sha256"] = sha256_of(canonical_json(body))
    return body


def identity_of(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the content, without times, paths and versions; see the module's docstring."""
    content = {key: manifest.get(key) for key in ("kind", "format", "config", "metadata")}
    content["tables"] = {
        name: table["content_sha256"]
        for name, table in manifest.get("tables", {}).items()
        if not table["volatile"]
    }
    content["parts"] = {
        name: part["identity_sha256"] for name, part in manifest.get("parts", {}).items()
    }
    return sha256_of(canonical_json(content))


def environment() -> dict[str, Any]:
    """Versions of Python, of clean-bench and of the packages that results depend on."""
    return {
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "packages": {"clean-bench": clean_bench.__version__, **_installed()},
    }


@cache
def _installed() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
