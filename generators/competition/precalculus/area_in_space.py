"""`area-in-space`: the area of a triangle or parallelogram from two vectors in space."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.precalculus.surds import root_by_search
from generators.competition.printed import Choice, MatrixOf
from generators.competition.template import Template


class AreaInSpace(Template):
    """See the module's docstring."""

    level, answer = 3, Radical()
    kin = ("test/precalculus/477.json", "test/precalculus/441.json")
    numbers = Numbers(
        **{f"{name}{place}": range(-5, 6) for name in "uv" for place in (1, 2, 3)},
        figure=("triangle", "parallelogram"),
    )
    prints = {
        "u": MatrixOf(3),
        "v": MatrixOf(3),
        "figure": Choice(triangle="triangle $OAB$", parallelogram="parallelogram $OACB$"),
    }
    texts = (
        r"Let $O$ be the origin, $\overrightarrow{OA}=<u>$, and $\overrightarrow{OB}=<v>$. Find the "
        "area of <figure>.",
        r"Compute the area of <figure> if $\overrightarrow{OA}=<u>$ and $\overrightarrow{OB}=<v>$.",
        r"The point $O$ is the origin, and \[\overrightarrow{OA}=<u>, \quad "
        r"\overrightarrow{OB}=<v>.\] What is the area of <figure>?",
        r"In space, let \[\overrightarrow{OA}=<u> \quad \text{and} \quad "
        r"\overrightarrow{OB}=<v>.\] Find the area of <figure>. Express your answer in simplest "
        "radical form.",
        "A surveyor stands at the origin $O$ and measures the positions of two posts $A$ and $B$ on "
        r"a hillside, in meters. She finds that $\overrightarrow{OA}=<u>$ and that "
        r"$\overrightarrow{OB}=<v>$. A flat sail is stretched so that it covers <figure> and nothing "
        "else. Find the area of the sail, in square meters.",
        r"Find the area of <figure>, where \[\overrightarrow{OA}=<u> \quad \text{and} \quad "
        r"\overrightarrow{OB}=<v>.\]",
        r"If $\overrightarrow{OA}=<u>$ and $\overrightarrow{OB}=<v>$, find the area of <figure>.",
        r"Given $\overrightarrow{OA}=<u>$ and $\overrightarrow{OB}=<v>$, compute the area of <figure>.",
    )
    orbit = 2
    version = 2

    def nice(self, p: Parameters) -> Any:
        u, v, _ = self.printed_values(p).values()
        if u.count(0) > 1 or v.count(0) > 1:
            return False
        return 1 < self.solve(p).radicand <= 50

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"u": (p.u1, p.u2, p.u3), "v": (p.v1, p.v2, p.v3), "figure": p.figure}

    def same(self, p: Parameters) -> object:
        u, v, figure = self.printed_values(p).values()
        return (figure, min(u, v), max(u, v))

    def solve(self, p: Parameters) -> Any:
        x = p.u2 * p.v3 - p.u3 * p.v2
        y = p.u3 * p.v1 - p.u1 * p.v3
        z = p.u1 * p.v2 - p.u2 * p.v1
        squares = x * x + y * y + z * z
        return square_root(Fraction(squares, 4) if p.figure == "triangle" else squares)

    def check(self, q: Parameters) -> Any:
        uu, vv = sum(e * e for e in q.u), sum(e * e for e in q.v)
        uv = sum(e * f for e, f in zip(q.u, q.v, strict=True))
        gram = uu * vv - uv * uv
        return root_by_search(gram / 4 if q.figure == "triangle" else gram)
