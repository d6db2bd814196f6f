"""`image-of-a-line`: the image of a line under a matrix that is known on two vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.answers import Equation
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import MatrixOf, Poly
from generators.competition.template import Template

SLOPES = [slope for slope in range(-5, 6) if slope]
Vector = tuple[int, int]


def _bases() -> Iterator[tuple[Vector, Vector]]:
    """Two vectors that are not parallel."""
    for a, b, c, d in product(range(-3, 4), repeat=4):
        if a * d != b * c:
            yield (a, b), (c, d)


class ImageOfALine(Template):
    """See the module's docstring."""

    level, answer = 5, Equation()
    kin = ("test/precalculus/323.json", "test/precalculus/541.json")
    numbers = Numbers(
        basis=tuple(_bases()),
        m2=range(-4, 5),
        m4=range(-4, 5),
        run=(-3, -2, -1, 1, 2, 3),
        image=SLOPES,
        slope=SLOPES,
        height=SLOPES,
    )
    prints = {"line": Poly(), **{name: MatrixOf(2) for name in "uvab"}}
    words = {"matrix": ("M", "A", "T", "B")}
    texts = (
        r"The matrix $\mathbf{<matrix>}$ sends the vector $<u>$ to $<a>$ and the vector $<v>$ to $<b>$. "
        r"What does the line $y=<line>$ become under $\mathbf{<matrix>}$? Give it as $y=mx+b$.",
        r"If $\mathbf{<matrix>} <u>=<a>$ and $\mathbf{<matrix>} <v>=<b>$, find the image of the line "
        r"$y=<line>$ under the matrix $\mathbf{<matrix>}$, in the form $y=mx+b$.",
        r"Let $\mathbf{<matrix>}$ be the matrix such that \[\mathbf{<matrix>} <u>=<a> \quad "
        r"\text{and} \quad \mathbf{<matrix>} <v>=<b>.\] When $\mathbf{<matrix>}$ is applied to every "
        r"point of the line $y=<line>$, the images form another line. Enter the equation of this "
        "line in the form $y=mx+b$.",
        r"A linear map of the plane sends the vector $<u>$ to $<a>$, and it sends the vector $<v>$ to "
        r"$<b>$. Find the equation of the line onto which it maps the line \[y=<line>.\] Express your "
        "answer in the form $y=mx+b$.",
        r"In a computer game, the picture on the screen is changed by a matrix $\mathbf{<matrix>}$: "
        r"the pixel at $\mathbf{x}$ moves to $\mathbf{<matrix>} \mathbf{x}$. A player sees that the "
        r"pixel at $<u>$ has moved to $<a>$, and that the pixel at $<v>$ has moved to $<b>$. Before "
        r"the change, a laser beam followed the line \[y=<line>.\] Find the equation of the line that "
        "the beam follows now. Enter your answer in the form $y=mx+b$.",
        r"Find the image of $y=<line>$ under $\mathbf{<matrix>}$, as $y=mx+b$, if \[\mathbf{<matrix>} "
        r"<u>=<a>, \quad \mathbf{<matrix>} <v>=<b>.\]",
        r"If $\mathbf{<matrix>} <u>=<a>$ and $\mathbf{<matrix>} <v>=<b>$, find the image of "
        r"$y=<line>$ under $\mathbf{<matrix>}$, as $y=mx+b$.",
        r"Let \[\mathbf{<matrix>} <u>=<a>, \quad \mathbf{<matrix>} <v>=<b>.\] Find the image of the "
        r"line $y=<line>$ under $\mathbf{<matrix>}$ in the form $y=mx+b$.",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        if p.m4 == p.image * p.m2 or p.image == p.slope:
            return False
        m1, m3 = p.run - p.m2 * p.slope, p.image * p.run - p.m4 * p.slope
        if abs(m1) > 5 or abs(m3) > 5:
            return False
        return max(abs(e) for image in self.images(p) for e in image) <= 9

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        (u, v), (a, b) = p.basis, self.images(p)
        return {"u": u, "v": v, "a": a, "b": b, "line": polynomial("x", p.slope, p.height)}

    def images(self, p: Parameters) -> list[Vector]:
        """The images of the two vectors: (1, slope) goes to run times (1, image)."""
        m1, m3 = p.run - p.m2 * p.slope, p.image * p.run - p.m4 * p.slope
        return [(m1 * x + p.m2 * y, m3 * x + p.m4 * y) for x, y in p.basis]

    def same(self, p: Parameters) -> object:
        u, v, a, b, line = self.printed_values(p).values()
        return (frozenset([(u, a), (v, b)]), line)

    def solve(self, p: Parameters) -> Any:
        # The matrix takes (0, height) to (x, y), and the direction (1, slope) to that of slope `image`.
        x, y = p.m2 * p.height, p.m4 * p.height
        return Polynomial([(1, "y")]), polynomial("x", p.image, y - p.image * x)

    def check(self, q: Parameters) -> Any:
        # Write points of the line as s u + t v; their images are s a + t b.
        height, slope = q.line.coefficients("x")
        images = []
        for x in (0, 1, 5):
            y = height + slope * x
            below = q.u[0] * q.v[1] - q.u[1] * q.v[0]
            s = (x * q.v[1] - y * q.v[0]) / below
            t = (q.u[0] * y - q.u[1] * x) / below
            images.append([s * e + t * f for e, f in zip(q.a, q.b, strict=True)])
        (x1, y1), (x2, y2), (x3, y3) = images
        rise = (y2 - y1) / (x2 - x1)
        assert y3 == y1 + rise * (x3 - x1)
        return Polynomial([(1, "y")]), Polynomial([(rise, "x"), (y1 - rise * x1, "")])
