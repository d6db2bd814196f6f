"""`rectangular-coordinates`: the rectangular coordinates of a point in cylindrical or spherical ones."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import cos, pi, sin, sqrt
from typing import Any

from generators.competition.algebraic import Rational, Surd, square_root
from generators.competition.answers import Point
from generators.competition.numbers import Numbers, Parameters
from generators.competition.precalculus.surds import root_by_search
from generators.competition.printed import Choice, Kind, Root, Words
from generators.competition.template import Template

ANGLES = [Fraction(k, 12) for k in range(24) if k % 2 == 0 or k % 3 == 0]
SQUARES = {0: Fraction(1), 2: Fraction(3, 4), 3: Fraction(1, 2), 4: Fraction(1, 4), 6: Fraction(0)}
"""Squares of the cosine by multiples of 15 degrees up to 90."""


class Angle(Kind):
    """A positive multiple of pi, with the factor as its value: \\frac{5 \\pi}{6}."""

    pattern = r"\\frac\{\d*\\pi\}\{\d+\}|\d*\\pi"

    def print(self, value: Fraction, words: Words) -> str:
        above = r"\pi" if value.numerator == 1 else rf"{value.numerator} \pi"
        return above if value.denominator == 1 else rf"\frac{{{above}}}{{{value.denominator}}}"

    def read(self, text: str, words: Words) -> Fraction:
        above, _, below = text.removeprefix(r"\frac{").removesuffix("}").partition("}{")
        return Fraction(int(above.removesuffix(r"\pi") or 1), int(below or 1))


class RectangularCoordinates(Template):
    """See the module's docstring."""

    level, answer = 3, Point()
    kin = ("test/precalculus/807.json", "test/precalculus/819.json")
    numbers = Numbers(
        system=("cylindrical", "spherical"),
        size=range(1, 13),
        root=(1, 2, 3),
        theta=[angle for angle in ANGLES if angle * 2 % 1],
        z=[z for z in range(-9, 10) if z],
        phi=[angle for angle in ANGLES if angle < 1 and angle * 2 % 1],
    )
    prints = {
        "r": Root(),
        "theta": Angle(),
        "phi": Angle(),
        "system": Choice(
            cylindrical=r"cylindrical coordinates $(r,\theta,z)=\left( <r>, <theta>, <z> \right)$",
            spherical=r"spherical coordinates $(\rho,\theta,\phi)=\left( <r>, <theta>, <phi> \right)$",
        ),
    }
    texts = (
        "A point has <system>. Find its rectangular coordinates.",
        "Find the rectangular coordinates $(x,y,z)$ of the point whose position is given by the "
        "<system>.",
        "Let $P$ be the point that has <system>. Enter the rectangular coordinates of $P$ as an "
        "ordered triple \\[(x,y,z),\\] in simplest radical form.",
        "If the <system> of a point are known, find the rectangular coordinates $(x,y,z)$ of the same "
        "point.",
        "A computer program stores the position of a drone in the form of the <system>. Another "
        "program draws the path of the drone, but it can only read rectangular coordinates. Both "
        "programs use the same origin and the same three axes in the usual way. Find the rectangular "
        "coordinates that the second program has to be given. Enter your answer as an ordered triple "
        "$(x,y,z)$.",
        "Find the rectangular coordinates of the point that has <system>.",
        "Convert the <system> to rectangular coordinates $(x,y,z)$.",
        r"Find the rectangular coordinates \[(x,y,z)\] of the point that has <system>.",
        "What are the rectangular coordinates of the point that has <system>?",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        return any(entry.radicand > 1 for entry in self.solve(p))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        r = Surd(Fraction(p.size), p.root)
        return {"r": r, "theta": p.theta, "z": p.z, "phi": p.phi, "system": p.system}

    def same(self, p: Parameters) -> object:
        third = p.z if p.system == "cylindrical" else p.phi
        return (p.system, p.size, p.root, p.theta, third)

    def solve(self, p: Parameters) -> Any:
        square = Fraction(p.size * p.size * p.root)
        z = Surd(Fraction(p.z), 1)
        if p.system == "spherical":
            z = signed_root(square * squared_cosine(p.phi), 2 * p.phi < 1)
            square *= 1 - squared_cosine(p.phi)
        x = signed_root(square * squared_cosine(p.theta), not 1 < 2 * p.theta < 3)
        y = signed_root(square * (1 - squared_cosine(p.theta)), p.theta < 1)
        return x, y, z

    def check(self, q: Parameters) -> Any:
        # By floating point; the squares of the coordinates are multiples of 1/16.
        r = float(q.r.coefficient) * sqrt(q.r.radicand)
        theta = float(q.theta) * pi
        z = float(q.z) if q.system == "cylindrical" else r * cos(q.phi * pi)
        flat = r if q.system == "cylindrical" else r * sin(q.phi * pi)
        found = []
        for value in (flat * cos(theta), flat * sin(theta), z):
            size = root_by_search(Fraction(round(16 * value * value), 16))
            found.append(Surd(-size.coefficient if value < 0 else size.coefficient, size.radicand))
        return tuple(found)


def squared_cosine(angle: Fraction) -> Fraction:
    """The square of the cosine of a multiple of pi."""
    twelfths = int(12 * angle) % 12
    return SQUARES[min(twelfths, 12 - twelfths)]


def signed_root(square: Rational, positive: bool) -> Surd:
    """The positive or negative square root."""
    root = square_root(square)
    return root if positive else Surd(-root.coefficient, root.radicand)
