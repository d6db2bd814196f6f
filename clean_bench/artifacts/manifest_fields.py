"""The keys and types of a manifest: nothing else may be in it, since its hashes cover anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from clean_bench.artifacts.manifest import PACKAGES

_KEYS: Mapping[str, type] = {
    "kind": str,
    "format": int,
    "state": str,
    "config": dict,
    "metadata": dict,
    "provenance": dict,
    "environment": dict,
    "times": dict,
    "files": dict,
    "parts": dict,
    "tables": dict,
    "identity_sha256": str,
    "manifest_sha256": str,
}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+!_-]{0,63}")
_PLATFORM = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_TABLE_KEYS = {"rows", "content_sha256", "volatile"}
_PART_KEYS = {"kind", "identity_sha256", "manifest_sha256"}


def wrong_fields(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What a finished manifest has beside its keys, or under them another type; one line for each."""
    for key in sorted({*_KEYS, *manifest}):
        if key not in _KEYS:
            yield f"has the unknown key {key!r}"
        elif not isinstance(manifest.get(key), _KEYS[key]):
            yield f"{key}: expected {_name(_KEYS[key])}, got {_name(type(manifest.get(key)))}"
        elif key in _CHECKS:
            yield from _CHECKS[key](manifest[key])


def _environment(environment: Mapping[str, Any]) -> Iterator[str]:
    if set(environment) != {"python", "platform", "packages"}:
        yield f"environment: expected packages, platform and python, got {_listed(environment)}"
        return
    for key, pattern in (("python", _VERSION), ("platform", _PLATFORM)):
        if not _matches(pattern, environment[key]):
            yield f"environment: {key} is {environment[key]!r}, expected a version"
    packages = environment["packages"]
    if not isinstance(packages, Mapping):
        yield "environment: packages: expected an object"
        return
    for name, version in sorted(packages.items()):
        if name not in PACKAGES:
            yield f"environment: packages has {name!r}, whose version no run records"
        elif not _matches(_VERSION, version):
            yield f"environment: the version of {name} is {version!r}"


def _times(times: Mapping[str, Any]) -> Iterator[str]:
    try:
        begun, finished = (datetime.fromisoformat(times[key]) for key in ("begun", "finished"))
    except (KeyError, TypeError, ValueError):
        yield "times: expected the times begun and finished"
        return
    if len(times) != 2:
        yield f"times: expected begun and finished, got {_listed(times)}"
    elif (begun.tzinfo is None) != (finished.tzinfo is None):
        yield "times: expected two times with their zone"


def _files(files: Mapping[str, Any]) -> Iterator[str]:
    for name, sha256 in sorted(files.items()):
        if not _matches(_SHA256, sha256):
            yield f"files: {name!r} has no SHA-256"


def _tables(tables: Mapping[str, Any]) -> Iterator[str]:
    for name, entry in sorted(tables.items()):
        fits = isinstance(entry, Mapping) and set(entry) == _TABLE_KEYS
        if not (
            fits
            and type(entry["rows"]) is int
            and type(entry["volatile"]) is bool
            and _matches(_SHA256, entry["content_sha256"])
        ):
            yield f"tables: {name!r}: expected rows, content_sha256 and volatile"


def _parts(parts: Mapping[str, Any]) -> Iterator[str]:
    for name, entry in sorted(parts.items()):
        if not isinstance(entry, Mapping) or set(entry) != _PART_KEYS:
            yield f"parts: {name!r}: expected kind, identity_sha256 and manifest_sha256"


_CHECKS = {
    "environment": _environment,
    "times": _times,
    "files": _files,
    "tables": _tables,
    "parts": _parts,
}


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _listed(keys: Mapping[str, Any]) -> str:
    return ", ".join(sorted(map(repr, keys)))[:200] or "nothing"


def _name(kind: type) -> str:
    names = {dict: "an object", str: "a text", int: "a number", type(None): "nothing"}
    return names.get(kind, kind.__name__)
