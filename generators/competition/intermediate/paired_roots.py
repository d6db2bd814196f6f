"""`paired-roots`: the sum of 1/|r|^2 over pairs of conjugate roots of (cx)^n+(ax-b)^n=0."""

from __future__ import annotations

from cmath import exp, pi
from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.algebraic import polynomial, power_of
from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Whole, Words
from generators.competition.template import Template


class PowerOf(Kind):
    """Integers (a, b, n) for (ax+b)^n."""

    pattern = r"(?:x|\(-?\d*x(?:[+-]\d+)?\))\^(?:\d|\{\d+\})"

    def print(self, value: tuple[int, int, int], words: Words) -> str:
        a, b, n = value
        inner = str(polynomial("x", a, b))
        return ("x" if inner == "x" else f"({inner})") + power_of("x", n)[1:]

    def read(self, text: str, words: Words) -> tuple[int, int, int]:
        inner, _, power = text.rpartition("^")
        first, _, last = inner.strip("()").partition("x")
        return int(first or 1), int(last or 0), int(power.strip("{}"))


class PairedRoots(Template):
    """See the module's docstring."""

    level, answer = 5, Rationals()
    kin = ("test/intermediate_algebra/582.json",)
    numbers = Numbers(
        half=range(3, 10),
        a=range(2, 21),
        b=tuple(b for b in range(-6, 7) if b),
        c=(1, 2, 3, 4, 5),
    )
    prints = {"first": PowerOf(), "second": PowerOf(), "n": Whole(), "half": Whole()}
    texts = (
        r"The <n> roots of the equation \[<first>+<second>=0\] form <half> pairs $r_k$, "
        r"$\overline{r}_k$ of conjugate complex numbers. Compute the sum of "
        r"$\frac{1}{r_k\overline{r}_k}$ over all <half:again> pairs.",
        r"If the roots of $<first>+<second>=0$ are $r_1$, $\overline{r}_1$, $\dots$, $r_<half>$, "
        r"$\overline{r}_<half:again>$, <n> roots in all, what is "
        r"$\frac{1}{|r_1|^2}+\dots+\frac{1}{|r_<half:again>|^2}$?",
        r"None of the $<n>$ roots of \[<first>+<second>=0\] is real. Let $r_1$, $\dots$, $r_<half>$ "
        "be those above the real axis in the complex plane, and find "
        r"\[\frac{1}{|r_1|^2}+\dots+\frac{1}{|r_<half:again>|^2}.\]",
        r"Let \[P(x)=<first>+<second>.\] Since $P(x)$ is positive for all real $x$, its <n> complex "
        r"roots come in <half> pairs of the form $z$, $\overline{z}$. A student takes one root $z$ "
        r"from every pair, finds the product $z\overline{z}$, which is a positive real number, and "
        "writes down the reciprocal of this product. Then the student adds the <half:again> "
        "reciprocals. Find the sum.",
        r"The <n> roots of $<first>+<second>=0$ form <half> pairs $r$, $\overline{r}$ of conjugates. "
        r"Find the sum of $\frac{1}{r\overline{r}}$ over all pairs.",
        r"If $<first>+<second>=0$ has the <n> roots $r_1$, $\overline{r}_1$, $\dots$, $r_<half>$, "
        r"$\overline{r}_<half:again>$, find \[\frac{1}{|r_1|^2}+\dots+\frac{1}{|r_<half:again>|^2}.\]",
        r"Find the sum of $\frac{1}{|r|^2}$ over the <half> pairs of conjugates $r$, $\overline{r}$ "
        "that are the <n> roots of $<first>+<second>=0$.",
    )

    def nice(self, p: Parameters) -> Any:
        return gcd(p.a, p.b) == 1 and p.a != p.c

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        n = 2 * p.half
        return {"first": (p.c, 0, n), "second": (p.a, p.b, n), "n": n, "half": p.half}

    def solve(self, p: Parameters) -> Any:
        # b/r=cw-a for the n roots w of w^n=-1, whose sum is 0.
        return Fraction(p.half * (p.a**2 + p.c**2), p.b**2)

    def check(self, q: Parameters) -> Any:
        (c, _, n), (a, b, _) = q.first, q.second
        roots = [b / (c * exp(1j * pi * (2 * k + 1) / n) - a) for k in range(n)]
        values = [(c * r) ** n + (a * r + b) ** n for r in roots]
        assert max(abs(v) / (abs(c * r) ** n) for v, r in zip(values, roots, strict=True)) < 1e-6
        upper = [r for r in roots if r.imag > 0]
        assert len(upper) == q.half
        scaled = sum(b * b / (r * r.conjugate()).real for r in upper)
        assert abs(scaled - round(scaled)) < 1e-6
        return Fraction(round(scaled), b * b)
