"""`reflection-image`: the image of a vector under the reflection that takes one vector to another."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import gcd
from typing import Any

from generators.competition.answers import Matrix
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import MatrixOf
from generators.competition.template import Template

Vector = tuple[int, int]


def _pairs() -> Iterator[tuple[Vector, Vector]]:
    """Vectors of equal length whose mirror is no axis and no bisector of the axes."""
    by_length: dict[int, list[Vector]] = {}
    for x, y in product(range(-9, 10), repeat=2):
        by_length.setdefault(x * x + y * y, []).append((x, y))
    for vectors in by_length.values():
        for u, v in product(vectors, repeat=2):
            x, y = abs(u[0] + v[0]), abs(u[1] + v[1])
            common = gcd(x, y)
            if u != v and x and y and x != y and x * x + y * y <= 65 * common * common:
                yield u, v


class ReflectionImage(Template):
    """See the module's docstring."""

    level, answer = 5, Matrix()
    kin = (
        "test/precalculus/398.json",
        "test/precalculus/323.json",
        "test/precalculus/990.json",
    )
    numbers = Numbers(pair=tuple(_pairs()), x=range(-9, 10), y=range(-9, 10))
    prints = {name: MatrixOf(2) for name in "uvw"}
    texts = (
        "A reflection takes $<u>$ to $<v>$. To which vector does it take $<w>$?",
        r"If the reflection over a line through the origin maps $<u>$ to $<v>$, find the image of "
        "$<w>$ under the same reflection.",
        r"Let $\mathbf{R}$ be the matrix of the reflection over the line $\ell$, which passes through "
        r"the origin. Given that \[\mathbf{R} <u>=<v>,\] compute $\mathbf{R} <w>$.",
        r"A line through the origin is used as a mirror. The mirror image of the vector "
        r"$\mathbf{a}=<u>$ is the vector \[\mathbf{b}=<v>.\] Find the mirror image of the vector "
        r"$\mathbf{c}=<w>$.",
        "A drawing program has a tool that reflects the whole picture over a line through the "
        r"origin. The line itself is not shown on the screen. After the tool has been used, the arrow "
        r"that represented the vector $<u>$ represents the vector $<v>$ instead. In the old picture "
        r"there was also an arrow that represented $<w>$. Which vector does this second arrow "
        "represent now? Find its exact entries.",
        "A reflection maps $<u>$ to $<v>$. Find the image of $<w>$.",
        r"Let $\mathbf{R}$ be a reflection matrix such that $\mathbf{R} <u>=<v>$. Find $\mathbf{R} "
        "<w>$.",
        r"If $\mathbf{R} <u>=<v>$ for the matrix $\mathbf{R}$ of a reflection, compute \[\mathbf{R} "
        r"<w>.\]",
        r"A reflection takes \[<u> \quad \text{to} \quad <v>.\] Find the vector to which it takes "
        "$<w>$.",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        # The second vector is no multiple of the first or of its image.
        a, b = p.pair
        w = (p.x, p.y)
        return w[0] * a[1] != w[1] * a[0] and w[0] * b[1] != w[1] * b[0] and w[0] and w[1]

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        return {"u": p.pair[0], "v": p.pair[1], "w": (p.x, p.y)}

    def same(self, p: Parameters) -> object:
        return (frozenset(p.pair), p.x, p.y)

    def solve(self, p: Parameters) -> Any:
        (a, b), (c, d) = p.pair
        x, y = a + c, b + d
        twice = Fraction(2 * (p.x * x + p.y * y), x * x + y * y)
        return twice * x - p.x, twice * y - p.y

    def check(self, q: Parameters) -> Any:
        # The only matrix (c, s; s, -c) that takes u to v; its square is 1.
        (a, b), (x, y) = q.u, q.v
        c, s = (a * x - b * y) / (a * a + b * b), (a * y + b * x) / (a * a + b * b)
        assert c * c + s * s == 1 and (c * a + s * b, s * a - c * b) == q.v
        return c * q.w[0] + s * q.w[1], s * q.w[0] - c * q.w[1]
