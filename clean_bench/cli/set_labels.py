"""Names of sets as commands show them: `math500 (20 of 500 rows)` where a set is not the whole one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clean_bench.artifacts import Artifact
    from clean_bench.results import Results


def labelled(
    artifact: Artifact, results: Results, counts: Sequence[Mapping[str, Any]]
) -> tuple[Results, list[Mapping[str, Any]]]:
    """Results and counts with the notes of `clean_bench.problems.set_notes` beside the sets' names."""
    from clean_bench.problems import set_notes
    from clean_bench.results import Results as Rows

    labels = {name: f"{name} ({note})" for name, note in set_notes(artifact).items()}
    if not labels:
        return results, list(counts)
    rows = Rows(row._replace(set=labels.get(row.set or "", row.set)) for row in results)
    return rows, [{**entry, "set": labels.get(entry["set"], entry["set"])} for entry in counts]
