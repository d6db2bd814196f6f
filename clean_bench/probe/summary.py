"""From the rows of a probe to its numbers: pure functions of what is stored.

The headline is exact match at the text level with a prefix of 60%. Every rate carries its
interval, its floor stands beside it, and problems that could not be scored are counted, not
hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clean_bench.probe.cut import NO_BOUNDARY
from clean_bench.probe.rows import TOO_LONG
from clean_bench.statistics.intervals import mean_interval, wilson

Row = Mapping[str, Any]
HEADLINE = 0.6


def summarize(rows: Sequence[Row]) -> dict[str, Any]:
    """`{"headline": "0.6", "sets": {NAME: {"n", "prefix": {"0.6": {...}}, "by_dose": {...}}}}`.

    Without a prefix of 60% the headline is the nearest one. Where nothing could be scored an
    estimate is null.
    """
    sets: dict[str, dict[float, list[Row]]] = {}
    for row in rows:
        sets.setdefault(row["set"], {}).setdefault(row["fraction"], []).append(row)
    fractions = sorted({row["fraction"] for row in rows})
    headline = min(fractions, key=lambda fraction: abs(fraction - HEADLINE))
    return {
        "headline": f"{headline:g}",
        "sets": {
            name: {
                "n": len(by_fraction[headline]),
                "prefix": {f"{f:g}": _of_prefix(by_fraction[f]) for f in sorted(by_fraction)},
                "by_dose": _by_dose(by_fraction[headline]),
            }
            for name, by_fraction in sets.items()
        },
    }


def _of_prefix(rows: Sequence[Row]) -> dict[str, Any]:
    scored = [row for row in rows if row["reason"] is None]
    long = [row for row in scored if not row["short_suffix"]]
    per_token = [row["suffix_logprob"] / row["suffix_tokens"] for row in scored]
    return {
        "exact_match": _rate(scored, "exact_match"),
        "exact_match_levels": {
            "raw": _rate(scored, "exact_raw"),
            "text": _rate(scored, "exact_match"),
            "latex": _rate(scored, "exact_latex"),
        },
        "exact_match_long_suffix": _rate(long, "exact_match"),
        "floor": _rate(scored, "floor_match"),
        "floor_long_suffix": _rate(long, "floor_match"),
        "stops": _rate(scored, "stops"),
        "rouge_l": _mean(scored, "rouge_l"),
        "edit_similarity": _mean(scored, "edit_similarity"),
        "common_prefix_tokens": _average([row["common_prefix"] for row in scored]),
        "logprob_per_token": _average(per_token),
        "aligned": _rate(scored, "aligned"),
        "scored": len(scored),
        "uncut": sum(row["reason"] == NO_BOUNDARY for row in rows),
        "too_long": sum(row["reason"] == TOO_LONG for row in rows),
        "short_suffixes": len(scored) - len(long),
    }


def _by_dose(rows: Sequence[Row]) -> dict[str, Any]:
    """Exact match, its floor and ROUGE-L of the problems of each dose, smallest first."""
    doses = sorted({row["dose"] for row in rows if row["dose"] is not None})
    summary = {}
    for dose in doses:
        part = [row for row in rows if row["dose"] == dose]
        scored = [row for row in part if row["reason"] is None]
        summary[str(dose)] = {
            "exact_match": _rate(scored, "exact_match"),
            "floor": _rate(scored, "floor_match"),
            "rouge_l": _mean(scored, "rouge_l"),
            "n": len(part),
        }
    return summary


def _rate(rows: Sequence[Row], column: str) -> dict[str, Any] | None:
    return wilson(sum(row[column] for row in rows), len(rows)).as_json() if rows else None


def _mean(rows: Sequence[Row], column: str) -> dict[str, Any] | None:
    return mean_interval([row[column] for row in rows]).as_json() if rows else None


def _average(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
