"""Numbers of multisets, and of the different orders of their members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import comb, factorial, prod


def multisets(kinds: int, size: int) -> int:
    """The number of multisets of `size` members of `kinds` kinds."""
    return comb(kinds + size - 1, size)


def arrangements(members: Sequence[Hashable]) -> int:
    """The number of different orders of the members; equal members are interchangeable."""
    if len(set(members)) == len(members):
        return factorial(len(members))
    return factorial(len(members)) // prod(map(factorial, Counter(members).values()))
