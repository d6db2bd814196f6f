"""Which problems of a probe are in a training corpus, from what `clean-bench overlap` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.overlap.rows import KIND, TABLE
from clean_bench.problems import ProblemSet


def corpus_of(folder: str | Path, sets: Sequence[ProblemSet]) -> dict[str, list[str]]:
    """The problems that the corpus holds as they are or at least half of them, by set.

    Hits of masked numbers do not count: they are other problems of one template.

    Raises:
        UserError: for a folder that is no overlap, or one with none of these sets.
    """
    artifact = Artifact.load(folder, KIND)
    names = {entry["sha256"]: entry["name"] for entry in artifact.config["sets"]}
    searched = {
        names[problems.content_sha256]: problems.name
        for problems in sets
        if problems.content_sha256 in names
    }
    if not searched:
        raise UserError(
            f"--overlap {folder}: expected an overlap with one of the probed sets, got one with "
            f"{', '.join(names.values())}; run clean-bench overlap with the same sets and --limit"
        )
    hits: dict[str, list[str]] = {name: [] for name in searched.values()}
    for row in artifact.rows(TABLE):
        if row["set"] in searched and row["kind"] in ("exact", "ngram"):
            hits[searched[row["set"]]].append(row["problem_id"])
    return hits
