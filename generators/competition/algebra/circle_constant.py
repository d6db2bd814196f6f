"""`circle-constant`: the constant that gives a circle a wanted radius."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.algebraic import Surd
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Root, Words
from generators.competition.template import Template

EVEN = [value for value in range(-20, 21, 2) if value]
RADII = [
    *(Surd(Fraction(radius), 1) for radius in range(2, 13)),
    *(Surd(Fraction(1), square) for square in (2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 23)),
    *(Surd(Fraction(size), root) for size in (2, 3) for root in (2, 3, 5)),
]


class RootInProse(Root):
    """A `Surd` outside of formulas: 5, $\\sqrt{2}$."""

    pattern = rf"\d+|\$(?:{Root.pattern})\$"

    def print(self, value: Surd, words: Words) -> str:
        text = super().print(value, words)
        return text if value.radicand == 1 else f"${text}$"

    def read(self, text: str, words: Words) -> Surd:
        return super().read(text.strip("$"), words)


class CircleConstant(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/algebra/873.json", "test/intermediate_algebra/690.json")
    numbers = Numbers(a=EVEN, b=EVEN, radius=RADII, ask=("k", "sum"))
    prints = {
        "radius": RootInProse(),
        "ask": Choice(k="$k$", sum="the sum of $k$ and the coordinates of the center"),
    }
    texts = (
        "The graph of $x^2<a:+c>x+y^2<b:+c>y+k=0$ is a circle of radius <radius>. What is <ask>?",
        "If the circle $x^2<a:+c>x+y^2<b:+c>y+k=0$ has a radius of <radius>, what is <ask>?",
        "Suppose that the equation $x^2<a:+c>x+y^2<b:+c>y+k=0$ describes a circle in the coordinate "
        "plane, and that the radius of this circle is equal to <radius>. Find <ask>.",
        "For a certain constant $k$, the points $(x,y)$ that satisfy $x^2<a:+c>x+y^2<b:+c>y+k=0$ form a "
        "circle. If every point of the circle is exactly <radius> units from its center, what is <ask>?",
        "The edge of a round pool is drawn in a coordinate system, where one unit stands for one meter. "
        "The edge is the graph of $x^2<a:+c>x+y^2<b:+c>y+k=0$, where $k$ is a constant that depends on "
        "the size of the pool. The distance from the center of this circle to the edge is <radius> "
        "meters. What is <ask>?",
        "What is <ask> if the circle $x^2<a:+c>x+y^2<b:+c>y+k=0$ has radius <radius>?",
        "Find <ask> if the radius of the circle $x^2<a:+c>x+y^2<b:+c>y+k=0$ is <radius>.",
    )

    orbit = 2

    def same(self, p: Parameters) -> object:
        return (frozenset((p.a, p.b)), p.radius, p.ask)

    def nice(self, p: Parameters) -> Any:
        return abs((p.a**2 + p.b**2) // 4 - self.square(p.radius)) <= 200

    def square(self, radius: Surd) -> int:
        """The square of a radius, an integer."""
        return int(radius.coefficient**2 * radius.radicand)

    def solve(self, p: Parameters) -> Any:
        constant = (p.a // 2) ** 2 + (p.b // 2) ** 2 - self.square(p.radius)
        return constant - (p.a // 2 + p.b // 2 if p.ask == "sum" else 0)

    def check(self, q: Parameters) -> Any:
        # The center is the point where the left side is least; there it is minus the radius squared.
        least, x, y = min(
            (x * x + q.a * x + y * y + q.b * y, x, y)
            for x in range(-11, 12)
            for y in range(-11, 12)
        )
        constant = -least - q.radius.coefficient * q.radius.coefficient * q.radius.radicand
        return constant + (x + y if q.ask == "sum" else 0)
