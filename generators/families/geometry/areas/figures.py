r"""Figures put together from simple ones: the computation behind `areas`, and its probabilities.

A figure of some kind is a sequence of pieces. A piece is a shape, and a rectangle or box may have a
hole, another shape, in it. Lengths are whole tenths: of 400..9999 outside, of 11..399 in a hole, which
therefore fits. A kind may have a final step: a prism is built on the figure, or all lengths are scaled.

Steps are counted so. A shape costs the steps of its formula (`STEPS`), the second piece and every
further one costs one addition, a hole one subtraction, and the final step as `KINDS` says.

Drawing, for k steps: a kind, uniform among those with figures of k steps; the names of the pieces in
order, uniform among all such sequences with k steps; then every length, uniform. A right triangle of
which the boundary is wanted is uniform among those whose sides are whole tenths.

The canonical form is the kind, the multiset of shapes outside, the multiset of holes, the final step;
the factors of a product and the two parallel sides are in order within a shape. All draws of a form are
equally likely, so that `bits` is exact:

    P(F) = T(F) / (kinds * sequences * lengths and final steps that could be drawn),
    T(F) = n! c!/(c-h)! / (factorials of multiplicities) * (orders within the shapes),

with n pieces, c of them rectangles or boxes, and h holes: n! arrangements of labelled pieces, and the
labelled holes put into different rectangles or boxes; every sequence without labels is counted once for
each permutation of what is alike. A prism has more than one shape, so that it is no box and no product.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import comb, factorial, gcd, isqrt, log2, perm, prod
from typing import TypeAlias

OUTSIDE = range(400, 10_000)
INSIDE = range(11, 400)
SCALES = tuple(
    (p, q) for q in range(1, 21) for p in range(1, 21) if gcd(p, q) == 1 and (p, q) != (1, 1)
)

Shape: TypeAlias = tuple[int, ...]
"""The lengths of a shape, in tenths."""
Piece: TypeAlias = tuple[str, Shape, Shape]
"""The name of a piece, its lengths and those of its hole (none where it has none)."""

RECTANGLE, TRIANGLE, TRAPEZOID, BOX, WEDGE = "rectangle triangle trapezoid box wedge".split()
HOLE = "-"
"""Between the names of a shape and of the hole in it, in the name of a piece."""
STEPS = {
    "plane": {RECTANGLE: 1, TRIANGLE: 2, TRAPEZOID: 3},
    "solid": {BOX: 2, WEDGE: 3},
    "outline": {RECTANGLE: 2, TRIANGLE: 6},
}
ORDERED = {RECTANGLE: 2, TRIANGLE: 2, TRAPEZOID: 2, BOX: 3, WEDGE: 3}
"""So many of the first lengths of a shape can change places."""
LENGTHS = {RECTANGLE: 2, TRIANGLE: 2, TRAPEZOID: 3, BOX: 3, WEDGE: 3}


@dataclass(frozen=True, slots=True)
class Kind:
    """What is wanted of a figure: of which sort it is, the final step and what that costs."""

    sort: str
    final: str
    cost: int


KINDS = {
    "area": Kind("plane", "", 0),
    "prism": Kind("plane", "prism", 1),
    "scaled area": Kind("plane", "scale", 2),
    "volume": Kind("solid", "", 0),
    "scaled volume": Kind("solid", "scale", 2),
    "boundary": Kind("outline", "", 0),
    "scaled boundary": Kind("outline", "scale", 1),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A kind, the pieces and the final step: a scale, a height alone, or nothing."""

    kind: str
    pieces: tuple[Piece, ...]
    final: tuple[int, ...]


@cache
def right_triangles() -> tuple[tuple[int, int], ...]:
    """The legs, shorter first, of the right triangles outside whose sides are whole tenths."""
    found = []
    for m in range(2, isqrt(2 * OUTSIDE[-1]) + 1):
        for n in range(1 + m % 2, m, 2):
            if gcd(m, n) == 1:
                short, long = sorted((m * m - n * n, 2 * m * n))
                for times in range(-(-OUTSIDE[0] // short), OUTSIDE[-1] // long + 1):
                    found.append((times * short, times * long))
    return tuple(sorted(found))


@cache
def sequences(kind: str, steps: int) -> tuple[tuple[str, ...], ...]:
    """All sequences of names of pieces with so many steps in all."""
    own = KINDS[kind]
    found = _sequences(own.sort, steps + 1 - own.cost)
    if own.final == "prism":
        return tuple(names for names in found if len(names) > 1 or HOLE in "".join(names))
    if own.sort == "outline":
        return tuple(
            names
            for names in found
            if names and (TRIANGLE not in names or (names.count(TRIANGLE) == 1 and len(names) > 2))
        )
    return tuple(names for names in found if names)


@cache
def _sequences(sort: str, steps: int) -> tuple[tuple[str, ...], ...]:
    """All sequences of which the pieces, each with an addition, cost so many steps."""
    if steps <= 0:
        return ((),) if steps == 0 else ()
    return tuple(
        (name, *rest)
        for name, cost in _costs(sort).items()
        for rest in _sequences(sort, steps - cost)
    )


@cache
def _costs(sort: str) -> dict[str, int]:
    """What each piece of a sort costs, with an addition."""
    costs = {name: steps + 1 for name, steps in STEPS[sort].items()}
    if sort != "outline":
        around, *_ = STEPS[sort]
        for inside, steps in STEPS[sort].items():
            costs[around + HOLE + inside] = costs[around] + steps + 1
    return costs


@cache
def kinds(steps: int) -> tuple[str, ...]:
    """The kinds with figures of so many steps."""
    return tuple(kind for kind in KINDS if sequences(kind, steps))


def steps_of(kind: str, names: tuple[str, ...]) -> int:
    """How many steps a figure has."""
    own = KINDS[kind]
    return sum(_costs(own.sort)[name] for name in names) - 1 + own.cost


@cache
def piece_choices(sort: str, name: str) -> int:
    """How many draws of the lengths of a piece there are."""
    if (sort, name) == ("outline", TRIANGLE):
        return len(right_triangles())
    around, _, inside = name.partition(HOLE)
    hole = len(INSIDE) ** LENGTHS[inside] if inside else 1
    return int(len(OUTSIDE) ** LENGTHS[around] * hole)


@cache
def final_choices(kind: str) -> int:
    """How many final steps could be drawn."""
    return {"": 1, "prism": len(OUTSIDE), "scale": len(SCALES)}[KINDS[kind].final]


@cache
def least_bits(kind: str, names: tuple[str, ...]) -> float:
    """The bits of a figure in which nothing is alike."""
    steps, sort = steps_of(kind, names), KINDS[kind].sort
    holes = sum(HOLE in name for name in names)
    around = sum(name.partition(HOLE)[0] in (RECTANGLE, BOX) for name in names)
    draws = factorial(len(names)) * perm(around, holes)
    for name in names:
        if (sort, name) != ("outline", TRIANGLE):
            draws *= prod(factorial(ORDERED[shape]) for shape in name.split(HOLE))
    choices = len(kinds(steps)) * len(sequences(kind, steps)) * final_choices(kind)
    choices *= prod(piece_choices(sort, name) for name in names)
    return log2(choices) - log2(draws)


def in_order(name: str, shape: Shape) -> Shape:
    """A shape with the lengths that can change places in order."""
    count = ORDERED[name]
    return (*sorted(shape[:count]), *shape[count:])


def shapes(figure: Figure) -> list[tuple[bool, str, Shape]]:
    """Every shape, in order within itself: whether it is a hole, its name and its lengths."""
    found = []
    for name, outside, inside in figure.pieces:
        around, _, hole = name.partition(HOLE)
        found.append((False, around, in_order(around, outside)))
        if inside:
            found.append((True, hole, in_order(hole, inside)))
    return found


def bits(figure: Figure) -> float:
    """Minus log2 of the probability of a figure's canonical form."""
    found = least_bits(figure.kind, tuple([piece[0] for piece in figure.pieces]))
    seen = shapes(figure)
    for _, name, lengths in seen:
        count = ORDERED[name]
        if len(set(lengths[:count])) < count:
            found += log2(prod(map(factorial, Counter(lengths[:count]).values())))
    if len(seen) > 1 and len(set(seen)) < len(seen):
        found += log2(prod(map(factorial, Counter(seen).values())))
    return found


@cache
def min_bits(steps: int) -> float:
    """The bits of the likeliest figure of so many steps."""
    return min(
        least_bits(kind, names)
        for kind in kinds(steps)
        for names in {tuple(sorted(names)) for names in sequences(kind, steps)}
    )


@cache
def space(steps: int) -> int:
    """How many canonical forms have so many steps."""
    total = 0
    for kind in kinds(steps):
        sort = KINDS[kind].sort
        compositions = set()
        for names in {tuple(sorted(names)) for names in sequences(kind, steps)}:
            parts = [name.partition(HOLE) for name in names]
            counted = Counter((False, around) for around, _, _ in parts)
            counted.update((True, hole) for _, _, hole in parts if hole)
            compositions.add(frozenset(counted.items()))
        total += final_choices(kind) * sum(
            prod(
                comb(_forms(sort, hole, name) + count - 1, count) for (hole, name), count in counted
            )
            for counted in compositions
        )
    return total


def _forms(sort: str, hole: bool, name: str) -> int:
    """How many shapes there are up to the order of their lengths."""
    if (sort, name) == ("outline", TRIANGLE):
        return len(right_triangles())
    lengths, count = len(INSIDE if hole else OUTSIDE), ORDERED[name]
    return int(comb(lengths + count - 1, count) * lengths ** (LENGTHS[name] - count))
