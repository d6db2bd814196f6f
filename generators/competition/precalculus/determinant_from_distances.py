"""`determinant-from-distances`: the square of a determinant of three points from their distances."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template

DETERMINANT = (
    r"\begin{vmatrix} x_1 & y_1 & <k> \\ x_2 & y_2 & <k:again> \\ x_3 & y_3 & <k:again> "
    r"\end{vmatrix}^2"
)
A, B, C = "(x_1-x_2)^2+(y_1-y_2)^2", "(x_1-x_3)^2+(y_1-y_3)^2", "(x_2-x_3)^2+(y_2-y_3)^2"


class DeterminantFromDistances(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/precalculus/986.json",)
    numbers = Numbers(a=range(2, 41), b=range(2, 41), c=range(2, 41), k=(1, 2, 3))
    texts = (
        f"The real coordinates of three points satisfy \\[{A}=<a>, \\quad {B}=<b>, \\quad {C}=<c>.\\] "
        f"Find ${DETERMINANT}$.",
        rf"If $P=(x_1,y_1)$, $Q=(x_2,y_2)$, and $R=(x_3,y_3)$ are points such that $PQ^2=<a>$, "
        rf"$PR^2=<b>$, and $QR^2=<c>$, what is the value of ${DETERMINANT}$?",
        rf"Let $x_1$, $x_2$, $x_3$, $y_1$, $y_2$, $y_3$ be real numbers that satisfy the equations "
        rf"\[\begin{{aligned}} {A} &= <a>, \\ {B} &= <b>, \\ {C} &= <c>. \end{{aligned}}\] Compute "
        rf"\[{DETERMINANT}.\]",
        rf"The vertices of triangle $PQR$ are $P=(x_1,y_1)$, $Q=(x_2,y_2)$, and $R=(x_3,y_3)$, where "
        rf"all coordinates are real. The squares of its sides are $PQ^2=<a>$, $PR^2=<b>$, and "
        rf"$QR^2=<c>$. Find the value of \[{DETERMINANT}.\]",
        "Three buoys float on a lake. On a map, the first buoy is at $(x_1,y_1)$, the second buoy is "
        "at $(x_2,y_2)$, and the third buoy is at $(x_3,y_3)$. The notes that tell the coordinates "
        "are lost, but the squares of the distances on the map are known. The square of the distance "
        "from the first buoy to the second is <a>, the one from the first to the third is <b>, and "
        rf"the one from the second to the third is <c>. Find \[{DETERMINANT}.\]",
        rf"Let \[{A}=<a>, \quad {B}=<b>, \quad {C}=<c>.\] Compute ${DETERMINANT}$.",
        f"If $PQ^2=<a>$, $PR^2=<b>$, and $QR^2=<c>$ for $P=(x_1,y_1)$, $Q=(x_2,y_2)$, and "
        f"$R=(x_3,y_3)$, find ${DETERMINANT}$.",
        f"Find ${DETERMINANT}$ if ${A}=<a>$, ${B}=<b>$, and ${C}=<c>$.",
    )
    orbit = 6

    def nice(self, p: Parameters) -> Any:
        return (p.a + p.b + p.c) % 2 == 0 and 4 * p.a * p.b > (p.a + p.b - p.c) ** 2

    def same(self, p: Parameters) -> object:
        return (p.k, *sorted((p.a, p.b, p.c)))

    def solve(self, p: Parameters) -> Any:
        # The determinant is k times that of the edges from the first point.
        dot = (p.a + p.b - p.c) // 2
        return p.k * p.k * (p.a * p.b - dot * dot)

    def check(self, q: Parameters) -> Any:
        # The determinant of Cayley and Menger is -4 times the squared one of the points, for k = 1.
        rows = [[0, 1, 1, 1], [1, 0, q.a, q.b], [1, q.a, 0, q.c], [1, q.b, q.c, 0]]
        return Fraction(q.k * q.k * expanded(rows), -4)


def expanded(rows: list[list[int]]) -> int:
    """A determinant, expanded along the first row."""
    if not rows:
        return 1
    total = 0
    for column, entry in enumerate(rows[0]):
        rest = [row[:column] + row[column + 1 :] for row in rows[1:]]
        total += (-1) ** column * entry * expanded(rest)
    return total
