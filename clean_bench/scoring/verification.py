"""Check a `scores` artifact: every verdict from the stored response, every score from the verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from clean_bench.answers.grade import grade
from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import canonical
from clean_bench.scoring.run import TABLE
from clean_bench.scoring.summary import summarize


def verify_scores(artifact: Artifact) -> Iterator[Failure]:
    """The rows whose verdict does not come out again, and the sets whose numbers do not."""
    rows = artifact.rows(TABLE)
    verdicts = grade([(row["gold"], row["response"]) for row in rows])
    for number, (row, verdict) in enumerate(zip(rows, verdicts, strict=True)):
        if (row["verdict"], row["extracted"]) != (verdict.kind, verdict.extracted):
            yield Failure(
                f"{TABLE} row {number} ({row['set']}/{row['problem_id']})",
                f"is stored as {row['verdict']!r} and grades as {verdict.kind!r}",
            )
    again = json.loads(canonical(summarize(rows)))
    for name, claimed in artifact.metadata["sets"].items():
        if again["sets"].get(name) != claimed:
            yield Failure(f"manifest.json sets/{name}", "the scores do not follow from the rows")
    if again["sets"].keys() != artifact.metadata["sets"].keys():
        yield Failure("manifest.json sets", "are not the sets of the rows")
