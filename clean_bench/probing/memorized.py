"""Which problems count as memorized: what scoring, reports and contrasts read of a probe."""

from __future__ import annotations

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.probing.flags import FLAGS
from clean_bench.probing.items import headline_of
from clean_bench.probing.rows import STATISTICS, TABLE


def memorized_problems(artifact: Artifact) -> dict[tuple[str, str], bool | None]:
    """Whether each problem counts as memorized, by set and id.

    With a null set a problem is memorized if a test flags it. Without one the p-values rest on the
    look-up, whose resolution is that of the set (30 problems flag nothing): a problem is then memorized
    if it is reproduced word for word, at the text level, and the look-up does not reproduce it.

    None for a problem that could not be probed at the headline prefix, or that no test can flag because
    its rest also ends another problem.

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
    if artifact.config["nulls"]:
        tested: set[tuple[str, str]] = set()
        for row in artifact.rows(FLAGS):
            key = (row["set"], row["problem_id"])
            tested.add(key)
            if row["flagged"]:
                memorized[key] = True
        nulls = artifact.config["nulls"]
        left_out = [
            key
            for key, found in memorized.items()
            if found is False and key not in tested and key[0] not in nulls
        ]
        return {**memorized, **dict.fromkeys(left_out)}
    verbatim: dict[tuple[str, str], dict[str, float]] = {}
    for row in artifact.rows(STATISTICS):
        if row["prefix"] == headline and row["statistic"] in ("exact_match", "lookup_match"):
            of_problem = verbatim.setdefault((row["set"], row["problem_id"]), {})
            of_problem[row["statistic"]] = row["value"]
    for key, known in verbatim.items():
        memorized[key] = known["exact_match"] > known["lookup_match"]
    return memorized
