"""Check a probe from what it stores: cuts, matches, baselines and every number of its summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isclose
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from clean_bench.probe.cut import cut
from clean_bench.probe.lookup_baseline import LookupBaseline
from clean_bench.probe.rows import PROTOCOL, TABLE, TOO_LONG, judge
from clean_bench.probe.summary import summarize

Row = Mapping[str, Any]


def verify_probe(artifact: Artifact) -> Iterator[Failure]:
    """What does not hold in an artifact of kind `probe`.

    Every problem is cut again, every completion compared again and every summary number computed
    again. The look-up of the baseline is repeated where it used nothing but the sets themselves;
    texts from elsewhere are not stored, and then only its comparison is.
    """
    rows, config = artifact.rows(TABLE), artifact.config
    if config["protocol"] != PROTOCOL:
        yield Failure(NAME, f"protocol: expected {PROTOCOL!r}, got {config['protocol']!r}")
    yield from _complete(rows, config)
    lookups = _lookups(rows) if config["lookup_sha256"] is None else {}
    for row in rows:
        where = f"{TABLE}, {row['set']}/{row['problem_id']} at {row['fraction']:g}"
        text = row["prefix"] + row["suffix"]
        again = cut(text, row["fraction"])
        if row["reason"] == TOO_LONG:
            expected: dict[str, Any] = {"offset": again.offset}
        else:
            expected = {"offset": again.offset, "reason": again.reason}
        if row["reason"] is None and again.reason is None:
            expected |= judge(row)
            if row["set"] in lookups:
                floor = lookups[row["set"]].complete(row["prefix"], text)
                expected["floor_completion"] = floor
        yield from _differences(where, row, expected)
    yield from _differences(NAME, {"metadata": artifact.metadata}, {"metadata": summarize(rows)})


def _complete(rows: Sequence[Row], config: Mapping[str, Any]) -> Iterator[Failure]:
    """Every set has the same problems, once each, at every fraction."""
    found: dict[tuple[str, float], list[str]] = {}
    for row in rows:
        found.setdefault((row["set"], row["fraction"]), []).append(row["problem_id"])
    for name in config["sets"]:
        ids = sorted(found.get((name, config["fractions"][0]), []))
        if not ids or len(set(ids)) < len(ids):
            yield Failure(TABLE, f"{name}: its problems are missing or come twice")
        for fraction in config["fractions"]:
            if sorted(found.get((name, fraction), [])) != ids:
                yield Failure(TABLE, f"{name} at {fraction:g}: not the problems of the set")
    strange = {name for name, _ in found} - set(config["sets"])
    for name in sorted(strange):
        yield Failure(TABLE, f"{name}: is none of the sets that were probed")


def _lookups(rows: Sequence[Row]) -> dict[str, LookupBaseline]:
    texts: dict[str, dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: int(row["index"])):
        texts.setdefault(row["set"], {}).setdefault(
            row["problem_id"], row["prefix"] + row["suffix"]
        )
    return {name: LookupBaseline(by_id.values()) for name, by_id in texts.items()}


def _differences(where: str, stored: Any, expected: Any, name: str = "") -> Iterator[Failure]:
    """Where a stored value is not the expected one; of a row only what is expected is compared."""
    if isinstance(expected, Mapping) and isinstance(stored, Mapping):
        missing = sorted({*stored} - {*expected}) if name else []
        for key in missing:
            yield Failure(where, f"{name}.{key} is stored and follows from nothing")
        for key, value in expected.items():
            yield from _differences(where, stored.get(key), value, f"{name}.{key}" if name else key)
    elif not _same(stored, expected):
        yield Failure(where, f"{name} is stored as {stored!r}, and the rows say {expected!r}")


def _same(stored: Any, expected: Any) -> bool:
    if isinstance(stored, float) and isinstance(expected, float):
        return isclose(stored, expected, rel_tol=1e-9, abs_tol=1e-12)
    return type(stored) is type(expected) and bool(stored == expected)
