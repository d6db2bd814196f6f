"""From the rows of an overlap to its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clean_bench.overlap.match import KINDS

Row = Mapping[str, Any]


def summarize(
    rows: Sequence[Row], within: Sequence[Row], sizes: Mapping[str, int]
) -> dict[str, Any]:
    """`{"sets": {NAME: {"n", "exact", "ngram", "masked", "touched", "within": {...}, "problems"}}}`.

    Each count includes the surer kinds. `touched` counts problems that share any n-gram with a
    training row, the rule of the GPT-3 study, which set phrases trip. `within` are the counts of the
    set against its own other problems: what resemblance its problems have by themselves.

    Args:
        sizes: how many problems each set has.
    """
    return {
        "sets": {
            name: {
                "n": n,
                **_counts(rows, name),
                "touched": sum(row["share"] > 0 for row in rows if row["set"] == name),
                "within": _counts(within, name),
                "problems": [
                    {
                        key: row[key]
                        for key in (
                            "problem_id",
                            "kind",
                            "share",
                            "masked_share",
                            "training_id",
                            "training_row",
                            "hits",
                        )
                    }
                    for row in rows
                    if row["set"] == name and row["kind"] is not None
                ],
            }
            for name, n in sizes.items()
        }
    }


def _counts(rows: Sequence[Row], name: str) -> dict[str, int]:
    kinds = [row["kind"] for row in rows if row["set"] == name]
    return {
        kind: sum(other in KINDS[place:] for other in kinds)
        for place, kind in reversed(list(enumerate(KINDS)))
    }
