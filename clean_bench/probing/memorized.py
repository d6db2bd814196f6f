"""Which problems a probe flags as memorized: what scoring, reports and contrasts read."""

from __future__ import annotations

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.probing.flags import FLAGS
from clean_bench.probing.items import headline_of
from clean_bench.probing.rows import TABLE


def memorized_problems(artifact: Artifact) -> dict[tuple[str, str], bool | None]:
    """Whether a test of the probe flags each problem, by set and id.

    None for a problem that could not be probed at the headline prefix.

    Raises:
        UserError: for a probe of an earlier version, which has no flags.
    """
    if "tests" not in artifact.config:
        raise UserError(
            f"{artifact.folder}: expected a probe with flags, got one of an earlier version; "
            "probe again into an empty folder"
        )
    headline = headline_of(artifact.config["fractions"])
    memorized: dict[tuple[str, str], bool | None] = {
        (row["set"], row["problem_id"]): False if row["reason"] is None else None
        for row in artifact.rows(TABLE)
        if row["fraction"] == headline
    }
    for row in artifact.rows(FLAGS):
        if row["flagged"]:
            memorized[row["set"], row["problem_id"]] = True
    return memorized
