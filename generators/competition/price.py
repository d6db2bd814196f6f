"""The price of points by recall: the worked instances that a checkpoint must hold to gain them.

Let a template have N equally likely computations and the share w of the set. A checkpoint that
answers m of them by recall gains at most w m / N in expectation over sets drawn after its weights
were fixed. Filling the templates with the largest w / N first is the cheapest way to a gain, so the
price of x points is what that takes. N is 2 to the counted bits of the template, a lower bound of
its computations, over the number of questions to the same numbers: a worked instance that gives x and y
tells xy as well as x + y.

The realized gain of a set of n groups is above the expectation by more than sqrt(ln(1/d) / 2n) with
probability d at most (Hoeffding), as groups are drawn independently.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, log, sqrt

POINTS = (1, 2, 5, 10)


def price(spaces: Iterable[tuple[float, float]], points: float) -> int:
    """The least number of stored instances that can add `points` percentage points in expectation.

    Args:
        spaces: (bits, share of the set) of each template; the shares sum to 1.
    """
    missing, stored = points / 100, 0.0
    for bits, share in sorted(spaces, key=lambda space: 2 ** space[0] / space[1]):
        used = min(missing, share)
        stored += used / share * 2**bits
        missing -= used
        if missing <= 1e-12:
            break
    return ceil(stored - 1e-6)


def deviation(groups: int, probability: float = 0.05) -> float:
    """The percentage points by which recall adds at most more than the expectation to a set of so many
    groups, but for this probability."""
    return 100 * sqrt(log(1 / probability) / (2 * groups))
