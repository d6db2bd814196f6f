"""Stages, the tasks of the family `counting`: drawn, printed, counted and read.

A stage is a kind of task with two sizes, n and r. `ways` counts by a formula, and `count_by_recurrence`
by Pascal's triangle and other recurrences.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate
from math import comb, perm
from typing import TypeAlias

from generators.phrasing import read_texts

Stage: TypeAlias = tuple[str, int, int]
"""A kind, n and r."""

KINDS = {
    "choose": 1,
    "arrange": 1,
    "assign": 1,
    "lead": 2,
    "apart": 3,
    "barred": 3,
    "collide": 3,
}
"""The number of steps of each kind."""
LEAST_R = {"apart": 3, "collide": 3}
"""The smallest r of a kind, if it is not 2."""
MOST_R = 5
LEAST_N = 10
MOST_N = {1: 9999, 2: 1999, 3: 999}
MOST_WAYS = {1: 10**18, 2: 10**9, 3: 10**6}
"""The largest number of ways of a stage, by the size of its group."""

PHRASES: dict[str, list[str]] = read_texts(__file__)
_PATTERNS = [
    (
        kind,
        re.compile(
            phrase.replace("R", "(?P<r>[2-5])", 1)
            .replace("R", "(?P=r)")
            .replace("N", "(?P<n>[0-9]{1,4})")
        ),
    )
    for kind, phrases in PHRASES.items()
    for phrase in phrases
]


def ways(stage: Stage) -> int:
    """The number of ways to do the task, by a formula."""
    kind, n, r = stage
    power: int = n**r
    if kind == "choose":
        return comb(n, r)
    if kind == "arrange":
        return perm(n, r)
    if kind == "assign":
        return power
    if kind == "lead":
        return comb(n, r) * r
    if kind == "apart":
        return comb(n, r) - comb(n - 2, r - 2)
    if kind == "barred":
        return perm(n, r) - perm(n - 1, r - 1)
    return power - perm(n, r)


def count_by_recurrence(stage: Stage) -> int:
    """The same by recurrences; allowed cases are added instead of excluded ones subtracted."""
    kind, n, r = stage
    chosen, drawn, onto = _triangle(False), _triangle(True), _onto()
    if kind == "choose":
        return chosen[r][n]
    if kind == "arrange":
        return drawn[r][n]
    if kind == "lead":
        return n * chosen[r - 1][n - 1]
    if kind == "apart":
        return chosen[r][n - 2] + 2 * chosen[r - 1][n - 2]
    if kind == "barred":
        return (n - 1) * drawn[r - 1][n - 1]
    different = range(1, r if kind == "collide" else r + 1)
    return sum(onto[r][values] * chosen[values][n] for values in different)


@cache
def _triangle(ordered: bool) -> list[list[int]]:
    """Selections of r from n for every r and n: the last of the n is not selected, or is."""
    rows = [[1] * (MOST_N[1] + 1)]
    for r in range(1, MOST_R + 1):
        places = r if ordered else 1
        rows.append(list(accumulate((places * count for count in rows[-1][:-1]), initial=0)))
    return rows


@cache
def _onto() -> list[list[int]]:
    """The number of maps of r people onto v values, for every r and v."""
    rows = [[1] + [0] * MOST_R]
    for _ in range(MOST_R):
        last = rows[-1]
        rows.append(
            [0, *(values * (last[values] + last[values - 1]) for values in range(1, MOST_R + 1))]
        )
    return rows


@cache
def _blocks(steps: int, size: int) -> tuple[list[int], list[tuple[str, int]], int]:
    """The stages of `steps` steps in blocks of equal kind and r: starts, blocks, and the end."""
    starts, blocks, end = [], [], 0
    for kind in (kind for kind, taken in KINDS.items() if taken == steps):
        for r in range(LEAST_R.get(kind, 2), MOST_R + 1):
            sizes = range(LEAST_N, MOST_N[size] + 1)
            starts.append(end)
            blocks.append((kind, r))
            fits = [ways((kind, n, r)) <= MOST_WAYS[size] for n in sizes]
            end += sum(fits)
    return starts, blocks, end


def how_many(steps: int, size: int) -> int:
    """The number of stages of `steps` steps in a group of that size."""
    return _blocks(steps, size)[2]


def unrank(index: int, steps: int, size: int) -> Stage:
    """The stage with that index below `how_many`."""
    starts, blocks, _ = _blocks(steps, size)
    block = bisect_right(starts, index) - 1
    kind, r = blocks[block]
    return kind, LEAST_N + index - starts[block], r


def to_text(stage: Stage, variant: int, mark: str) -> str:
    """The phrase for the task; `mark` encloses numbers."""
    kind, n, r = stage
    return (
        _template(kind, variant, mark)
        .replace("R", f"{mark}{r}{mark}")
        .replace("N", f"{mark}{n}{mark}")
    )


@cache
def _template(kind: str, variant: int, mark: str) -> str:
    return PHRASES[kind][variant].replace("1", f"{mark}1{mark}")


def read(phrase: str) -> Stage:
    """The stage for a phrase of `to_text` without marks.

    Raises:
        ValueError: if `to_text` prints no such phrase.
    """
    for kind, pattern in _PATTERNS:
        match = pattern.fullmatch(phrase)
        if match and int(match["n"]) >= LEAST_N and int(match["r"]) >= LEAST_R.get(kind, 2):
            return kind, int(match["n"]), int(match["r"])
    raise ValueError(f"expected a task to be counted, got {phrase[:60]!r}")
