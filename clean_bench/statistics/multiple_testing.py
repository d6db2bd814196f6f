"""Adjusted p values: the false discovery rate over items, the family-wise error rate over tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def benjamini_hochberg(p: npt.ArrayLike) -> Array:
    """Adjusted p values (q values) of the step-up procedure of Benjamini and Hochberg.

    With m p values in ascending order, q_(i) is the minimum over j >= i of m p_(j) / j. Rejecting every
    q <= a keeps the expected false discovery proportion at most a, where the p values are independent
    or positively dependent on each true null (Benjamini and Hochberg 1995, "Controlling the false
    discovery rate"; Benjamini and Yekutieli 2001, theorem 1.2).

    Args:
        p: one p value per test, in any order; may be empty.

    Returns:
        One q value per test, in the order of `p`.

    Raises:
        ValueError: if `p` has another shape, or a value is nan or outside [0, 1].
    """
    array = checked_p_values(p)
    if not array.size:
        return array
    from scipy import stats  # loading it takes longer than most commands that grade

    return np.asarray(stats.false_discovery_control(array, method="bh"), dtype=np.float64)


def holm(p: npt.ArrayLike) -> Array:
    """Adjusted p values of the step-down procedure of Holm.

    With m p values in ascending order, the i-th becomes the maximum over j <= i of (m - j + 1) p_(j), at
    most 1. Rejecting every value <= a keeps the probability of any false rejection at most a under any
    dependence (Holm 1979, "A simple sequentially rejective multiple test procedure").

    Args, returns and raises: as `benjamini_hochberg`.
    """
    array = checked_p_values(p)
    if not array.size:
        return array
    from statsmodels.stats.multitest import multipletests  # takes seconds to load

    return np.asarray(multipletests(array, method="holm")[1], dtype=np.float64)


def checked_p_values(p: npt.ArrayLike) -> Array:
    """The p values as an array of one dimension.

    Raises:
        ValueError: as `benjamini_hochberg`; the message has the position of the first such value.
    """
    array = np.asarray(p, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"expected one p value per test, got an array of shape {array.shape}")
    outside = np.flatnonzero(~((array >= 0) & (array <= 1)))
    if outside.size:
        first = int(outside[0])
        raise ValueError(
            f"expected p values in [0, 1], got {array[first]} at position {first} "
            f"({outside.size} such values); leave tests without a p value out of the family"
        )
    return array
