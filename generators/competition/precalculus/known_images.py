"""`known-images`: the image of a vector under a matrix whose action on two others is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Matrix
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import MatrixOf
from generators.competition.template import Template

FACTORS = (-4, -3, -2, -1, 1, 2, 3, 4)


class KnownImages(Template):
    """See the module's docstring."""

    level, answer = 3, Matrix()
    kin = ("test/precalculus/263.json", "test/precalculus/323.json")
    numbers = Numbers(
        **{f"{name}{place}": range(-5, 6) for name in "uvab" for place in (1, 2, 3)},
        p=FACTORS,
        q=FACTORS,
    )
    prints = {name: MatrixOf(3) for name in "uvabw"}
    words = {"matrix": ("A", "M", "T", "B", "P")}
    texts = (
        r"Let $\mathbf{<matrix>}$ be a matrix with \[\mathbf{<matrix>} <u>=<a> \quad \text{and} \quad "
        r"\mathbf{<matrix>} <v>=<b>.\] Find $\mathbf{<matrix>} <w>$.",
        r"If $\mathbf{<matrix>} <u>=<a>$ and $\mathbf{<matrix>} <v>=<b>$ for a matrix "
        r"$\mathbf{<matrix>}$, compute $\mathbf{<matrix>} <w>$.",
        r"A $3 \times 3$ matrix $\mathbf{<matrix>}$ takes $<u>$ to $<a>$, and it takes $<v>$ to "
        r"$<b>$. Find the vector to which $\mathbf{<matrix>}$ takes $<w>$.",
        r"There is a matrix $\mathbf{<matrix>}$ such that \[\mathbf{<matrix>} <u>=<a>, \quad "
        r"\mathbf{<matrix>} <v>=<b>.\] Not all entries of $\mathbf{<matrix>}$ can be found from "
        r"these two equations, but the vector \[\mathbf{x}=\mathbf{<matrix>} <w>\] can be found. "
        r"Compute $\mathbf{x}$.",
        r"A machine multiplies every vector that is fed into it by the same secret matrix "
        r"$\mathbf{<matrix>}$. The input $<u>$ gives the output $<a>$. When the input is $<v>$, the "
        r"output is $<b>$. Find the output that belongs to the input $<w>$.",
        r"Find $\mathbf{<matrix>} <w>$ if $\mathbf{<matrix>} <u>=<a>$ and $\mathbf{<matrix>} <v>=<b>$.",
        r"Given \[\mathbf{<matrix>} <u>=<a> \quad \text{and} \quad \mathbf{<matrix>} <v>=<b>,\] find "
        r"$\mathbf{<matrix>} <w>$.",
        r"Let $\mathbf{<matrix>} <u>=<a>$ and $\mathbf{<matrix>} <v>=<b>$ for a matrix "
        r"$\mathbf{<matrix>}$. Compute \[\mathbf{<matrix>} <w>.\]",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        u, v, a, b, w = self.printed_values(p).values()
        flat = all(u[i] * v[i - 1] == u[i - 1] * v[i] for i in range(3))
        simple = max(row.count(0) for row in (u, v, a, b)) < 2
        return simple and not flat and max(map(abs, w)) <= 25 and w.count(0) < 2

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        u, v = (p.u1, p.u2, p.u3), (p.v1, p.v2, p.v3)
        a, b = (p.a1, p.a2, p.a3), (p.b1, p.b2, p.b3)
        w = tuple(p.p * e + p.q * f for e, f in zip(u, v, strict=True))
        return {"u": u, "v": v, "a": a, "b": b, "w": w}

    def same(self, p: Parameters) -> object:
        u, v, a, b, w = self.printed_values(p).values()
        return (w, frozenset([(u, a), (v, b)]))

    def solve(self, p: Parameters) -> Any:
        return tuple(
            p.p * e + p.q * f for e, f in zip((p.a1, p.a2, p.a3), (p.b1, p.b2, p.b3), strict=True)
        )

    def check(self, q: Parameters) -> Any:
        # Eliminate one factor of w = s u + t v from two rows; the third row tests the result.
        for i, j in ((0, 1), (0, 2), (1, 2)):
            below = q.u[i] * q.v[j] - q.u[j] * q.v[i]
            if below:
                t = (q.u[i] * q.w[j] - q.u[j] * q.w[i]) / below
                s = (q.w[i] * q.v[j] - q.w[j] * q.v[i]) / below
                assert all(s * e + t * f == g for e, f, g in zip(q.u, q.v, q.w, strict=True))
                return tuple(s * e + t * f for e, f in zip(q.a, q.b, strict=True))
        raise ValueError("expected independent vectors")
