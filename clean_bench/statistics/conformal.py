"""Conformal p values: the rank of a score among the scores of a null sample."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SMALLEST_STRATUM = 100
"""Null scores that a stratum needs for p values of its own: with 99 or more, p can be 0.01."""


def conformal_p_values(
    scores: npt.ArrayLike,
    null_scores: npt.ArrayLike,
    *,
    strata: Sequence[Hashable] | None = None,
    null_strata: Sequence[Hashable] | None = None,
    smallest_stratum: int = SMALLEST_STRATUM,
) -> Array:
    """One-sided p values, where a large score is evidence: p_i = (1 + #{null >= s_i}) / (n_null + 1).

    An item that is exchangeable with the null sample has P(p <= a) <= a for every a, with equality at
    multiples of 1 / (n_null + 1) where no scores are equal (Vovk, Gammerman and Shafer 2005,
    "Algorithmic learning in a random world", proposition 2.4). Equal scores make p larger. The p values
    of one null sample are dependent, positively on each true null, so `benjamini_hochberg` controls
    their false discovery rate (Bates et al. 2023, "Testing for outliers with conformal p-values",
    theorem 2).

    With strata, an item is ranked among the null scores of its stratum. An item whose stratum has fewer
    than `smallest_stratum` null scores is ranked among all null scores; its p value is valid only where
    the scores do not depend on the stratum.

    Args:
        scores: one per item; infinite scores are admitted.
        null_scores: one per null item; without any, every p value is 1.
        strata: one label per item, with `null_strata` or neither.
        null_strata: one label per null item.
        smallest_stratum: null scores that a stratum needs for a rank within it.

    Returns:
        One p value per item. The time is O((n + m) log m) for n items and m null items.

    Raises:
        ValueError: if a score is nan, or the lengths do not fit.
    """
    items, null = checked_scores(scores, "scores"), checked_scores(null_scores, "null scores")
    if (strata is None) != (null_strata is None):
        raise ValueError("expected strata of both the items and the null items, or of neither")
    p = _ranked(items, np.sort(null))
    if strata is None or null_strata is None:
        return p
    if (len(strata), len(null_strata)) != (len(items), len(null)):
        raise ValueError(
            f"expected one stratum per score, got {len(strata)} strata of {len(items)} items and "
            f"{len(null_strata)} strata of {len(null)} null items"
        )
    positions, null_positions = _positions(strata), _positions(null_strata)
    for label, own in positions.items():
        null_own = null_positions.get(label, [])
        if len(null_own) >= smallest_stratum:
            p[own] = _ranked(items[own], np.sort(null[null_own]))
    return p


def leave_one_out_p_values(null_scores: npt.ArrayLike) -> Array:
    """The conformal p value of each null score among the others: #{null >= s_i} / n_null.

    Over the whole sample they are uniform by construction, except where scores are equal. A subgroup (a
    subject, a range of lengths) whose p values are not uniform is not exchangeable with the rest,
    and its items need a null of their own.

    Args:
        null_scores: one per null item; may be empty.

    Raises:
        ValueError: if a score is nan.
    """
    null = checked_scores(null_scores, "null scores")
    result: Array = _at_or_above(null, np.sort(null)) / max(1, len(null))
    return result


def checked_scores(scores: npt.ArrayLike, name: str) -> Array:
    """The scores as an array of one dimension.

    Args:
        name: what they are, for the message.

    Raises:
        ValueError: if they have another shape, or one is nan.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"expected one value per item in {name}, got shape {array.shape}")
    missing = np.flatnonzero(np.isnan(array))
    if missing.size:
        raise ValueError(
            f"expected {name} without nan, got nan at position {missing[0]} ({missing.size} in all); "
            "leave items without a score out"
        )
    return array


def _ranked(scores: Array, sorted_null: Array) -> Array:
    result: Array = (1 + _at_or_above(scores, sorted_null)) / (len(sorted_null) + 1)
    return result


def _at_or_above(scores: Array, sorted_null: Array) -> npt.NDArray[np.int64]:
    """The number of null scores >= each score."""
    below: npt.NDArray[np.int64] = np.searchsorted(sorted_null, scores, side="left")
    return len(sorted_null) - below


def _positions(strata: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    positions: dict[Hashable, list[int]] = {}
    for position, label in enumerate(strata):
        positions.setdefault(label, []).append(position)
    return positions
