"""Null sets of a probe: problems that are not under test."""

from __future__ import annotations

from collections.abc import Sequence

from clean_bench.errors import UserError
from clean_bench.problems.problem import ProblemSet
from clean_bench.text.normalize import normalize_spaces


def check_null_sets(sets: Sequence[ProblemSet], nulls: Sequence[ProblemSet]) -> None:
    """Raise `UserError` for a null set that holds the problems of a set under test.

    Their order, ids and white space do not count.
    """
    tested = {_texts(problems): problems.name for problems in sets}
    for null in nulls:
        name = tested.get(_texts(null))
        if name is not None:
            raise UserError(
                f"--null {null.name}: expected problems that are not under test, got those of --on "
                f"{name}; name another set, or leave it out of --on"
            )


def _texts(problems: ProblemSet) -> frozenset[str]:
    return frozenset(normalize_spaces(problem.problem) for problem in problems)
