r"""Composed figures: the computation behind `areas`, and its probabilities.

A figure of some kind is a sequence of pieces. A piece is a shape, and a rectangle or box may have a
hole, another shape, in it. Lengths are whole tenths: 400..9999 outside, and 11..399 in a hole, which
therefore fits. A kind may have a final step: a prism is built on the figure, or all lengths are scaled.

Steps: a shape costs the steps of its formula (`STEPS`), every piece but the first costs one addition, a
hole one subtraction, and the final step the `cost` in `KINDS`.

Drawing, for k steps: a kind, uniform among those with figures of k steps; the names of the pieces in
order, uniform among all such sequences with k steps; then every length, uniform. A right triangle whose
perimeter is asked for is uniform among those whose sides are whole tenths.

The canonical form is the kind, the multiset of shapes outside, the multiset of holes, the final step;
the factors of a product and the two parallel sides are in order within a shape. All draws of a form are
equally likely, so that `bits` is exact:

    P(F) = T(F) / (kinds * sequences * lengths and final steps that could be drawn),
    T(F) = n! c!/(c-h)! / (factorials of multiplicities) * (orders within the shapes),

with n pieces, c of them rectangles or boxes, and h holes: n! arrangements of labelled pieces, and the
labelled holes placed in different rectangles or boxes; every sequence without labels is counted once for
each permutation of equal parts. A prism has more than one shape, so that it is no box and no product.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import comb, factorial, gcd, isqrt, log2, perm, prod
from typing import TypeAlias

from generators.forms.multisets import compositions

OUTSIDE = range(400, 10_000)
INSIDE = range(11, 400)
SCALES = tuple(
    (p, q) for q in range(1, 21) for p in range(1, 21) if gcd(p, q) == 1 and (p, q) != (1, 1)
)

Shape: TypeAlias = tuple[int, ...]
"""The lengths of a shape, in tenths."""
Piece: TypeAlias = tuple[str, Shape, Shape]
"""The name of a piece, its lengths and those of its hole (empty without a hole)."""

RECTANGLE, TRIANGLE, TRAPEZOID, BOX, WEDGE = "rectangle triangle trapezoid box wedge".split()
HOLE = "-"
"""Separates the names of a shape and of its hole in the name of a piece."""
STEPS = {
    "plane": {RECTANGLE: 1, TRIANGLE: 2, TRAPEZOID: 3},
    "solid": {BOX: 2, WEDGE: 3},
    "outline": {RECTANGLE: 2, TRIANGLE: 6},
}
ORDERED = {RECTANGLE: 2, TRIANGLE: 2, TRAPEZOID: 2, BOX: 3, WEDGE: 3}
"""The number of first lengths of a shape that can be exchanged."""
LENGTHS = {RECTANGLE: 2, TRIANGLE: 2, TRAPEZOID: 3, BOX: 3, WEDGE: 3}


@dataclass(frozen=True, slots=True)
class FigureKind:
    """A kind of question: the sort of figure, the final step and its cost in steps."""

    sort: str
    final: str
    cost: int


KINDS = {
    "area": FigureKind("plane", "", 0),
    "prism": FigureKind("plane", "prism", 1),
    "scaled area": FigureKind("plane", "scale", 2),
    "volume": FigureKind("solid", "", 0),
    "scaled volume": FigureKind("solid", "scale", 2),
    "boundary": FigureKind("outline", "", 0),
    "scaled boundary": FigureKind("outline", "scale", 1),
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
    legs = []
    for m in range(2, isqrt(2 * OUTSIDE[-1]) + 1):
        for n in range(1 + m % 2, m, 2):
            if gcd(m, n) == 1:
                short, long = sorted((m * m - n * n, 2 * m * n))
                for times in range(-(-OUTSIDE[0] // short), OUTSIDE[-1] // long + 1):
                    legs.append((times * short, times * long))
    return tuple(sorted(legs))


@cache
def sequences(kind: str, steps: int) -> tuple[tuple[str, ...], ...]:
    """All sequences of names of pieces with that number of steps in all."""
    spec = KINDS[kind]
    every = compositions(steps + 1 - spec.cost, tuple(_costs(spec.sort).items()))
    if spec.final == "prism":
        return tuple(names for names in every if len(names) > 1 or HOLE in "".join(names))
    if spec.sort == "outline":
        return tuple(
            names
            for names in every
            if names and (TRIANGLE not in names or (names.count(TRIANGLE) == 1 and len(names) > 2))
        )
    return tuple(names for names in every if names)


@cache
def _costs(sort: str) -> dict[str, int]:
    """The steps of each piece of a sort, with an addition."""
    costs = {name: steps + 1 for name, steps in STEPS[sort].items()}
    if sort != "outline":
        around, *_ = STEPS[sort]
        for inside, steps in STEPS[sort].items():
            costs[around + HOLE + inside] = costs[around] + steps + 1
    return costs


@cache
def kinds(steps: int) -> tuple[str, ...]:
    """The kinds with figures of `steps` steps."""
    return tuple(kind for kind in KINDS if sequences(kind, steps))


def steps_of(kind: str, names: tuple[str, ...]) -> int:
    """The number of steps of a figure."""
    spec = KINDS[kind]
    return sum(_costs(spec.sort)[name] for name in names) - 1 + spec.cost


@cache
def piece_choices(sort: str, name: str) -> int:
    """The number of draws of the lengths of a piece."""
    if (sort, name) == ("outline", TRIANGLE):
        return len(right_triangles())
    around, _, inside = name.partition(HOLE)
    hole = len(INSIDE) ** LENGTHS[inside] if inside else 1
    return int(len(OUTSIDE) ** LENGTHS[around] * hole)


@cache
def final_choices(kind: str) -> int:
    """The number of possible final steps."""
    return {"": 1, "prism": len(OUTSIDE), "scale": len(SCALES)}[KINDS[kind].final]


@cache
def least_bits(kind: str, names: tuple[str, ...]) -> float:
    """The bits of a figure without equal lengths or shapes."""
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
    """A shape with its exchangeable lengths sorted."""
    count = ORDERED[name]
    return (*sorted(shape[:count]), *shape[count:])


def shapes(figure: Figure) -> list[tuple[bool, str, Shape]]:
    """Every shape: whether it is a hole, its name, and its lengths in canonical order."""
    parts = []
    for name, outside, inside in figure.pieces:
        around, _, hole = name.partition(HOLE)
        parts.append((False, around, in_order(around, outside)))
        if inside:
            parts.append((True, hole, in_order(hole, inside)))
    return parts


def bits(figure: Figure) -> float:
    """-log2 of the probability of a figure's canonical form."""
    total = least_bits(figure.kind, tuple([piece[0] for piece in figure.pieces]))
    parts = shapes(figure)
    for _, name, lengths in parts:
        count = ORDERED[name]
        if len(set(lengths[:count])) < count:
            total += log2(prod(map(factorial, Counter(lengths[:count]).values())))
    if len(parts) > 1 and len(set(parts)) < len(parts):
        total += log2(prod(map(factorial, Counter(parts).values())))
    return total


@cache
def min_bits(steps: int) -> float:
    """The bits of the likeliest figure of `steps` steps."""
    return min(
        least_bits(kind, names)
        for kind in kinds(steps)
        for names in {tuple(sorted(names)) for names in sequences(kind, steps)}
    )


@cache
def space(steps: int) -> int:
    """The number of canonical forms with `steps` steps."""
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
    """The number of shapes up to the order of their lengths."""
    if (sort, name) == ("outline", TRIANGLE):
        return len(right_triangles())
    lengths, count = len(INSIDE if hole else OUTSIDE), ORDERED[name]
    return int(comb(lengths + count - 1, count) * lengths ** (LENGTHS[name] - count))
