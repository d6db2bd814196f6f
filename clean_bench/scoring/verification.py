"""Check a `scores` artifact: every verdict from the stored response, every score from the verdicts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from clean_bench.answers.grade import UNDECIDED, grade
from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import canonical
from clean_bench.scoring.run import TABLE
from clean_bench.scoring.summary import summarize


def verify_scores(artifact: Artifact) -> Iterator[Failure]:
    """The rows whose verdict does not come out again, missing rows, and sets whose numbers do not.

    A verdict that a limit of time decided is not held against the row: another machine may be
    faster.
    """
    rows = artifact.rows(TABLE)
    verdicts = grade([(row["gold"], row["response"]) for row in rows])
    for number, (row, verdict) in enumerate(zip(rows, verdicts, strict=True)):
        if {row["verdict"], verdict.kind} & UNDECIDED:
            continue
        if (row["verdict"], row["extracted"]) != (verdict.kind, verdict.extracted):
            yield Failure(
                f"{TABLE} row {number} ({row['set']}/{row['problem_id']})",
                f"is stored as {row['verdict']!r} and grades as {verdict.kind!r}",
            )
    yield from _missing(rows, artifact.config)
    again = json.loads(canonical(summarize(rows)))
    for name, claimed in artifact.metadata["sets"].items():
        if again["sets"].get(name) != claimed:
            yield Failure(f"manifest.json sets/{name}", "the scores do not follow from the rows")
    if (
        not again["sets"].keys()
        == artifact.metadata["sets"].keys()
        == artifact.config["sets"].keys()
    ):
        yield Failure("manifest.json sets", "are not the sets of the rows")


def _missing(rows: list[dict[str, Any]], config: dict[str, Any]) -> Iterator[Failure]:
    """Missing problems, and problems without one greedy row and the sampled ones, once each."""
    samples = config["samples"]
    wanted = Counter([("greedy", 0), *(("sample", sample) for sample in range(samples))])
    found: dict[tuple[str, str], Counter[tuple[str, int]]] = {}
    for row in rows:
        counter = found.setdefault((row["set"], row["problem_id"]), Counter())
        counter[row["mode"], row["sample"]] += 1
    for (name, problem), counter in found.items():
        if counter != wanted:
            yield Failure(f"{TABLE} {name}/{problem}", f"does not have its {1 + samples} rows")
    for name, count in config["problems"].items():
        if sum(key[0] == name for key in found) != count:
            yield Failure(f"{TABLE} {name}", f"does not have its {count} problems")
