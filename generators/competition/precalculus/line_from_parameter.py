"""`line-from-parameter`: slope and intercept of a line from a point and a direction."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Point
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template

POINT = [entry for entry in range(-9, 10) if entry]
DIRECTION = [entry for entry in range(-7, 8) if entry]


class LineFromParameter(Template):
    """See the module's docstring."""

    level, answer = 2, Point()
    kin = (
        "test/precalculus/541.json",
        "test/precalculus/96.json",
        "test/precalculus/43.json",
    )
    numbers = Numbers(a=POINT, b=POINT, c=DIRECTION, d=DIRECTION)
    words = {"t": ("t", "s", "u", "k")}
    texts = (
        r"A line is given by \[\begin{pmatrix} x \\ y \end{pmatrix}=\begin{pmatrix} <a> \\ <b> "
        r"\end{pmatrix}+<t> \begin{pmatrix} <c> \\ <d> \end{pmatrix}.\] Its equation can be written "
        "as $y=mx+b$. Enter the ordered pair $(m,b)$.",
        r"The line $(x,y)=(<a>,<b>)+<t>(<c>,<d>)$ has the equation $y=mx+b$. Find $(m,b)$.",
        r"A line has the parametric equations \[x=<a><c:+c><t> \quad \text{and} \quad "
        r"y=<b><d:+c><t>.\] Find the ordered pair $(m,b)$ such that $y=mx+b$ is an equation of the "
        "same line.",
        r"If the line through $(<a>,<b>)$ that is parallel to the vector $\begin{pmatrix} <c> \\ <d> "
        r"\end{pmatrix}$ is written as $y=mx+b$, what is the ordered pair $(m,b)$?",
        r"A particle moves in the coordinate plane so that its position $<t>$ seconds after noon is "
        r"\[\begin{pmatrix} <a> \\ <b> \end{pmatrix}+<t> \begin{pmatrix} <c> \\ <d> \end{pmatrix}.\] "
        r"Its track is a part of a straight line. The equation of this line can be expressed as "
        r"$y=mx+b$, where $m$ and $b$ are rational constants. Enter your answer as the ordered pair "
        "$(m,b)$.",
        "Find $(m,b)$ if the line $(x,y)=(<a><c:+c><t>,<b><d:+c><t>)$ is also $y=mx+b$.",
        r"The line \[x=<a><c:+c><t>, \quad y=<b><d:+c><t>\] is also given by $y=mx+b$. Find $(m,b)$.",
        r"If the line \[\begin{pmatrix} x \\ y \end{pmatrix}=\begin{pmatrix} <a> \\ <b> "
        r"\end{pmatrix}+<t> \begin{pmatrix} <c> \\ <d> \end{pmatrix}\] is written as $y=mx+b$, find "
        "$(m,b)$.",
        r"Write the line $\begin{pmatrix} x \\ y \end{pmatrix}=\begin{pmatrix} <a> \\ <b> "
        r"\end{pmatrix}+<t> \begin{pmatrix} <c> \\ <d> \end{pmatrix}$ as $y=mx+b$. Enter $(m,b)$.",
    )

    def solve(self, p: Parameters) -> Any:
        slope = Fraction(p.d, p.c)
        return slope, p.b - slope * p.a

    def check(self, q: Parameters) -> Any:
        # Two points of the line, at the parameters 1 and -2, as a system for m and b by Cramer.
        (x1, y1), (x2, y2) = ((q.a + t * q.c, q.b + t * q.d) for t in (1, -2))
        return Fraction(y1 - y2, x1 - x2), Fraction(x1 * y2 - x2 * y1, x1 - x2)
