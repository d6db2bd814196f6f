"""`cross-algebra`: the cross product of combinations of vectors from their cross products."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Any

from generators.competition.answers import Matrix
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, MatrixOf
from generators.competition.template import Template

ENTRIES = range(-9, 10)
FACTORS = (-4, -3, -2, -1, 1, 2, 3, 4)


class CrossAlgebra(Template):
    """See the module's docstring."""

    level, answer = 4, Matrix()
    kin = (
        "test/precalculus/881.json",
        "test/precalculus/145.json",
        "test/precalculus/1300.json",
    )
    numbers = Numbers(
        **{f"{name}{place}": ENTRIES for name in "def" for place in (1, 2, 3)},
        p=range(1, 5),
        q=FACTORS,
        r=range(1, 5),
        s=FACTORS,
        shape=("second", "first", "outer"),
    )
    prints = {
        "uv": MatrixOf(3),
        "uw": MatrixOf(3),
        "vw": MatrixOf(3),
        "shape": Choice(
            second=r"(<p:c>\mathbf{<l>}<q:+c>\mathbf{<l:1>}) \times "
            r"(<r:c>\mathbf{<l:2>}<s:+c>\mathbf{<l:1>})",
            first=r"(<p:c>\mathbf{<l:1>}<q:+c>\mathbf{<l>}) \times "
            r"(<r:c>\mathbf{<l:2>}<s:+c>\mathbf{<l>})",
            outer=r"(<p:c>\mathbf{<l>}<q:+c>\mathbf{<l:2>}) \times "
            r"(<r:c>\mathbf{<l:1>}<s:+c>\mathbf{<l:2>})",
        ),
    }
    words = {"l": (("u", "v", "w"), ("a", "b", "c"), ("p", "q", "r"), ("x", "y", "z"))}
    texts = (
        r"Vectors $\mathbf{<l>}$, $\mathbf{<l:1>}$, and $\mathbf{<l:2>}$ satisfy "
        r"\[\mathbf{<l>} \times \mathbf{<l:1>}=<uv>, \quad \mathbf{<l>} \times \mathbf{<l:2>}=<uw>, "
        r"\quad \mathbf{<l:1>} \times \mathbf{<l:2>}=<vw>.\] Compute $<shape>$.",
        r"If $\mathbf{<l>} \times \mathbf{<l:1>}=<uv>$, $\mathbf{<l>} \times \mathbf{<l:2>}=<uw>$, and "
        r"$\mathbf{<l:1>} \times \mathbf{<l:2>}=<vw>$, find $<shape>$.",
        r"Given that \[\mathbf{<l>} \times \mathbf{<l:1>}=<uv>, \quad \mathbf{<l>} \times "
        r"\mathbf{<l:2>}=<uw>, \quad \mathbf{<l:1>} \times \mathbf{<l:2>}=<vw>,\] find the vector "
        "$<shape>$.",
        r"For three vectors in space, the cross product $\mathbf{<l>} \times \mathbf{<l:1>}$ equals "
        r"$<uv>$, the product $\mathbf{<l>} \times \mathbf{<l:2>}$ is equal to $<uw>$, and the product "
        r"$\mathbf{<l:1>} \times \mathbf{<l:2>}$ is equal to $<vw>$. Find \[<shape>.\]",
        r"A student has computed three cross products from the vectors $\mathbf{<l>}$, "
        r"$\mathbf{<l:1>}$, and $\mathbf{<l:2>}$ of an exercise: \[\mathbf{<l>} \times "
        r"\mathbf{<l:1>}=<uv>, \quad \mathbf{<l>} \times \mathbf{<l:2>}=<uw>, \quad \mathbf{<l:1>} "
        r"\times \mathbf{<l:2>}=<vw>.\] Before the next question is read, the sheet that shows the "
        r"three vectors is lost. All three results are right. Find the vector $<shape>$, which the "
        "next question asks for.",
        r"Let \[\mathbf{<l>} \times \mathbf{<l:1>}=<uv>, \quad \mathbf{<l>} \times "
        r"\mathbf{<l:2>}=<uw>, \quad \mathbf{<l:1>} \times \mathbf{<l:2>}=<vw>.\] Find $<shape>$.",
        r"Let $\mathbf{<l>} \times \mathbf{<l:1>}=<uv>$, $\mathbf{<l>} \times \mathbf{<l:2>}=<uw>$, "
        r"and $\mathbf{<l:1>} \times \mathbf{<l:2>}=<vw>$. Compute $<shape>$.",
        r"Compute $<shape>$ if $\mathbf{<l>} \times \mathbf{<l:1>}=<uv>$, $\mathbf{<l>} \times "
        r"\mathbf{<l:2>}=<uw>$, and $\mathbf{<l:1>} \times \mathbf{<l:2>}=<vw>$.",
    )

    def nice(self, p: Parameters) -> Any:
        if gcd(p.p, p.q) > 1 or gcd(p.r, p.s) > 1:
            return False
        # Some vectors have these products if and only if det(u x v, v x w, w x u) > 0.
        values = self.printed_values(p)
        (d1, d2, d3), (e1, e2, e3), (f1, f2, f3) = (values[n] for n in ("uv", "vw", "uw"))
        x, y, z = d2 * e3 - d3 * e2, d3 * e1 - d1 * e3, d1 * e2 - d2 * e1
        return x * f1 + y * f2 + z * f3 < 0 and max(map(abs, self.solve(p))) <= 150

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        products = {
            "uv": (p.d1, p.d2, p.d3),
            "uw": (p.e1, p.e2, p.e3),
            "vw": (p.f1, p.f2, p.f3),
        }
        return {**products, "p": p.p, "q": p.q, "r": p.r, "s": p.s, "shape": p.shape}

    def solve(self, p: Parameters) -> Any:
        # Factors of u x v, u x w and v x w.
        factors = {
            "second": (p.p * p.s, p.p * p.r, p.q * p.r),
            "first": (-p.p * p.s, p.q * p.r, p.p * p.r),
            "outer": (p.p * p.r, p.p * p.s, -p.q * p.r),
        }[p.shape]
        rows = ((p.d1, p.e1, p.f1), (p.d2, p.e2, p.f2), (p.d3, p.e3, p.f3))
        return tuple(sum(f * e for f, e in zip(factors, row, strict=True)) for row in rows)

    def check(self, q: Parameters) -> Any:
        # With t = u . (v x w): (u x v) x (u x w) = t u, and so on, so the vectors are known up to t.
        u, v, w = cross(q.uv, q.uw), cross(q.uv, q.vw), cross(q.uw, q.vw)
        first, second = {
            "second": ((u, v), (w, v)),
            "first": ((v, u), (w, u)),
            "outer": ((u, w), (v, w)),
        }[q.shape]
        left = [q.p * a + q.q * b for a, b in zip(*first, strict=True)]
        right = [q.r * a + q.s * b for a, b in zip(*second, strict=True)]
        square = sum(a * b for a, b in zip(u, q.vw, strict=True))
        return tuple(e / square for e in cross(left, right))


def cross(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The cross product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
