"""`length-of-combination`: the length of a combination of two vectors from lengths or a product."""

from __future__ import annotations

from fractions import Fraction
from math import cos, gcd, pi, sin, sqrt
from typing import Any

from generators.competition.algebraic import square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.precalculus.surds import root_by_search
from generators.competition.printed import Choice
from generators.competition.template import Template

A, B = r"\mathbf{<l>}", r"\mathbf{<l:1>}"
ASKED = rf"\|<p:c>{A}<q:+c>{B}\|"


class LengthOfCombination(Template):
    """See the module's docstring."""

    level, answer = 4, Radical()
    kin = ("test/precalculus/441.json", "test/precalculus/801.json")
    numbers = Numbers(
        m=range(2, 10),
        n=range(2, 10),
        g=range(-20, 21),
        p=range(1, 5),
        q=(-4, -3, -2, -1, 1, 2, 3, 4),
        given=("dot", "sum", "difference"),
    )
    prints = {
        "given": Choice(
            dot=rf"{A} \cdot {B}=<g>", sum=rf"\|{A}+{B}\|=<g>", difference=rf"\|{A}-{B}\|=<g>"
        )
    }
    words = {"l": (("a", "b"), ("u", "v"), ("p", "q"), ("v", "w"), ("x", "y"))}
    texts = (
        rf"If $\|{A}\|=<m>$, $\|{B}\|=<n>$, and $<given>$, find ${ASKED}$.",
        rf"Let ${A}$ and ${B}$ be vectors such that \[\|{A}\|=<m>, \quad \|{B}\|=<n>, \quad <given>.\] "
        rf"Compute ${ASKED}$.",
        rf"The vectors ${A}$ and ${B}$ satisfy $\|{A}\|=<m>$, $\|{B}\|=<n>$, and $<given>$. What is "
        rf"the value of \[{ASKED}?\]",
        rf"In the plane, the vector ${A}$ has length <m> and the vector ${B}$ has length <n>. It is "
        rf"also known that \[<given>.\] Find ${ASKED}$. Express your answer in simplest radical form.",
        rf"Two ropes are tied to the same hook. The first rope exerts on the hook the force "
        rf"${A}$, and the second rope exerts the force ${B}$. The magnitudes of the two forces are "
        rf"$\|{A}\|=<m>$ and $\|{B}\|=<n>$, and the directions of the ropes are such that "
        rf"\[<given>.\] Later both forces are changed, so that the total force on the hook has the "
        rf"magnitude ${ASKED}$. Find this magnitude.",
        rf"Find ${ASKED}$ if $\|{A}\|=<m>$, $\|{B}\|=<n>$, and $<given>$.",
        rf"If \[\|{A}\|=<m>, \quad \|{B}\|=<n>, \quad <given>,\] then find ${ASKED}$.",
        rf"Let $\|{A}\|=<m>$, $\|{B}\|=<n>$, and $<given>$. Compute \[{ASKED}.\]",
        rf"Given $\|{A}\|=<m>$, $\|{B}\|=<n>$, and $<given>$, compute ${ASKED}$.",
    )
    orbit = 2
    version = 2

    def nice(self, p: Parameters) -> Any:
        if p.given == "dot":
            possible = abs(p.g) < p.m * p.n
        else:
            # The length that is given must not be asked.
            possible = abs(p.m - p.n) < p.g < p.m + p.n and (p.p, abs(p.q)) != (1, 1)
        if not possible or gcd(p.p, p.q) > 1:
            return False
        length = self.solve(p)
        return 1 < length.radicand <= 60 and (length.coefficient > 1 or length.radicand <= 30)

    def same(self, p: Parameters) -> object:
        terms = sorted([(p.m, p.p), (p.n, abs(p.q))])
        return (p.given, p.g, p.q > 0, *terms)

    def solve(self, p: Parameters) -> Any:
        mm, nn = p.m * p.m, p.n * p.n
        twice = {"dot": 2 * p.g, "sum": p.g**2 - mm - nn, "difference": mm + nn - p.g**2}[p.given]
        return square_root(p.p * p.p * mm + p.q * p.q * nn + p.p * p.q * twice)

    def check(self, q: Parameters) -> Any:
        # Find the angle of the vectors by bisection, and measure the length in coordinates.
        low, high = 0.0, pi
        for _ in range(60):
            angle = (low + high) / 2
            x, y = q.n * cos(angle), q.n * sin(angle)
            if q.given == "dot":
                larger = q.m * x > q.g
            elif q.given == "sum":
                larger = sqrt((q.m + x) ** 2 + y**2) > q.g
            else:
                larger = sqrt((q.m - x) ** 2 + y**2) < q.g
            low, high = (angle, high) if larger else (low, angle)
        square = (q.p * q.m + q.q * x) ** 2 + (q.q * y) ** 2
        return root_by_search(Fraction(round(square)))
