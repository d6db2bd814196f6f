"""`equal-perimeters`: a size of a regular polygon whose perimeter is a multiple of another's."""

from __future__ import annotations

from cmath import pi, rect
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import Surd
from generators.competition.answers import Radical
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
    "area of the square": ("square", 2, Surd(Fraction(1), 1)),
    "length of a diagonal of the square": ("square", 1, Surd(Fraction(1), 2)),
    "area of the triangle": ("triangle", 2, Surd(Fraction(1, 4), 3)),
    "height of the triangle": ("triangle", 1, Surd(Fraction(1, 2), 3)),
    "area of the hexagon": ("hexagon", 2, Surd(Fraction(3, 2), 3)),
    "length of the longest diagonal of the hexagon": ("hexagon", 1, Surd(Fraction(2), 1)),
    "distance between two parallel sides of the hexagon": ("hexagon", 1, Surd(Fraction(1), 3)),
}
TIMES = {
    "equal to": Fraction(1),
    "twice": Fraction(2),
    "three times": Fraction(3),
    "half": Fraction(1, 2),
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

    level, answer = 3, Radical()
    kin = ("test/geometry/843.json",)
    numbers = Numbers(given=tuple(SIZES), asked=tuple(SIZES), times=tuple(TIMES), side=range(2, 42))
    prints = {
        "given": Name(*SIZES),
        "asked": Name(*SIZES),
        "times": Name(*TIMES),
        "first": Name(*FIGURES.values()),
        "second": Name(*FIGURES.values()),
        "size": Amount(),
    }
    fixed = ("given", "asked")
    texts = (
        "The perimeter of <first> is <times> the perimeter of <second>. If the <given> is "
        "<size>, what is the <asked>?",
        "The <given> is <size>. Find the <asked>, given that the perimeter of <first> is <times> the "
        "perimeter of <second>.",
        "Of two figures, one is <first> and one is <second>. The perimeter of the former is "
        "<times> that of the latter, and the <given> is <size>. What is the <asked>? Express "
        "your answer in simplest radical form.",
        "Two pieces of wire are bent until each of them is the border of a figure, so that no "
        "wire is left over and no part of the border is covered twice. The first wire is bent "
        "into <first>, and the second one into <second>. The length of the first wire is <times> "
        "the length of the second. All lengths are in inches and all areas are in square inches. "
        "If the <given> is <size>, what is the <asked>?",
    )

    def nice(self, p: Parameters) -> Any:
        return SIZES[p.given][0] != SIZES[p.asked][0]

    def told(self, p: Parameters) -> dict[str, Any]:
        (first, power, unit), (second, _, _) = SIZES[p.given], SIZES[p.asked]
        size = Surd(unit.coefficient * p.side**power, unit.radicand)
        names = {"first": FIGURES[first], "second": FIGURES[second]}
        return {"given": p.given, "asked": p.asked, "times": p.times, **names, "size": size}

    def solve(self, p: Parameters) -> Any:
        (first, _, _), (second, power, unit) = SIZES[p.given], SIZES[p.asked]
        side = Fraction(p.side * CORNERS[first], CORNERS[second]) / TIMES[p.times]
        return Surd(unit.coefficient * side**power, unit.radicand)

    def check(self, q: Parameters) -> Any:
        # Sizes are proportional to the perimeter or to its square; measure figures of perimeter 1.
        one, two = measured(q.given), measured(q.asked)
        size = float(q.size.coefficient) * q.size.radicand**0.5
        perimeter = size / one if "area" not in q.given else (size / one) ** 0.5
        perimeter /= {"equal to": 1, "twice": 2, "three times": 3, "half": 0.5}[q.times]
        found = two * perimeter if "area" not in q.asked else two * perimeter**2
        fits = []
        for root in (1, 2, 3):
            ratio = found / root**0.5
            coefficient = Fraction(ratio).limit_denominator(500)
            fits.append((abs(coefficient - ratio) / ratio, Surd(coefficient, root)))
        error, best = min(fits)
        assert error < 1e-13
        return best


def measured(size: str) -> float:
    """That size of a figure of perimeter 1, from the coordinates of its corners."""
    count = {"square": 4, "triangle": 3, "hexagon": 6}[size.split()[-1]]
    corners = [rect(1, 2 * pi * i / count) for i in range(count)]
    corners = [corner / (count * abs(corners[1] - corners[0])) for corner in corners]
    if size.startswith("area"):
        pairs = zip(corners, corners[1:] + corners[:1], strict=True)
        return sum((a.conjugate() * b).imag for a, b in pairs) / 2
    if "diagonal" in size:
        return abs(corners[count // 2] - corners[0])
    if count == 3:
        return abs(corners[0] - (corners[1] + corners[2]) / 2)
    return abs(corners[0] + corners[1] - corners[3] - corners[4]) / 2
