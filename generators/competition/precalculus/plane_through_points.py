"""`plane-through-points`: the equation of the plane through three points, in lowest terms."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Equation
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import PointOf
from generators.competition.template import Template

GCD = r"$\gcd(|A|,|B|,|C|,|D|)=1$"
FORM = (
    r"Write your answer as \[Ax+By+Cz+D=0\] for integers $A > 0$, $B$, $C$, and $D$ that satisfy "
    f"{GCD}."
)


class PlaneThroughPoints(Template):
    """See the module's docstring."""

    level, answer = 4, Equation()
    kin = ("test/precalculus/659.json",)
    numbers = Numbers(**{f"{name}{place}": range(-5, 6) for name in "pqr" for place in (1, 2, 3)})
    prints = {name: PointOf(3) for name in "pqr"}
    texts = (
        f"Let $P=<p>$, $Q=<q>$, and $R=<r>$. Find the equation of plane $PQR$. {FORM}",
        "A plane contains the point $<p>$, and it also contains the line that joins $<q>$ and $<r>$. "
        r"Its equation can be written as \[Ax+By+Cz+D=0,\] where the integer $A$ is positive, $B$, "
        f"$C$, and $D$ are also integers, and {GCD}. Find this equation.",
        "Compute the equation of the plane through $<p>$, $<q>$, and $<r>$, as $Ax+By+Cz+D=0$ for "
        f"integers $A > 0$, $B$, $C$, $D$ such that {GCD}.",
        "The flat roof of a hall is held up by three columns. In the coordinate system of the "
        "architect, the tops of the columns are the points $<p>$, $<q>$, and $<r>$, and every point "
        f"of the roof lies in the plane of these three points. Find the equation of this plane. {FORM}",
        "Find the plane $Ax+By+Cz+D=0$ through $<p>$, $<q>$, $<r>$, if $A > 0$ and $A$, $B$, $C$, $D$ "
        "are integers that have no common factor greater than 1.",
        rf"If \[Ax+By+Cz+D=0\] is the plane through $<p>$, $<q>$, and $<r>$, find this equation, "
        rf"where $A > 0$ and the coefficients are integers such that {GCD}.",
        f"Let $P=<p>$, $Q=<q>$, $R=<r>$. Find plane $PQR$, as $Ax+By+Cz+D=0$ for integers $A > 0$, "
        f"$B$, $C$, $D$ such that {GCD}.",
    )
    orbit = 6

    def nice(self, p: Parameters) -> Any:
        normal = self.normal(p)
        return normal[0] and normal.count(0) < 2 and max(map(abs, normal)) <= 40

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"p": (p.p1, p.p2, p.p3), "q": (p.q1, p.q2, p.q3), "r": (p.r1, p.r2, p.r3)}

    def same(self, p: Parameters) -> object:
        return frozenset(self.printed_values(p).values())

    def normal(self, p: Parameters) -> list[int]:
        """The integers A, B, C, D in lowest terms with A >= 0, by the cross product of two edges."""
        u1, u2, u3 = p.q1 - p.p1, p.q2 - p.p2, p.q3 - p.p3
        v1, v2, v3 = p.r1 - p.p1, p.r2 - p.p2, p.r3 - p.p3
        a, b, c = u2 * v3 - u3 * v2, u3 * v1 - u1 * v3, u1 * v2 - u2 * v1
        d = -(a * p.p1 + b * p.p2 + c * p.p3)
        common = gcd(a, b, c, d) or 1
        return [(e if a > 0 else -e) // common for e in (a, b, c, d)]

    def solve(self, p: Parameters) -> Any:
        return Polynomial(zip(self.normal(p), ("x", "y", "z", ""), strict=True)), Polynomial(())

    def check(self, q: Parameters) -> Any:
        null = null_vector([[*q.p, Fraction(1)], [*q.q, Fraction(1)], [*q.r, Fraction(1)]])
        scale = lcm(*(e.denominator for e in null)) * (1 if null[0] > 0 else -1)
        whole = [int(e * scale) for e in null]
        common = gcd(*whole)
        terms = [
            (e // common, letter) for e, letter in zip(whole, ("x", "y", "z", ""), strict=True)
        ]
        return Polynomial(terms), Polynomial(())


def null_vector(rows: list[list[Fraction]]) -> list[Fraction]:
    """The vector at right angles to independent rows, one fewer than columns, by elimination."""
    rows = [row[:] for row in rows]
    pivots: list[int] = []
    for column in range(len(rows) + 1):
        top = len(pivots)
        found = next((i for i in range(top, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[top], rows[found] = rows[found], rows[top]
        rows[top] = [e / rows[top][column] for e in rows[top]]
        for i, row in enumerate(rows):
            if i != top:
                rows[i] = [e - row[column] * f for e, f in zip(row, rows[top], strict=True)]
        pivots.append(column)
    (free,) = set(range(len(rows) + 1)) - set(pivots)
    null = [Fraction(1)] * (len(rows) + 1)
    for row, column in zip(rows, pivots, strict=True):
        null[column] = -row[free]
    return null
