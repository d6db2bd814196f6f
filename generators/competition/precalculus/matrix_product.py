"""`matrix-product`: a product of two matrices, or a sum with a square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Matrix
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, MatrixOf
from generators.competition.template import Template

Rows = tuple[tuple[int, int], tuple[int, int]]
FIRST, SECOND = r"\mathbf{<l>}", r"\mathbf{<l:1>}"


class MatrixProduct(Template):
    """See the module's docstring."""

    level, answer = 2, Matrix()
    kin = ("test/precalculus/920.json",)
    numbers = Numbers(
        **{f"{name}{place}": range(-5, 6) for name in "ab" for place in (1, 2, 3, 4)},
        ask=("forward", "backward", "square"),
    )
    prints = {
        "a": MatrixOf(2, 2),
        "b": MatrixOf(2, 2),
        "ask": Choice(
            forward=f"{FIRST} {SECOND}", backward=f"{SECOND} {FIRST}", square=f"{FIRST}^2+{SECOND}"
        ),
    }
    words = {"l": (("A", "B"), ("M", "N"), ("P", "Q"), ("C", "D"), ("S", "T"))}
    texts = (
        rf"If ${FIRST}=<a>$ and ${SECOND}=<b>$, find $<ask>$.",
        rf"Let \[{FIRST}=<a> \quad \text{{and}} \quad {SECOND}=<b>.\] Compute $<ask>$.",
        rf"Compute $<ask>$, where ${FIRST}=<a>$ and ${SECOND}=<b>$.",
        rf"Two matrices are given by \[{FIRST}=<a>, \quad {SECOND}=<b>.\] What is the matrix $<ask>$?",
        rf"A computer program stores two matrices under the names ${FIRST}$ and ${SECOND}$. The first "
        rf"one is \[{FIRST}=<a>,\] and the second one is \[{SECOND}=<b>.\] The program is asked to "
        "print the matrix $<ask>$. Find the matrix that it prints.",
        rf"Find $<ask>$ if \[{FIRST}=<a> \quad \text{{and}} \quad {SECOND}=<b>.\]",
        f"Let ${FIRST}=<a>$ and ${SECOND}=<b>$. Find $<ask>$.",
        rf"Given \[{FIRST}=<a>, \quad {SECOND}=<b>,\] compute $<ask>$.",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        a, b, _ = self.printed_values(p).values()
        zeros = max((*a[0], *a[1]).count(0), (*b[0], *b[1]).count(0))
        return zeros < 2 and a != b

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "a": ((p.a1, p.a2), (p.a3, p.a4)),
            "b": ((p.b1, p.b2), (p.b3, p.b4)),
            "ask": p.ask,
        }

    def same(self, p: Parameters) -> object:
        a, b, ask = self.printed_values(p).values()
        return (ask == "square", *((b, a) if ask == "backward" else (a, b)))

    def solve(self, p: Parameters) -> Any:
        a, b, ask = self.printed_values(p).values()
        left, right = {"forward": (a, b), "backward": (b, a), "square": (a, a)}[ask]
        added = b if ask == "square" else ((0, 0), (0, 0))
        return tuple(
            tuple(left[i][0] * right[0][j] + left[i][1] * right[1][j] + added[i][j] for j in (0, 1))
            for i in (0, 1)
        )

    def check(self, q: Parameters) -> Any:
        # The columns of the result are the images of (1, 0) and (0, 1).
        columns = []
        for unit in ((1, 0), (0, 1)):
            if q.ask == "square":
                twice, once = applied(q.a, applied(q.a, unit)), applied(q.b, unit)
                columns.append((twice[0] + once[0], twice[1] + once[1]))
            else:
                inner, outer = (q.b, q.a) if q.ask == "forward" else (q.a, q.b)
                columns.append(applied(outer, applied(inner, unit)))
        return tuple(zip(*columns, strict=True))


def applied(rows: Rows, vector: tuple[int, int]) -> tuple[int, int]:
    """A matrix times a vector."""
    (a, b), (c, d) = rows
    x, y = vector
    return a * x + b * y, c * x + d * y
