"""`moebius-iteration`: a far term of the iteration of a fractional linear function of finite order."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.algebraic import linear
from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Number, Poly
from generators.competition.template import Template

ENTRIES = range(-4, 5)
ORDERS = {1: 3, 2: 4, 3: 6}
"""The order of a matrix, up to a factor, by the square of its trace over its determinant."""
MATRICES = {
    (a, b, c, d): ORDERS[(a + d) ** 2 // (a * d - b * c)]
    for a in ENTRIES
    for b in ENTRIES
    for c in ENTRIES
    for d in ENTRIES
    if c and b and gcd(a, b, c, d) == 1 and (a > 0 or (a == 0 and b > 0)) and (c > 0 or d > 0)
    if a * d != b * c and Fraction((a + d) ** 2, a * d - b * c) in ORDERS
}
STARTS = tuple({Fraction(u, v) for u in range(-9, 10) for v in (1, 2, 3, 5) if u and u != v})


class MoebiusIteration(Template):
    """See the module's docstring."""

    level, answer = 4, Rationals()
    kin = ("test/intermediate_algebra/1063.json",)
    numbers = Numbers(matrix=tuple(MATRICES), start=sorted(STARTS), n=range(10, 100))
    prints = {"f": Poly(), "g": Poly(), "start": Number()}
    texts = (
        r"Let $F(x)=\frac{<f>}{<g>}$, $x_0=<start>$, and $x_n=F(x_{n-1})$ for all positive integers "
        "$n$. Find $x_{<n>}$.",
        r"If $F(x)=\frac{<f>}{<g>}$, $x_0=<start>$, and $x_{n+1}=F(x_n)$ for $n\ge 0$, what is "
        "$x_{<n>}$?",
        r"A function is defined by \[F(x)=\frac{<f>}{<g>}.\] Find the number that we get if we start "
        "at $x=<start>$ and apply $F$ exactly $<n>$ times.",
        r"Let \[F(x)=\frac{<f>}{<g>}.\] Beginning at $x_0=<start>$, each term of a sequence is the "
        "value of $F$ at the term before it, so $x_1=F(x_0)$, $x_2=F(x_1)$, and so on. Compute "
        "$x_{<n>}$.",
        "A strange machine has a display and one button. When the display shows the number $x$ and "
        r"the button is pressed, the number is replaced by \[\frac{<f>}{<g>}.\] At first, the display "
        "shows $x=<start>$. The button is pressed $<n>$ times in total. Find the number that the "
        "display shows then. Express your answer as a common fraction or an integer.",
        r"Find the value of \[F(F(\dots F(<start>)\dots)),\] where $F(x)=\frac{<f>}{<g>}$ is applied "
        "$<n>$ times.",
        r"Find $x_{<n>}$ if $x_0=<start>$, $x_n=F(x_{n-1})$, and $F(x)=\frac{<f>}{<g>}$.",
        r"Let \[F(x)=\frac{<f>}{<g>},\] $x_0=<start>$, and $x_n=F(x_{n-1})$. Find $x_{<n>}$.",
    )

    def nice(self, p: Parameters) -> Any:
        order = MATRICES[p.matrix]
        return p.n % order and all(below for _, below in self.path(p, order))

    def path(self, p: Parameters, steps: int) -> list[tuple[int, int]]:
        """Numerators and denominators of the first terms."""
        a, b, c, d = p.matrix
        above, below = p.start.numerator, p.start.denominator
        path = [(above, below)]
        for _ in range(steps - 1):
            above, below = a * above + b * below, c * above + d * below
            path.append((above, below))
        return path

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        a, b, c, d = p.matrix
        return {"f": linear("x", a, b), "g": linear("x", c, d), "start": p.start, "n": p.n}

    def solve(self, p: Parameters) -> Any:
        order = MATRICES[p.matrix]
        return Fraction(*self.path(p, order)[p.n % order])

    def check(self, q: Parameters) -> Any:
        a, b, c, d = (int(f.coefficient(term)) for f in (q.f, q.g) for term in ("x", ""))
        above, below = q.start.numerator, q.start.denominator
        for _ in range(q.n):
            above, below = a * above + b * below, c * above + d * below
            if not below:
                raise ValueError("expected a defined term")
            shared = gcd(above, below)
            above, below = above // shared, below // shared
        return Fraction(above, below)
