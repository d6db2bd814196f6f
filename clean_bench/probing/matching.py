"""Do the null sets match a set under test? Flags against them are calibrated only if they do.

The check is a classifier that reads the texts alone (`blind_classifier`): where it tells the set from
the null sets, unseen problems of both need not have exchangeable evidence. It needs `LEAST` different
problems on both sides. Below that the matching is unknown, unless it holds by the role of the null sets:
a set drawn to match, or the never-planted twins of a planted set.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isnan

from clean_bench.probing.blind_classifier import blind_auc
from clean_bench.problems import Problem
from clean_bench.statistics.estimate import Estimate

LEAST = 20
"""Problems of a set, and of its null, from which a blind classifier is fitted; near-duplicates count
once."""
EXCHANGEABLE_UP_TO = 0.6
"""AUC of a blind classifier between set and null, up to which they pass for exchangeable."""
TWIN, MATCHED, PLANTED = "twin", "matched", "planted"
NOT_CALIBRATED = "so the flags are not calibrated"
NULL_ROLES = (TWIN, MATCHED)
"""Sets that are a null by their role: never-planted twins, and sets drawn to match a benchmark."""


def blind_estimates(
    sets: Mapping[str, Sequence[Problem]],
    tested: Sequence[str],
    nulls: Sequence[str],
    clusters: Mapping[str, Mapping[str, int]],
    null_clusters: int,
) -> dict[str, Estimate]:
    """The AUC of a blind classifier between each set and the null sets, of sets of `LEAST` problems.

    Args:
        clusters: cluster of each problem by its id, by the name of the set.
        null_clusters: number of clusters of the null sets together.
    """
    null = [problem.problem for name in nulls for problem in sets[name]]
    return {
        name: blind_auc([problem.problem for problem in sets[name]], null)
        for name in tested
        if min(len(set(clusters[name].values())), null_clusters) >= LEAST
    }


def matched_by_role(role: str | None, null_roles: Collection[str | None]) -> bool:
    """Whether null sets of these roles match a set of this role without a check."""
    return bool(null_roles) and all(
        null == MATCHED or (null == TWIN and role == PLANTED) for null in null_roles
    )


def why_unmatched(blind: Estimate | None, by_role: bool) -> str:
    """Why flags against the null sets are not calibrated; empty where they are.

    Args:
        blind: AUC of the blind classifier; None where it was not fitted.
        by_role: whether the null sets match by their role.
    """
    if blind is None or isnan(blind.value):
        if by_role:
            return ""
        return (
            f"whether the null set is matched could not be checked: fewer than {LEAST} problems, "
            f"{NOT_CALIBRATED}"
        )
    if not blind.low > EXCHANGEABLE_UP_TO:
        return ""
    return (
        f"a classifier that reads the texts alone tells the set from the null (AUC {blind.value:.2f}), "
        f"{NOT_CALIBRATED}"
    )
