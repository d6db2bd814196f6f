"""Which problems count as memorized: what scoring, reports and contrasts read of a probe."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.probing.flag_counts import count_flags
from clean_bench.probing.flags import FLAGS, FLAGS_SCHEMA, Flag
from clean_bench.probing.items import headline_of
from clean_bench.probing.null_sets import Key
from clean_bench.probing.rows import STATISTICS, TABLE


def memorized_problems(artifact: Artifact) -> dict[Key, bool | None]:
    """Whether each problem counts as memorized, by set and id.

    With a null set a problem is memorized if a deciding test flags it (`flags`). Elsewhere it is
    memorized if it is reproduced word for word, at the text level, and the look-up does not reproduce
    it:

    - without a null set: the p-values rest on the look-up then, and flag nothing in a set of 30 problems
    - where no deciding test can flag anything, because the null set is small
    - where the flags are not calibrated, because the null set is not known to match
    - in the positive control

    None for a problem that could not be probed at the headline prefix, that no test can flag because its
    rest also ends another problem, or whose completion the probe did not compare.

    Raises:
        UserError: for a probe of an earlier version, which has no flags or other ones.
    """
    flags = _flags(artifact)
    headline = headline_of(artifact.config["fractions"])
    memorized: dict[Key, bool | None] = {
        (row["set"], row["problem_id"]): False if row["reason"] is None else None
        for row in artifact.rows(TABLE)
        if row["fraction"] == headline
    }
    nulls: list[str] = artifact.config["nulls"]
    by_flags = {*nulls, *_sets_with_flags(flags, nulls)}
    flagged = {(flag.set, flag.problem_id) for flag in flags if flag.flagged and flag.decides}
    compared = {(flag.set, flag.problem_id) for flag in flags}
    verbatim = _verbatim(artifact, headline)
    for key, scored in memorized.items():
        of_set = key[0]
        if of_set in by_flags:
            known = True if key in flagged else scored
        else:
            known = None if scored is None else verbatim.get(key)
        left_out = nulls and of_set not in nulls and key not in compared
        memorized[key] = None if left_out else known
    return memorized


def _flags(artifact: Artifact) -> list[Flag]:
    rows = artifact.rows(FLAGS) if "tests" in artifact.config else None
    if rows is None or (rows and {*rows[0]} != {*FLAGS_SCHEMA.names}):
        raise UserError(
            f"{artifact.folder}: expected a probe with flags, got one of an earlier version; "
            "probe again into an empty folder"
        )
    return [Flag(**row) for row in rows]


def _sets_with_flags(flags: Sequence[Flag], nulls: Collection[str]) -> set[str]:
    """Sets with calibrated flags against the null sets, of a deciding test that can flag something."""
    null = ", ".join(nulls)
    return {
        count.set
        for count in count_flags(flags)
        if count.decides and count.null == null and count.calibrated and count.can_flag
    }


def _verbatim(artifact: Artifact, headline: float) -> dict[Key, bool]:
    """Whether each problem is reproduced word for word, and not by the look-up."""
    known: dict[Key, dict[str, float]] = {}
    for row in artifact.rows(STATISTICS):
        if row["prefix"] == headline and row["statistic"] in ("exact_match", "lookup_match"):
            of_problem = known.setdefault((row["set"], row["problem_id"]), {})
            of_problem[row["statistic"]] = row["value"]
    return {key: of["exact_match"] > of["lookup_match"] for key, of in known.items()}
