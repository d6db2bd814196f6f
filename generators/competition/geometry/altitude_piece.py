"""`altitude-piece`: the size of a piece that a cevian cuts from a right triangle."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Name, Words
from generators.competition.template import Template

PAIRS = [(u, v) for u in range(2, 36) for v in range(2, 36)]
"""Sizes of two sides."""

ASKS = [
    *(("altitude", ask) for ask in ("area", "perimeter", "inradius", "AD", "CD")),
    *(("median", ask) for ask in ("area", "perimeter", "inradius")),
    *(("angle bisector", ask) for ask in ("area", "AD")),
]


class Given(Kind):
    """Two of the sides AC, BC, AB of the triangle with vertices `v`, by their index."""

    pattern = r"\$[A-Z]{2}=\d+\$ and \$[A-Z]{2}=\d+\$"

    def print(self, value: tuple[tuple[int, int], ...], words: Words) -> str:
        a, b, c, _ = words["v"]
        return " and ".join(f"${(a + c, b + c, a + b)[i]}={size}$" for i, size in value)

    def read(self, text: str, words: Words) -> tuple[tuple[int, int], ...]:
        a, b, c, _ = words["v"]
        found = re.findall(r"([A-Z]{2})=(\d+)", text)
        return tuple(((a + c, b + c, a + b).index(side), int(size)) for side, size in found)


class Asked(Kind):
    """What is asked of the triangle ACD."""

    pattern = (
        r"(?:area|perimeter) of triangle \$[A-Z]{3}\$|radius of the circle inscribed in triangle "
        r"\$[A-Z]{3}\$|length of \$[A-Z]{2}\$"
    )

    def print(self, value: str, words: Words) -> str:
        a, _, c, d = words["v"]
        if value in ("AD", "CD"):
            return f"length of ${a if value == 'AD' else c}{d}$"
        text = "radius of the circle inscribed in" if value == "inradius" else f"{value} of"
        return f"{text} triangle ${a}{c}{d}$"

    def read(self, text: str, words: Words) -> str:
        kind = text.split()[0]
        if kind == "length":
            return "AD" if text[-3] == words["v"][0] else "CD"
        return "inradius" if kind == "radius" else kind


class AltitudePiece(Template):
    """See the module's docstring."""

    level, answer = 5, Rationals()
    kin = (
        "test/geometry/1140.json",
        "test/prealgebra/1640.json",
        "test/geometry/547.json",
        "test/geometry/172.json",
        "test/geometry/965.json",
    )
    numbers = Numbers(asks=ASKS, given=((0, 1), (2, 0), (2, 1)), sides=PAIRS)
    prints = {
        "line": Name("altitude", "median", "angle bisector"),
        "ask": Asked(),
        "sizes": Given(),
    }
    words = {
        "v": (
            ("A", "B", "C", "D"),
            ("P", "Q", "R", "S"),
            ("X", "Y", "Z", "W"),
            ("K", "L", "M", "N"),
            ("D", "E", "F", "G"),
        )
    }
    texts = (
        "Triangle $<v><v:1><v:2>$ has a right angle at $<v:2>$, with <sizes>. The <line> from $<v:2>$ "
        "meets $<v><v:1>$ at $<v:3>$. What is the <ask>?",
        r"Let $\angle <v:2>=90^\circ$ in $\triangle <v><v:1><v:2>$, and let <sizes>. The <line> from "
        r"$<v:2>$ "
        "meets $<v><v:1>$ at $<v:3>$. Find the <ask>.",
        r"If $<v:2><v:3>$ is the <line> from the right angle $<v:2>$ in $\triangle <v><v:1><v:2>$, "
        r"where "
        "<sizes>, find the <ask>.",
        r"Let $<v:2><v:3>$ be the <line> from the right angle $<v:2>$ of triangle $<v><v:1><v:2>$, "
        "where <sizes>. What is the <ask>?",
        r"In triangle $<v><v:1><v:2>$ we have <sizes>, and $\angle <v:2>$ is a right angle. The "
        "<line> from $<v:2>$ meets side $<v><v:1>$ at $<v:3>$. Find the <ask>.",
        "A right triangle $<v><v:1><v:2>$ has its right angle at $<v:2>$, and <sizes>. Let "
        "$<v:3>$ be the point at which the <line> from $<v:2>$ meets the hypotenuse. Compute the "
        "<ask>.",
        "A glazier has a pane of glass in the shape of a triangle $<v><v:1><v:2>$. Its edges "
        "$<v><v:2>$ and $<v:1><v:2>$ are perpendicular, with <sizes>, where lengths are in inches "
        "and areas are in square inches. The glazier draws "
        "the <line> of the triangle from $<v:2>$, which ends at a point $<v:3>$ of the edge "
        "$<v><v:1>$, and cuts the pane into two pieces along this line. What is the "
        "<ask>?",
        r"Let $<v><v:1><v:2>$ be a triangle such that $\angle <v:2>=90^\circ$, where <sizes>. If the "
        "<line> from $<v:2>$ ends at the point $<v:3>$ of $<v><v:1>$, what is the <ask>?",
    )
    fixed = ("asks",)

    def nice(self, p: Parameters) -> Any:
        if p.given != (0, 1) and p.sides[0] <= p.sides[1]:
            return False
        (line, ask), sides = p.asks, self.squared(p)
        roots = [isqrt(square) ** 2 == square for square in sides]
        if line == "altitude" and ask == "AD":
            usable = roots[2]  # b^2/c
        elif ask == "area":
            usable = roots[0] and roots[1] and (line != "median" or roots[2])
        else:
            usable = all(roots)
        return usable and self.solve(p).denominator <= 3000

    def squared(self, p: Parameters) -> list[int]:
        """The squares of AC, BC, and AB."""
        known = dict(zip(p.given, (size**2 for size in p.sides), strict=True))
        if 2 not in known:
            return [known[0], known[1], known[0] + known[1]]
        return [known.get(i, known[2] - known[p.given[1]]) for i in range(3)]

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        sizes = tuple(zip(p.given, p.sides, strict=True))
        return {"line": p.asks[0], "ask": p.asks[1], "sizes": sizes}

    def solve(self, p: Parameters) -> Any:
        line, ask = p.asks
        b2, a2, c2 = self.squared(p)
        b, a, c = isqrt(b2), isqrt(a2), isqrt(c2)
        if line == "altitude":
            scale = Fraction(b, c)  # the piece is similar to the whole
            sizes = {"area": Fraction(a * b * b2, 2 * c2), "perimeter": scale * (a + b + c)}
            sizes |= {"inradius": scale * (a + b - c) / 2, "AD": Fraction(b2, c), "CD": scale * a}
        elif line == "median":
            sizes = {"area": Fraction(a * b, 4), "perimeter": Fraction(b + c)}
            sizes["inradius"] = Fraction(a * b, 2 * (b + c))
        else:
            sizes = {"area": Fraction(a * b * b, 2 * (a + b)), "AD": Fraction(b * c, a + b)}
        return sizes[ask]

    def check(self, q: Parameters) -> Any:
        known = {side: size**2 for side, size in q.sizes}
        if 2 in known:
            (leg,) = known.keys() - {2}
            known[1 - leg] = known[2] - known[leg]
        b2, a2 = known[0], known[1]
        # C = (0, 0), A = (b, 0), B = (0, a), and D = A + t (B - A).
        t = {
            "altitude": lambda: Fraction(b2, a2 + b2),
            "median": lambda: Fraction(1, 2),
            "angle bisector": lambda: Fraction(isqrt(b2), isqrt(a2) + isqrt(b2)),
        }[q.line]()
        area = t * isqrt(a2) * isqrt(b2) / 2
        if q.ask == "area":
            return area
        squares = {"AD": t**2 * (a2 + b2), "CD": (1 - t) ** 2 * b2 + t**2 * a2}
        lengths = {
            name: Fraction(isqrt(square.numerator), isqrt(square.denominator))
            for name, square in squares.items()
        }
        if q.ask in lengths:
            assert lengths[q.ask] ** 2 == squares[q.ask]
            return lengths[q.ask]
        perimeter = isqrt(b2) + sum(lengths.values())
        return perimeter if q.ask == "perimeter" else 2 * area / perimeter
