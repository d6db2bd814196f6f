"""The price of points by recall: the worked instances that a checkpoint must hold to gain them.

Let a template have N equally likely computations and the share w of the set. A checkpoint that
answers m of them by recall gains at most w m / N in expectation over sets drawn after its weights
were fixed. Filling the templates with the largest w / N first is the cheapest way to a gain, so the
price of x points is what that takes. N is 2 to the counted bits of the template, a lower bound of
its computations.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

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
