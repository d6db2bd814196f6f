"""`equal-perimeters`: a size of a regular polygon whose perimeter is a multiple of another's."""

from __future__ import annotations

from cmath import pi, rect
from fractions import Fraction
from functools import cache
from math import isqrt
from typing import Any

from generators.competition.algebraic import Surd, square_root
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name, Root, Words
from generators.competition.template import Template

FIGURES = {
    "square": "a square",
    "triangle": "an equilateral triangle",
    "hexagon": "a regular hexagon",
}
CORNERS = {"square": 4, "triangle": 3, "hexagon": 6}
# The figure, the power of the side, and the size for the side 1.
SIZES = {
    "side length of the square": ("square", 1, Surd(Fraction(1), 1)),
    "area of the square": ("square", 2, Surd(Fraction(1), 1)),
    "length of a diagonal of the square": ("square", 1, Surd(Fraction(1), 2)),
    "side length of the triangle": ("triangle", 1, Surd(Fraction(1), 1)),
    "area of the triangle": ("triangle", 2, Surd(Fraction(1, 4), 3)),
    "height of the triangle": ("triangle", 1, Surd(Fraction(1, 2), 3)),
    "side length of the hexagon": ("hexagon", 1, Surd(Fraction(1), 1)),
    "area of the hexagon": ("hexagon", 2, Surd(Fraction(3, 2), 3)),
    "length of the longest diagonal of the hexagon": ("hexagon", 1, Surd(Fraction(2), 1)),
    "distance between two parallel sides of the hexagon": ("hexagon", 1, Surd(Fraction(1), 3)),
}
ASKED = [name for name, (_, power, unit) in SIZES.items() if power == 1 or unit.radicand == 1]
TIMES = {
    "equal to": Fraction(1),
    "twice": Fraction(2),
    "three times": Fraction(3),
    "four times": Fraction(4),
    "half": Fraction(1, 2),
    "one third of": Fraction(1, 3),
}


class Amount(Root):
    """A multiple of a root in dollar signs, or an integer without them."""

    pattern = rf"\d+|\${Root.pattern}\$"

    def print(self, value: Surd, words: Words) -> str:
        text = super().print(value, words)
        return text if text.isdigit() else f"${text}$"

    def read(self, text: str, words: Words) -> Surd:
        return super().read(text.strip("$"), words)


class EqualPerimeters(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/geometry/843.json",)
    numbers = Numbers(given=tuple(SIZES), asked=ASKED, times=tuple(TIMES), value=range(2, 61))
    prints = {
        "given": Name(*SIZES),
        "asked": Name(*SIZES),
        "times": Name(*TIMES),
        "first": Name(*FIGURES.values()),
        "second": Name(*FIGURES.values()),
        "size": Amount(),
    }
    fixed = ("asked",)
    texts = (
        "The perimeter of <first> is <times> the perimeter of <second>. If the <given> is "
        "<size>, what is the <asked>?",
        "The perimeter of <first> is <times> that of <second>. If the <given> is <size>, find the "
        "<asked>.",
        "Suppose that the perimeter of <first> is <times> that of <second>. What is the <asked> if the "
        "<given> is <size>?",
        "If <first> has a perimeter <times> that of <second>, and the <given> is <size>, find the "
        "<asked>.",
        "Let the perimeter of <first> be <times> the perimeter of <second>. Given that the <given> is "
        "<size>, determine the <asked>.",
        "Of two figures, one is <first> and one is <second>. The perimeter of the former is "
        "<times> that of the latter, and the <given> is <size>. What is the <asked>?",
        "Two pieces of wire are bent until each of them is the border of a figure, so that no "
        "wire is left over and no part of the border is covered twice. The first wire is bent "
        "into <first>, and the second one into <second>. The length of the first wire is <times> "
        "the length of the second. All lengths are in inches and all areas are in square inches. "
        "If the <given> is <size>, what is the <asked>?",
    )

    def nice(self, p: Parameters) -> Any:
        (first, power, _), second = SIZES[p.given], SIZES[p.asked][0]
        if first == second or p.given.split()[0] == p.asked.split()[0] == "side":
            return False
        if "area" in p.asked and isqrt(p.value) ** 2 != p.value:
            return False
        size = given_size(p.given, p.asked, p.times, p.value)
        small = size.coefficient.denominator <= 3 and size.coefficient.numerator <= 60
        return small and size.coefficient <= (60 if power == 2 else 30)

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        first, second = FIGURES[SIZES[p.given][0]], FIGURES[SIZES[p.asked][0]]
        names = {"first": first, "second": second}
        return {
            "given": p.given,
            "asked": p.asked,
            "times": p.times,
            **names,
            "size": given_size(**vars(p)),
        }

    def solve(self, p: Parameters) -> Any:
        return p.value

    def check(self, q: Parameters) -> Any:
        # Sizes are proportional to the perimeter or to its square; measure figures of perimeter 1.
        one, two = measured(q.given), measured(q.asked)
        size = float(q.size.coefficient) * q.size.radicand**0.5
        perimeter = size / one if "area" not in q.given else (size / one) ** 0.5
        word = q.times.split()[0]
        perimeter /= {"equal": 1, "twice": 2, "half": 1 / 2, "one": 1 / 3}.get(word) or (
            "three",
            "four",
        ).index(word) + 3
        found = two * perimeter if "area" not in q.asked else two * perimeter**2
        assert abs(found - round(found)) < 1e-9
        return round(found)


@cache
def given_size(given: str, asked: str, times: str, value: int) -> Surd:
    """The given size, from the value of the asked one."""
    (first, power, unit), (second, degree, other) = SIZES[given], SIZES[asked]
    # The square of the side of the asked figure, and of the given one.
    square = Fraction(value ** (3 - degree)) / (other.coefficient**2 * other.radicand)
    square *= (TIMES[times] * CORNERS[second] / CORNERS[first]) ** 2
    if power == 2:
        return Surd(square * unit.coefficient, unit.radicand)
    return square_root(square * unit.coefficient**2 * unit.radicand)


def measured(size: str) -> float:
    """That size of a figure of perimeter 1, from the coordinates of its corners."""
    count = {"square": 4, "triangle": 3, "hexagon": 6}[size.split()[-1]]
    corners = [rect(1, 2 * pi * i / count) for i in range(count)]
    corners = [corner / (count * abs(corners[1] - corners[0])) for corner in corners]
    if size.startswith("area"):
        pairs = zip(corners, corners[1:] + corners[:1], strict=True)
        return sum((a.conjugate() * b).imag for a, b in pairs) / 2
    if size.startswith("side"):
        return 1 / count
    if "diagonal" in size:
        return abs(corners[count // 2] - corners[0])
    if count == 3:
        return abs(corners[0] - (corners[1] + corners[2]) / 2)
    return abs(corners[0] + corners[1] - corners[3] - corners[4]) / 2
