"""`conic-name`: which curve an equation of degree two describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Text
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE

CURVES = ("circle", "ellipse", "hyperbola", "parabola", "point", "line", "two lines", "empty")


class ConicName(Template):
    """See the module's docstring."""

    level, answer = 2, Text()
    kin = ("test/intermediate_algebra/860.json",)
    numbers = Numbers(
        curve=CURVES,
        a=range(1, 5),
        b=range(1, 5),
        h=range(-4, 5),
        k=range(-4, 5),
        r=range(1, 7),
        m=range(3),
        n=range(3),
    )
    prints = {"f": Poly(), "g": Poly()}
    words = {"name": PEOPLE}
    texts = (
        r"Is the graph of \[<f>=<g>\] a circle, an ellipse, a hyperbola, a parabola, a point, a line, "
        "two lines, or empty?",
        "Find the type of the graph of $<f>=<g>$: an ellipse, a parabola, a circle, a line, two "
        "lines, a hyperbola, a point, or empty.",
        r"The real solutions $(x,y)$ of \[<f>=<g>\] are drawn in the coordinate plane. Tell what the "
        'picture shows. Enter "circle", "ellipse", "hyperbola", "parabola", "point", "line", "two '
        'lines", or, if there are no solutions, "empty".',
        "<name> claims that every equation of degree two in $x$ and $y$ describes a conic section. "
        r"Since this is not quite true, <name:2> teacher asks about the equation \[<f>=<g>.\] Its "
        "graph can be found by moving all terms to one side and, if needed, completing squares. "
        "Decide what the graph is, and enter one of these answers: circle, ellipse, parabola, "
        "hyperbola, line, two lines, point, empty.",
        r"Simplify \[<f>=<g>,\] and find the type of the graph of this equation. The possible answers "
        "are circle, point, ellipse, empty, parabola, line, hyperbola, and two "
        "lines.",
        "Name the graph of $<f>=<g>$: circle, ellipse, hyperbola, parabola, point, line, two lines, "
        "or empty.",
        r"Let $G$ be the graph of \[<f>=<g>.\] Find the type of $G$: circle, ellipse, hyperbola, "
        "parabola, point, line, two lines, or empty.",
        "Classify the graph of $<f>=<g>$ as a circle, an ellipse, a hyperbola, a parabola, a point, a "
        "line, two lines, or empty.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.curve == "ellipse":
            return p.a != p.b
        return p.curve != "line" or ((p.h or p.k) and (p.m or p.n))

    def moved(self, p: Parameters) -> tuple[int, int, int, int, int]:
        """The coefficients of x^2, y^2, x, y and 1 when all terms are on one side."""
        a, c, right = p.a, p.b, 0
        if p.curve == "line":
            return (0, 0, p.h, p.k, p.r)
        if p.curve == "parabola":
            # The sign of the linear term and the axis depend on r.
            size = p.b if p.r > 3 else -p.b
            if p.r % 2:
                return (a, 0, -2 * a * p.h, size, a * p.h**2 - size * p.k)
            return (0, a, size, -2 * a * p.k, a * p.k**2 - size * p.h)
        if p.curve == "circle":
            c = a
        if p.curve in ("hyperbola", "two lines"):
            c = -c
        if p.curve in ("circle", "ellipse"):
            right = p.r
        elif p.curve == "empty":
            right = -p.r
        elif p.curve == "hyperbola":
            right = p.r if p.r % 2 else -p.r
        return (a, c, -2 * a * p.h, -2 * c * p.k, a * p.h**2 + c * p.k**2 - right)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, c, d, e, f = self.moved(p)
        left = [(a + p.m, "x^2"), (c + p.n, "y^2"), (d, "x"), (f, "")]
        right = [(p.m, "x^2"), (p.n, "y^2"), (-e, "y")]
        return {"f": Polynomial(left), "g": Polynomial(right)}

    def same(self, p: Parameters) -> object:
        return (*self.moved(p), p.m, p.n)

    def solve(self, p: Parameters) -> Any:
        return p.curve

    def check(self, q: Parameters) -> Any:
        a, c, d, e, f = (
            int(q.f.coefficient(term) - q.g.coefficient(term))
            for term in ("x^2", "y^2", "x", "y", "")
        )
        # Four times the determinant of the matrix of the quadratic form, which is 0 if it splits.
        determinant = 4 * a * c * f - a * e * e - c * d * d
        if not a and not c:
            return "line"
        if a * c == 0:
            if not determinant:
                raise ValueError("expected a parabola or two different squares")
            return "parabola"
        if a * c < 0:
            return "hyperbola" if determinant else "two lines"
        if not determinant:
            return "point"
        if determinant * a > 0:
            return "empty"
        return "circle" if a == c else "ellipse"
