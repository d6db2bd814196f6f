"""`angles-linear`: the largest or smallest angle of a polygon whose angles are linear in x."""

from __future__ import annotations

from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template


class AnglesLinear(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = (
        "test/geometry/434.json",
        "test/prealgebra/1807.json",
        "test/geometry/347.json",
        "test/geometry/615.json",
        "test/geometry/846.json",
    )
    numbers = Numbers(
        figure=("triangle", "quadrilateral"),
        ask=("largest", "smallest"),
        x=range(8, 36),
        a=range(1, 7),
        b=range(1, 7),
        c=range(1, 7),
        d=range(1, 7),
        p=range(-15, 16),
        q=range(-15, 16),
        r=range(-15, 16),
    )
    prints = {
        "figure": Choice(
            triangle=r"triangle measure $(<f>)^\circ$, $(<g>)^\circ$, and $(<h>)^\circ$",
            quadrilateral=r"convex quadrilateral measure $(<f>)^\circ$, $(<g>)^\circ$, "
            r"$(<h>)^\circ$, and $(<i>)^\circ$",
        ),
        "ask": Choice(largest="largest", smallest="smallest"),
        **dict.fromkeys("fghi", Poly()),
    }
    texts = (
        "The angles of a <figure>. How many degrees are in the <ask> angle?",
        "If the angles of a <figure>, what is the degree measure of the <ask> angle?",
        "Find the <ask> angle, in degrees, if the angles of a <figure>.",
        "How many degrees does the <ask> angle have if the angles of a <figure>?",
        "What is the <ask> angle, in degrees, if the angles of a <figure>?",
        "The angles of a <figure>, where $x$ is a real number. Find the measure of its <ask> angle, in "
        "degrees.",
        "A carpenter wants to saw a flat piece of wood, and makes a drawing on paper first. The "
        "drawing does not say how large the angles are. It only says that there is a number $x$ for "
        "which the angles of a <figure>, and that the wood has to have this shape. How many degrees "
        "does the <ask> angle of the piece of wood have?",
        "Suppose that the angles of a <figure>. What is the measure in degrees of the <ask> one?",
    )
    orbit = 6 * 6 * 31  # the order of three angles, and numbers of the fourth angle of a triangle

    def constants(self, p: Parameters) -> tuple[list[int], list[int]]:
        """The coefficients of x and the constants."""
        if p.figure == "triangle":
            rest = 180 - p.x * (p.a + p.b + p.c) - p.p - p.q
            return [p.a, p.b, p.c], [p.p, p.q, rest]
        rest = 360 - p.x * (p.a + p.b + p.c + p.d) - p.p - p.q - p.r
        return [p.a, p.b, p.c, p.d], [p.p, p.q, p.r, rest]

    def angles(self, p: Parameters) -> list[int]:
        """The angles in degrees, sorted."""
        slopes, constants = self.constants(p)
        return sorted(a * p.x + b for a, b in zip(slopes, constants, strict=True))

    def nice(self, p: Parameters) -> Any:
        slopes, constants = self.constants(p)
        if not -20 <= constants[-1] <= 30 or (1, 0) in zip(slopes, constants, strict=True):
            return False
        angles = sorted(a * p.x + b for a, b in zip(slopes, constants, strict=True))
        apart = angles[0] < angles[1] and angles[-2] < angles[-1]
        return angles[0] >= 10 and angles[-1] <= 160 and apart

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        forms = [polynomial("x", a, b) for a, b in zip(*self.constants(p), strict=True)]
        return {"figure": p.figure, "ask": p.ask, **dict(zip("fghi", forms, strict=False))}

    def same(self, p: Parameters) -> object:
        return (p.figure, p.ask, *sorted(zip(*self.constants(p), strict=True)))

    def solve(self, p: Parameters) -> Any:
        return self.angles(p)[-1 if p.ask == "largest" else 0]

    def check(self, q: Parameters) -> Any:
        forms, total = [q.f, q.g, q.h], 180
        if q.figure == "quadrilateral":
            forms, total = [*forms, q.i], 360
        lines = [(int(form.coefficient("x")), int(form.coefficient())) for form in forms]
        found = []
        for x in range(1, 180):
            values = [a * x + b for a, b in lines]
            if min(values) > 0 and sum(values) == total:
                found.append(max(values) if q.ask == "largest" else min(values))
        (only,) = found
        return only
