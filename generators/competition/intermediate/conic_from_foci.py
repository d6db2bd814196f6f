"""`conic-from-foci`: h+k+a+b of an ellipse or hyperbola from its foci and the sum or difference."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name, PointOf, Whole
from generators.competition.template import Template

_LEGS = ((3, 4), (6, 8), (5, 12), (9, 12), (8, 15), (12, 16), (15, 20), (7, 24), (10, 24), (20, 21))
_X, _Y = r"\frac{(x-h)^2}", r"\frac{(y-k)^2}"
_EQUATIONS = {
    ("hyperbola", "x"): _X + "{a^2}-" + _Y + "{b^2}=1",
    ("hyperbola", "y"): _Y + "{a^2}-" + _X + "{b^2}=1",
    ("ellipse", "x"): _X + "{a^2}+" + _Y + "{b^2}=1",
    ("ellipse", "y"): _X + "{b^2}+" + _Y + "{a^2}=1",
}
_RULES = {"hyperbola": "|PF_1-PF_2|", "ellipse": "PF_1+PF_2"}
_SHAPES = {"hyperbola": "a hyperbola", "ellipse": "an ellipse"}


class ConicFromFoci(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/intermediate_algebra/1126.json",
        "test/intermediate_algebra/362.json",
        "test/intermediate_algebra/894.json",
        "test/intermediate_algebra/1797.json",
    )
    numbers = Numbers(
        h=range(-5, 6),
        k=range(-5, 6),
        legs=(*_LEGS, *((b, a) for a, b in _LEGS)),
        curve=("hyperbola", "ellipse"),
        axis=("x", "y"),
    )
    prints = {
        "first": PointOf(),
        "second": PointOf(),
        "length": Whole(),
        "rule": Name(*_RULES.values()),
        "shape": Name(*_SHAPES.values()),
        "equation": Name(*_EQUATIONS.values()),
    }
    fixed = ("curve", "axis")
    texts = (
        "The points $P$ with $<rule>=<length>$, where $F_1=<first>$ and $F_2=<second>$, form "
        r"<shape> with equation \[<equation>,\] where $a,b>0$. Find $h+k+a+b$.",
        r"Let $F_1=<first>$ and $F_2=<second>$. If \[<equation>\] is <shape> that consists of all "
        "points $P$ such that $<rule>=<length>$, and $a$ and $b$ are positive, what is $h+k+a+b$?",
        "The foci of <shape> are $F_1=<first>$ and $F_2=<second>$, and $<rule>=<length>$ for each "
        r"point $P$ of the curve. The equation of the curve is \[<equation>.\] Compute $h+k+a+b$, "
        "where $a$ and $b$ are positive.",
        "In the coordinate plane, two points $F_1=<first>$ and $F_2=<second>$ are marked. Any "
        "other point $P$ is colored red whenever the equality $<rule>=<length>$ is true. Together, "
        "all of the red points form <shape>. For some positive constants $a$ and $b$ and some constants "
        r"$h$ and $k$, its equation is \[<equation>.\] Find the value of $h+k+a+b$.",
        "Let $F_1=<first>$ and $F_2=<second>$. The points $P$ such that $<rule>=<length>$ form "
        "<shape> $<equation>$. Find $h+k+a+b$, where $a,b>0$.",
        "Let $F_1=<first>$ and $F_2=<second>$. The set of all $P$ such that $<rule>=<length>$ is "
        r"<shape> \[<equation>.\] Find $h+k+a+b$, if $a,b>0$.",
        "Find $h+k+a+b$, if $a,b>0$ and $<equation>$ is <shape> whose points $P$ satisfy "
        "$<rule>=<length>$ for $F_1=<first>$ and $F_2=<second>$.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        along, focal = self._lengths(p)
        first, second = (
            (p.h + step, p.k) if p.axis == "x" else (p.h, p.k + step) for step in (-focal, focal)
        )
        return {
            "first": first,
            "second": second,
            "length": 2 * along,
            "rule": _RULES[p.curve],
            "shape": _SHAPES[p.curve],
            "equation": _EQUATIONS[p.curve, p.axis],
        }

    def _lengths(self, p: Parameters) -> tuple[int, int]:
        """a, and half of the distance between the foci."""
        one, other = p.legs
        hypotenuse = isqrt(one**2 + other**2)
        return (one, hypotenuse) if p.curve == "hyperbola" else (hypotenuse, one)

    def solve(self, p: Parameters) -> Any:
        a, c = self._lengths(p)
        return p.h + p.k + a + isqrt(abs(a**2 - c**2))

    def check(self, q: Parameters) -> Any:
        (x1, y1), (x2, y2) = q.first, q.second
        c2 = ((x1 - x2) ** 2 + (y1 - y2) ** 2) / 4
        (a,) = (a for a in range(1, 60) if 2 * a == q.length)  # from the ends of the axis
        found = []
        for b in range(1, 60):
            if "+" in q.rule:  # an end of the other axis
                fits = 4 * (c2 + b**2) == q.length**2
            else:  # the point straight above a focus, at height b^2/a
                up = Fraction(b * b, a)
                fits = (q.length + up) ** 2 == 4 * c2 + up**2
            if fits:
                found.append(a + b)
        (lengths,) = found
        return (x1 + x2 + y1 + y2) / 2 + lengths
