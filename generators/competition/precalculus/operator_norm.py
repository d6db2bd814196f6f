"""`operator-norm`: the best constant for the length of the image of a vector under a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import cos, isqrt, pi, sin
from typing import Any

from generators.competition.algebraic import square_part, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.precalculus.surds import root_by_search
from generators.competition.printed import Choice, MatrixOf
from generators.competition.template import Template

Rows = tuple[tuple[int, int], tuple[int, int]]


def _matrices() -> Iterator[Rows]:
    """Matrices (a, b; c, d) of entries up to 9 whose two factors of length are multiples of one root.

    The factors are (s + t) / 2 and (s - t) / 2, where s is the length of (a + d, b - c) and t that of
    (a - d, b + c).
    """
    by_root: dict[int, list[tuple[int, int]]] = {}
    for x, y in product(range(-18, 19), repeat=2):
        if x or y:
            by_root.setdefault(square_part(x * x + y * y)[1], []).append((x, y))
    for root, vectors in by_root.items():
        for (x, y), (z, w) in product(vectors, repeat=2) if root <= 30 else ():
            if (x + z) % 2 or (y + w) % 2 or x * x + y * y == z * z + w * w:
                continue
            a, b, c, d = (x + z) // 2, (y + w) // 2, (w - y) // 2, (x - z) // 2
            if max(map(abs, (a, b, c, d))) < 10 and (a, b, c, d).count(0) < 2 and a * b + c * d:
                yield (a, b), (c, d)


class OperatorNorm(Template):
    """See the module's docstring."""

    level, answer = 5, Radical()
    kin = ("test/precalculus/675.json",)
    numbers = Numbers(matrix=tuple(_matrices()), ask=("most", "least"))
    prints = {
        "matrix": MatrixOf(2, 2),
        "ask": Choice(
            most=r"the least real number $C$ such that $\|\mathbf{<l>} \mathbf{v}\| \le C "
            r"\|\mathbf{v}\|$",
            least=r"the greatest real number $C$ such that $\|\mathbf{<l>} \mathbf{v}\| \ge C "
            r"\|\mathbf{v}\|$",
        ),
    }
    words = {"l": ("A", "M", "B", "T")}
    texts = (
        r"Let \[\mathbf{<l>}=<matrix>.\] Find <ask> for all vectors $\mathbf{v}$ in the plane.",
        r"If $\mathbf{<l>}=<matrix>$, what is <ask> for every two-dimensional vector $\mathbf{v}$?",
        r"For a vector $\mathbf{v}=\begin{pmatrix} x \\ y \end{pmatrix}$, let "
        r"$\|\mathbf{v}\|=\sqrt{x^2+y^2}$ be its length. The matrix \[\mathbf{<l>}=<matrix>\] "
        "multiplies the lengths of some vectors more than those of others. Find <ask>, no matter how "
        r"$\mathbf{v}$ is chosen.",
        r"Given the matrix \[\mathbf{<l>}=<matrix>,\] compute <ask> holds for all vectors "
        r"$\mathbf{v}=\begin{pmatrix} x \\ y \end{pmatrix}$, where $\|\mathbf{v}\|$ is the magnitude "
        r"of $\mathbf{v}$.",
        "A rubber sheet covers the whole coordinate plane. It is pulled in such a way that the point "
        r"at the end of each vector $\mathbf{v}$ moves to the end of the vector $\mathbf{<l>} "
        r"\mathbf{v}$, where \[\mathbf{<l>}=<matrix>.\] The origin does not move, but the distances "
        "of all other points from the origin may change. Find <ask> for all points of the sheet, "
        "that is, for all two-dimensional vectors.",
        r"If $\mathbf{<l>}=<matrix>$, find <ask> for all vectors $\mathbf{v}$.",
        r"Find <ask> for all vectors $\mathbf{v}$, where \[\mathbf{<l>}=<matrix>.\]",
        r"Let $\mathbf{<l>}=<matrix>$. Compute <ask> for all $\mathbf{v}$.",
    )

    def solve(self, p: Parameters) -> Any:
        # The squares of the constants are the eigenvalues of the product of A^T and A.
        (a, b), (c, d) = p.matrix
        trace, root = a * a + b * b + c * c + d * d, a * d - b * c
        spread = isqrt(trace * trace - 4 * root * root)
        return square_root((trace + spread if p.ask == "most" else trace - spread) // 2)

    def check(self, q: Parameters) -> Any:
        # The extreme squared length of the image over 720 unit vectors, off by less than 1/2.
        ((a, b), (c, d)), best = q.matrix, max if q.ask == "most" else min
        units = ((cos(k * pi / 720), sin(k * pi / 720)) for k in range(720))
        square = best(
            (float(a) * x + float(b) * y) ** 2 + (float(c) * x + float(d) * y) ** 2
            for x, y in units
        )
        return root_by_search(round(square))
