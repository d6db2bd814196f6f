"""`angle-of-points`: an angle at one of three points in space, in degrees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations, product
from math import cos, radians, sqrt
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, PointOf
from generators.competition.template import Template

Vector = tuple[int, ...]
ANGLES = {-3: 150, -2: 135, -1: 120, 0: 90, 1: 60, 2: 45, 3: 30}
"""Angles by four times the square of the cosine, with the sign of the cosine."""
MOST = 48


def _pairs() -> Iterator[tuple[Vector, Vector]]:
    """Pairs of vectors with such an angle, about equally many of each."""
    found: dict[int, list[tuple[Vector, Vector]]] = {angle: [] for angle in ANGLES.values()}
    for u in product(range(5), repeat=3):
        if not u[0] >= u[1] >= u[2] or u[0] == 0:
            continue
        uu = sum(e * e for e in u)
        for v in product(range(-4, 5), repeat=3):
            dot, vv = u[0] * v[0] + u[1] * v[1] + u[2] * v[2], sum(e * e for e in v)
            quotient, rest = divmod(4 * dot * dot, uu * vv or 1)
            if vv and not rest and quotient < 4:
                found[ANGLES[quotient if dot > 0 else -quotient]].append((u, v))
    for pairs in found.values():
        step = max(1, len(pairs) // MOST)
        yield from pairs[::step][:MOST]


class AngleOfPoints(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/precalculus/580.json",
        "test/precalculus/927.json",
        "test/precalculus/801.json",
        "test/precalculus/441.json",
    )
    numbers = Numbers(
        pair=tuple(_pairs()),
        order=tuple(permutations(range(3))),
        signs=tuple(product((-1, 1), repeat=3)),
        x=range(-5, 6),
        y=range(-5, 6),
        z=range(-5, 6),
        ask=("angle", "others", "opposite"),
    )
    prints = {
        "a": PointOf(3),
        "b": PointOf(3),
        "c": PointOf(3),
        "ask": Choice(
            angle=r"$\angle ABC$, in degrees",
            others=r"$\angle BAC+\angle BCA$, in degrees",
            opposite=r"$2 \angle ABC$, in degrees",
        ),
    }
    texts = (
        "Let $A=<a>$, $B=<b>$, and $C=<c>$. Compute <ask>.",
        "If $A=<a>$, $B=<b>$, and $C=<c>$, find <ask>.",
        "Points $A$, $B$, $C$ are given by \\[A=<a>, \\quad B=<b>, \\quad C=<c>.\\] Find <ask>.",
        "In three-dimensional space, the segments $AB$ and $BC$ are drawn, where $A$ is the point "
        "$<a>$, $B$ is the point $<b>$, and $C$ is the point $<c>$. Find <ask>.",
        "An artist stretches thin wires between small hooks in the air above a stage. In the "
        "coordinates of the plan, the first hook is at $A=<a>$. From there a wire runs to the hook "
        "$B=<b>$, and from $B$ it runs on to the hook $C=<c>$. All wires are straight. To cut the "
        "corner pieces, the artist has to know <ask>. Compute it.",
        "Find <ask>, if $A=<a>$, $B=<b>$, and $C=<c>$.",
        r"Given \[A=<a>, \quad B=<b>, \quad C=<c>,\] find <ask>.",
        r"Find <ask>, where \[A=<a>, \quad B=<b>, \quad \text{and} \quad C=<c>.\]",
    )
    orbit = 16

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        b = (p.x, p.y, p.z)
        a, c = (
            tuple(e + s * v[i] for e, s, i in zip(b, p.signs, p.order, strict=True)) for v in p.pair
        )
        return {"a": a, "b": b, "c": c, "ask": p.ask}

    def same(self, p: Parameters) -> object:
        a, b, c, ask = self.printed_values(p).values()
        return (ask, b, min(a, c), max(a, c))

    def solve(self, p: Parameters) -> Any:
        u, v = p.pair
        dot = sum(e * f for e, f in zip(u, v, strict=True))
        quotient = 4 * dot * dot // (sum(e * e for e in u) * sum(e * e for e in v))
        angle = ANGLES[quotient if dot > 0 else -quotient]
        return {"angle": angle, "others": 180 - angle, "opposite": 2 * angle}[p.ask]

    def check(self, q: Parameters) -> Any:
        # The law of cosines on the sides, tried for every whole angle.
        aa, bb, cc = (
            int(sum((e - f) ** 2 for e, f in zip(s, t, strict=True)))
            for s, t in ((q.b, q.c), (q.a, q.c), (q.a, q.b))
        )
        twice = 2 * sqrt(aa * cc)
        fitting = [d for d in range(1, 180) if abs(aa + cc - bb - twice * cos(radians(d))) < 1e-9]
        (angle,) = fitting
        if q.ask == "angle":
            return angle
        return 180 - angle if q.ask == "others" else 2 * angle
