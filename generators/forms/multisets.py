"""How many multisets there are, and in how many orders the members of one can stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import comb, factorial, prod


def multisets(kinds: int, size: int) -> int:
    """How many multisets of that size have members of so many kinds."""
    return comb(kinds + size - 1, size)


def arrangements(members: Sequence[Hashable]) -> int:
    """In how many different orders the members can stand, equal ones being interchangeable."""
    if len(set(members)) == len(members):
        return factorial(len(members))
    return factorial(len(members)) // prod(map(factorial, Counter(members).values()))
