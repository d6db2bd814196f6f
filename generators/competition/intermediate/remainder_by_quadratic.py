"""`remainder-by-quadratic`: the remainder of a long polynomial by a quadratic one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.answers import Expression
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template


class RemainderByQuadratic(Template):
    """See the module's docstring."""

    level, answer = 4, Expression()
    kin = ("test/intermediate_algebra/1210.json", "test/intermediate_algebra/1555.json")
    numbers = Numbers(
        square=((0, 1), (0, -1), (0, 4), (1, 0)),
        degree=range(6, 10),
        lead=(1, 1, 1, 2, 3, 4, 5),
        gaps=tuple(combinations(range(6), 2)),
        **{f"c{i}": range(-9, 10) for i in range(9)},
    )
    prints = {"f": Poly(), "g": Poly()}
    fixed = ("square",)
    texts = (
        "Find the remainder when $<f>$ is divided by $<g>$.",
        "What is the remainder when $f(x)=<f>$ is divided by $<g>$?",
        r"Let \[f(x)=<f>.\] Find the remainder when $f(x)$ is divided by $<g>$, without carrying out "
        "the long division.",
        r"Long division is one way to divide the polynomial \[f(x)=<f>\] by the quadratic polynomial "
        "$<g>$, but there is a much shorter one. The remainder can be written as $r(x)=mx+n$ for "
        "some constants $m$ and $n$, so it is determined by the behavior of $f(x)$ at the two roots "
        "of $<g:again>$ alone. Find $r(x)$.",
        r"The polynomials $q(x)$ and $r(x)$ satisfy \[<f>=(<g>)q(x)+r(x),\] and the degree of $r(x)$ "
        "is less than 2. Compute $r(x)$.",
        r"Compute the remainder when \[<f>\] is divided by $<g>$.",
        "Let $f(x)=<f>$. Find the remainder when $f(x)$ is divided by $<g>$.",
        "Find the remainder when $<g>$ is divided into $<f>$.",
    )

    def nice(self, p: Parameters) -> Any:
        constant, linear = self.rest(p)
        return linear and max(abs(constant), abs(linear)) <= 400

    def row(self, p: Parameters) -> list[int]:
        """The coefficients of the long polynomial, lowest power first."""
        values = vars(p)
        lower = [0 if i in p.gaps else values[f"c{i}"] for i in range(p.degree)]
        return [*lower, p.lead]

    def rest(self, p: Parameters) -> tuple[int, int]:
        """Constant and linear coefficient of the remainder, where x^2 = s x + t."""
        s, t = p.square
        constant = linear = 0
        m, n = 1, 0  # the next power of x is m + n x
        for coefficient in self.row(p):
            constant, linear = constant + coefficient * m, linear + coefficient * n
            m, n = n * t, m + n * s
        return constant, linear

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        s, t = p.square
        return {
            "f": polynomial("x", *reversed(self.row(p))),
            "g": polynomial("x", 1, -s, -t),
        }

    orbit = 19**5 * 3 * 15

    def solve(self, p: Parameters) -> Any:
        constant, linear = self.rest(p)
        return polynomial("x", linear, constant)

    def check(self, q: Parameters) -> Any:
        left = [int(c) for c in q.f.coefficients()]
        divisor = [int(c) for c in q.g.coefficients()]
        while len(left) > 2:
            top = left.pop()
            for place in (0, 1):
                left[len(left) - 2 + place] -= top * divisor[place]
        return Polynomial([(left[1], "x"), (left[0], "")])
