r"""`areas`: areas, volumes and perimeters of composed figures, described in words.

    A park consists of parts that lie side by side without overlapping: a rectangle of 47.3 m by 120 m
    out of which a right triangle with legs of 12.5 m and 8 m is cut; and a trapezoid with bases of
    60.2 m and 41 m and a height of 44.4 m. What is the area of the park in square meters? Give the
    exact value, as a decimal or a fraction.

Rectangles, right triangles and trapezoids are added and cut out; a prism may be built on the figure;
boxes and triangular prisms are joined to solids; perimeters are added; every length may be scaled.
The tier is the number of additions, subtractions, multiplications, divisions and roots.

`generators.families.geometry.areas.figures` defines the drawing and the canonical form, and proves that
`bits` is exact. `min_bits` is the bits of the likeliest form, which has no equal lengths or shapes
(these make a form less likely); `space` is exact. Answers without a scale are printed as
decimals and others as fractions.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt, prod

from clean_bench.seeds import Draw
from generators.families.geometry.areas import figures, phrases
from generators.families.geometry.areas.figures import Figure, Piece, Shape
from generators.family import DrawnFamily, Notation
from generators.phrasing import decimal

POWERS = {"plane": 2, "solid": 3, "outline": 1}
Point = tuple[Fraction, Fraction]


class Areas(DrawnFamily[Figure]):
    name = "areas"
    random_bytes = 192
    summary = "areas, volumes and perimeters of composed figures, described in words"
    notations = ("plain", "latex")

    def draw(self, draw: Draw, tier: int) -> Figure:
        kind = draw.choice(figures.kinds(tier))
        spec = figures.KINDS[kind]
        pieces: list[Piece] = []
        for name in draw.choice(figures.sequences(kind, tier)):
            code = draw.below(figures.piece_choices(spec.sort, name))
            if spec.sort == "outline" and name == figures.TRIANGLE:
                pieces.append((name, figures.right_triangles()[code], ()))
                continue
            around, _, hole = name.partition(figures.HOLE)
            outside, inside = [], []
            for _ in range(figures.LENGTHS[around]):
                code, length = divmod(code, len(figures.OUTSIDE))
                outside.append(length + figures.OUTSIDE[0])
            for _ in range(figures.LENGTHS[hole] if hole else 0):
                code, length = divmod(code, len(figures.INSIDE))
                inside.append(length + figures.INSIDE[0])
            pieces.append((name, tuple(outside), tuple(inside)))
        final: tuple[int, ...] = ()
        if spec.final:
            final = (
                draw.choice(figures.SCALES)
                if spec.final == "scale"
                else (draw.choice(figures.OUTSIDE),)
            )
        return Figure(kind, tuple(pieces), final)

    def render(self, form: Figure, notation: Notation, draw: Draw) -> str:
        return phrases.describe(form, notation, draw)

    def answer(self, form: Figure) -> str:
        total, spec = _twice(form), figures.KINDS[form.kind]
        power = POWERS[spec.sort]
        if spec.final == "scale":
            above, below = form.final
            above, below = total * above**power, 2 * 10**power * below**power
            common = gcd(above, below)
            return (
                f"{above // common}/{below // common}" if below > common else str(above // common)
            )
        if spec.final == "prism":
            total, power = total * form.final[0], power + 1
        return decimal(5 * total, power + 1)

    def solution(self, form: Figure) -> str:
        sort, lines, values = figures.KINDS[form.kind].sort, [], []
        for hole, name, lengths in figures.shapes(form):
            value = Fraction(_twice_measure(sort, name, lengths), 2 * 10 ** POWERS[sort])
            lines.append(f"{name} of {', '.join(map(_tenths, lengths))}: {_decimal(value)}")
            values.append(-value if hole else value)
        if len(values) > 1:
            terms = "".join(f" {'-' if v < 0 else '+'} {_decimal(abs(v))}" for v in values)
            lines.append(f"{terms[3:]} = {_decimal(sum(values, Fraction(0)))}")
        if form.final:
            final = _tenths(form.final[0]) if len(form.final) == 1 else "{}/{}".format(*form.final)
            power = f"^{POWERS[sort]}" if len(form.final) > 1 and sort != "outline" else ""
            lines.append(f"times ({final}){power}: {self.answer(form)}")
        return ", ".join(lines)

    def canonical(self, form: Figure) -> str:
        parts = sorted(figures.shapes(form))
        names = "".join(f"{'-' if hole else '+'}{name}{lengths}" for hole, name, lengths in parts)
        return f"{form.kind}:{names}*{form.final}".replace(" ", "")

    def bits(self, form: Figure) -> float:
        return figures.bits(form)

    def part_bits(self, form: Figure) -> float:
        """Of the figure without its final step, or without its last piece or the hole in it.

        Of perimeters, the right triangle is left out, because the rest has more bits.
        """
        *before, (name, outside, inside) = form.pieces
        if figures.KINDS[form.kind].sort == "outline":
            before = [piece for piece in form.pieces if piece[0] == figures.RECTANGLE]
            before = before[:-1] if len(before) == len(form.pieces) else before
        if form.final:
            kind = form.kind.removeprefix("scaled ").replace("prism", "area")
            part = Figure(kind, form.pieces, ())
        elif before:
            part = Figure(form.kind, tuple(before), ())
        elif inside:
            part = Figure(form.kind, ((name.partition(figures.HOLE)[0], outside, ()),), ())
        else:
            return 0.0
        return min(figures.bits(part), figures.bits(form))

    def min_bits(self, tier: int) -> float:
        return figures.min_bits(tier)

    def space(self, tier: int) -> int:
        return figures.space(tier)

    def read(self, text: str) -> Figure:
        return phrases.read(text)

    def evaluate(self, text: str) -> Fraction:
        """From the corners of polygons: the shoelace formula, or the distances of the corners."""
        figure = phrases.read(text)
        spec = figures.KINDS[figure.kind]
        scale = Fraction(*figure.final) if spec.final == "scale" else Fraction(1)
        total = Fraction(0)
        for name, outside, inside in figure.pieces:
            around, _, hole = name.partition(figures.HOLE)
            total += _measured(spec.sort, around, outside, scale)
            if hole:
                total -= _measured(spec.sort, hole, inside, scale)
        return total * Fraction(figure.final[0], 10) if spec.final == "prism" else total


def _twice(figure: Figure) -> int:
    """Twice the measure of the pieces in tenths, without the final step."""
    total, sort = 0, figures.KINDS[figure.kind].sort
    for name, outside, inside in figure.pieces:
        around, _, hole = name.partition(figures.HOLE)
        total += _twice_measure(sort, around, outside)
        if hole:
            total -= _twice_measure(sort, hole, inside)
    return total


def _twice_measure(sort: str, name: str, lengths: Shape) -> int:
    """Twice the area, volume or perimeter of a shape by its formula, in tenths."""
    if sort == "outline":
        a, b = lengths
        return 4 * (a + b) if name == figures.RECTANGLE else 2 * (a + b + isqrt(a * a + b * b))
    if name == figures.TRAPEZOID:
        a, b, height = lengths
        return (a + b) * height
    return prod(lengths) * (2 if name in (figures.RECTANGLE, figures.BOX) else 1)


def _tenths(length: int) -> str:
    return decimal(length, 1)


def _decimal(value: Fraction) -> str:
    """A terminating decimal of at most four places."""
    return decimal(int(value * 10**4), 4)


def _measured(sort: str, name: str, lengths: Shape, scale: Fraction) -> Fraction:
    """The area, volume or perimeter of a scaled shape from the corners of a polygon."""
    first, second, *third = (Fraction(n, 10) * scale for n in lengths)
    zero = Fraction(0)
    corners: list[Point] = [(zero, zero), (first, zero), (first, second), (zero, second)]
    if name in (figures.TRIANGLE, figures.WEDGE):
        del corners[2]
    elif name == figures.TRAPEZOID:
        corners = [(zero, zero), (first, zero), (second, third[0]), (zero, third[0])]
    sides = list(zip(corners, corners[1:] + corners[:1], strict=True))
    if sort == "outline":
        return sum((_distance(start, end) for start, end in sides), zero)
    area = abs(sum((a * d - b * c for (a, b), (c, d) in sides), zero)) / 2
    return area * third[0] if sort == "solid" else area


def _distance(start: Point, end: Point) -> Fraction:
    """The distance of two points.

    Raises:
        ValueError: if the distance is not rational.
    """
    square = sum(((a - b) ** 2 for a, b in zip(start, end, strict=True)), Fraction(0))
    distance = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    if distance * distance != square:
        raise ValueError(f"expected a rational root, got one of {square}")
    return distance
