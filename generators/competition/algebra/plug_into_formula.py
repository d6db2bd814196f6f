"""`plug-into-formula`: the value of a formula of geometry or motion for given quantities."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, DecimalNumber
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class PlugIntoFormula(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = ("test/algebra/478.json",)
    numbers = Numbers(
        law=("pyramid", "trapezoid", "box"), a=range(2, 21), b=range(2, 21), twice=range(3, 31)
    )
    prints = {
        "law": Choice(
            pyramid=r"$V=\frac{1}{3}abh$",
            trapezoid=r"$A=\frac{1}{2}(a+b)h$",
            box="$S=2(ab+ah+bh)$",
        ),
        "asked": Choice(pyramid="$V$", trapezoid="$A$", box="$S$"),
        "h": DecimalNumber(),
    }
    words = {"name": PEOPLE}
    texts = (
        "If <law>, what is <asked> when $a=<a>$, $b=<b>$, and $h=<h>$?",
        "A formula in a geometry book says that <law>. What is the value of <asked> if $a=<a>$, "
        "$b=<b>$, and $h=<h>$?",
        "In a book on geometry, <name> finds the formula <law>, where $a$, $b$, and $h$ are three "
        "lengths in a figure. For homework, <name:1> needs the case where $a$ is <a> units, $b$ is "
        "<b> units, and $h$ is <h> units. What is the value of <asked> in this case, without the "
        "unit?",
        "Find <asked> for $a=<a>$, $b=<b>$, and $h=<h>$, if <law>.",
        "Let $a=<a>$, $b=<b>$, and $h=<h>$. If <law>, what is the value of <asked>?",
        "Given that <law>, compute <asked> when $a=<a>$, $b=<b>$, and $h=<h>$.",
        "The lengths $a=<a>$, $b=<b>$, and $h=<h>$ are put into the formula <law>. What is the "
        "resulting value of <asked>?",
    )

    def nice(self, p: Parameters) -> Any:
        return p.a != p.b and self.solve(p).denominator == 1

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"law": p.law, "asked": p.law, "a": p.a, "b": p.b, "h": Fraction(p.twice, 2)}

    def same(self, p: Parameters) -> object:
        return (p.law, p.twice, frozenset((p.a, p.b)))

    def solve(self, p: Parameters) -> Any:
        if p.law == "pyramid":
            return Fraction(p.a * p.b * p.twice, 6)
        if p.law == "trapezoid":
            return Fraction((p.a + p.b) * p.twice, 4)
        return Fraction(2 * p.a * p.b + (p.a + p.b) * p.twice)

    def check(self, q: Parameters) -> Any:
        # The volume as the sum of two pieces of the base, the areas as sums of triangles and faces.
        if q.law == "pyramid":
            return sum(q.b * q.h / 3 for _ in range(q.a))
        if q.law == "trapezoid":
            return q.a * q.h / 2 + q.b * q.h / 2
        return (
            sum(x * y for x in (q.a, q.b, q.h) for y in (q.a, q.b, q.h)) - q.a**2 - q.b**2 - q.h**2
        )
