"""From the rows of an overlap to its results.

Per set the share of problems with each kind of hit, weaker kinds including the stronger ones:

    exact       the same text
    ngram       or at least half of the problem's n-grams in one training row
    masked      or the same with all numbers masked
    any_ngram   any n-gram in common, the rule of the GPT-3 study; common phrases cause such hits

Rows of the subset `within the set` compare each problem with the other problems of its own set: the
similarity that its problems have anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clean_bench.overlap.match import KINDS
from clean_bench.results import Result, Results
from clean_bench.statistics.intervals import wilson

Row = Mapping[str, Any]
WITHIN_SET = "within the set"


def summarize(rows: Sequence[Row], within: Sequence[Row], config: Mapping[str, Any]) -> Results:
    """The results of the rows against the training set, and of those within each set."""
    results: list[Result] = []
    for entry in config["sets"]:
        head = Result(
            set=entry["name"],
            set_sha256=entry["sha256"],
            role=entry["role"],
            protocol=f"{config['ngram']}-grams, training set {config['training_sha256'][:12]}",
        )
        for subset, part in ((None, rows), (WITHIN_SET, within)):
            of_set = [row for row in part if row["set"] == entry["name"]]
            for place, kind in reversed(list(enumerate(KINDS))):
                count = sum(row["kind"] in KINDS[place:] for row in of_set)
                results.append(head.of(kind, wilson(count, entry["problems"]), subset=subset))
            touched = sum(row["share"] > 0 for row in of_set)
            results.append(head.of("any_ngram", wilson(touched, entry["problems"]), subset=subset))
    return Results(results)
