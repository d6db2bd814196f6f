"""Numbers of multisets and of the different orders of their members, and sequences with a total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import cache
from math import comb, factorial, prod
from typing import Any


def multisets(kinds: int, size: int) -> int:
    """The number of multisets of `size` members of `kinds` kinds."""
    return comb(kinds + size - 1, size)


def arrangements(members: Sequence[Hashable]) -> int:
    """The number of different orders of the members; equal members are interchangeable."""
    if len(set(members)) == len(members):
        return factorial(len(members))
    return factorial(len(members)) // prod(map(factorial, Counter(members).values()))


def with_kinds(counts: Sequence[int], kinds: int, size: int) -> list[int]:
    """The numbers of multisets by total size, with `kinds` further kinds of members of one size."""
    return [
        sum(counts[total - size * n] * multisets(kinds, n) for n in range(total // size + 1))
        for total in range(len(counts))
    ]


@cache
def compositions(total: int, sizes: tuple[tuple[Any, int], ...]) -> tuple[tuple[Any, ...], ...]:
    """The sequences of members whose sizes, given as pairs and at least 1, add up to `total`."""
    if total == 0:
        return ((),)
    return tuple(
        (member, *rest)
        for member, size in sizes
        if size <= total
        for rest in compositions(total - size, sizes)
    )
