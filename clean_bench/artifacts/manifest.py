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

FORMAT = 2
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


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)
_text = json.encoder.encode_basestring_ascii


def canonical(value: Any) -> bytes:
    """One JSON value as canonical bytes (no white space, sorted keys)."""
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
    """SHA-256 over the canonical rows of tables in order.

    Parquet bytes change with the writer's version and its settings; rows do not. A row is the
    canonical JSON of its columns, so the hash also fixes the column names. A list of numbers stands
    there as one text, the type and the base64 of its little-endian values ("<f4:AACAPw=="): digits
    would say no more, and take most of the time.
    """
    state = hashlib.sha256()
    for table in tables:
        for batch in table.to_batches(max_chunksize=4096):
            state.update(_lines(batch))
    return state.hexdigest()


def _lines(batch: pa.RecordBatch) -> bytes:
    """The rows as lines of canonical JSON."""
    pieces: list[Iterable[str]] = []
    for name in sorted(batch.schema.names):
        pieces += [repeat(f"{',' if pieces else '{'}{_text(name)}:"), _encoded(batch.column(name))]
    return "".join(
        chain.from_iterable(zip(*pieces, repeat("}\n", len(batch)), strict=False))
    ).encode()


def _encoded(column: pa.Array) -> list[str]:
    """Each value of a column as canonical JSON."""
    kind = column.type
    if column.null_count == len(column):
        return ["null"] * len(column)
    if pa.types.is_list(kind) and _is_number(kind.value_type):
        return _numbers(column)
    values = column.to_pylist()
    if pa.types.is_string(kind):
        encode: Callable[[Any], str] = _text
    elif pa.types.is_integer(kind):
        encode = str
    elif pa.types.is_floating(kind):
        encode = _float
    else:
        encode = _ENCODER.encode
    if not column.null_count:
        return list(map(encode, values))
    return ["null" if value is None else encode(value) for value in values]


def _float(value: float) -> str:
    return repr(value) if isfinite(value) else _ENCODER.encode(value)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _numbers(column: pa.Array) -> list[str]:
    """Lists of numbers as text; one that holds a null, which has no bytes, is spelled out."""
    flat = column.values
    kind = np.dtype(column.type.value_type.to_pandas_dtype()).newbyteorder("<")
    data = flat.fill_null(0).to_numpy().astype(kind, copy=False).tobytes()
    size, offsets = kind.itemsize, column.offsets.tolist()
    found = []
    for start, end in pairwise(offsets):
        coded = b2a_base64(data[start * size : end * size], newline=False).decode()
        found.append(f'"{kind.str}:{coded}"')
    if column.null_count or flat.null_count:
        for row, value in enumerate(column.to_pylist()):
            if value is None or None in value:
                found[row] = _ENCODER.encode(value)
    return found


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
