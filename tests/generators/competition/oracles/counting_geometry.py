"""Third calculations for templates of Counting & Probability and Geometry, mostly with sympy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any

import sympy as sp

from generators.competition.algebraic import Surd
from generators.competition.numbers import Parameters

X, Y, Z = sp.symbols("x y z", real=True)


def rational(value: Any) -> sp.Rational:
    value = Fraction(value)
    return sp.Rational(value.numerator, value.denominator)


def fraction(value: Any) -> Fraction:
    value = sp.nsimplify(value)
    return Fraction(int(value.p), int(value.q))


def surd(square: Any) -> Surd:
    """The root of a rational number."""
    coefficient, root = sp.sqrt(square).as_coeff_Mul()
    return Surd(fraction(coefficient), int(root**2))


def binomial_term(q: Parameters) -> int:
    second = q.b if q.sign == "+" else -q.b
    expanded = sp.expand((q.a * X**q.u + second / X**q.v) ** q.n * X ** (q.v * q.n))
    power = 0 if q.ask == "constant" else q.m
    return int(sp.Poly(expanded, X).coeff_monomial(X ** (power + q.v * q.n)))


def exactly_k(q: Parameters) -> Fraction:
    p, r = rational(q.p), rational(q.q)
    counts = sp.Poly((1 - p + p * X) ** q.n * (1 - r + r * X) ** q.m, X)
    kept = {"exactly": lambda i: i == q.k, "at least": lambda i: i >= q.k}
    keep = kept.get(q.mode, lambda i: i <= q.k)
    return fraction(sum(counts.coeff_monomial(X**i) for i in range(q.n + q.m + 1) if keep(i)))


def at_least_one_each(q: Parameters) -> int:
    # x stands for a member of the first group, y for one of the second.
    oldest = {"none": (1 + X) * (1 + Y), "member": X * (1 + Y), "apart": 1 + X + Y}[q.extra]
    boards = sp.Poly(sp.expand(oldest * (1 + X) ** (q.a - 1) * (1 + Y) ** (q.b - 1)), X, Y)
    terms = boards.terms()
    return int(sum(c for (i, j), c in terms if i + j == q.k and i >= q.u and j >= q.v))


def three_sets(q: Parameters) -> int:
    ratio = 2 if q.times == "twice" else 3
    total = q.first + Y + Z - q.x - q.y - q.z + q.all + q.none
    (found,) = sp.linsolve([Y - ratio * Z, total - q.n], Y, Z)
    return int({"b": found[0], "c": found[1], "only": found[0] - q.x - q.y + q.all}[q.ask])


def loaded_die(q: Parameters) -> int:
    fair, first = sp.Rational(1, q.n), rational(q.a)
    crossed = first * (2 * fair - X) + (2 * fair - first) * X
    paired = first * X + (2 * fair - first) * (2 * fair - X)
    event = (q.n - 2) * fair**2 + (crossed if q.event == "sum" else paired)
    (chance,) = sp.solve(event - rational(q.c), X)
    return int(chance.p + chance.q)


def blocks_round_table(q: Parameters) -> int:
    """The first group sits still, and the other groups permute; the rows are counted by the seats of
    the two oldest."""
    ways = sp.factorial(len(q.sizes) - 1)
    for i, n in enumerate(q.sizes):
        rule = q.rules[i] if i < len(q.rules) else None
        seats = [(0, 0)] if n == 1 else list(permutations(range(n), 2))
        tests = {
            None: lambda x, y: True,
            "end": lambda x, y, n=n: x % (n - 1) == 0,
            "inner": lambda x, y, n=n: 0 < x < n - 1,
            "next": lambda x, y: (x - y) ** 2 == 1,
            "apart": lambda x, y: (x - y) ** 2 > 1,
            "ends": lambda x, y, n=n: {x, y} == {0, n - 1},
        }
        ways *= sum(1 for x, y in seats if tests[rule](x, y)) * sp.factorial(max(0, n - 2))
    return int(ways)


def block_in_row(q: Parameters) -> int:
    count = 0
    for places in map(set, combinations(range(q.r + q.s), q.s)):
        row = "".join("b" if i in places else "a" for i in range(q.r + q.s))
        count += {
            "together": "b" * q.s in row,
            "apart": "bb" not in row,
            "loose": "b" * q.s not in row,
            "ends": row[0] == row[-1] == "a",
            "left": row[0] == "a",
            "blocks": row in ("a" * q.r + "b" * q.s, "b" * q.s + "a" * q.r),
        }[q.rule]
    return int(count * sp.ff(q.n, q.r) * sp.ff(q.b, q.s))


def polygon_angles(q: Parameters) -> int:
    (n,) = sp.solve(180 * (X - 2) - rational(q.r) * 360, X)
    sides = {"more": n + q.k, "fewer": n - q.k, "times": n * q.k}[q.other]
    return int(sp.binomial(sides, 2) - sides if q.ask == "diagonals" else sides * 180 - 360)


def equidistant_on_line(q: Parameters) -> tuple[Fraction, ...]:
    y = rational(q.line.coefficient("x")) * X + rational(q.line.coefficient())
    (a, b), (c, d) = (tuple(map(rational, point)) for point in (q.a, q.c))
    (x,) = sp.solve((X - a) ** 2 + (y - b) ** 2 - (X - c) ** 2 - (y - d) ** 2, X)
    return fraction(x), fraction(y.subs(X, x))


def altitude_piece(q: Parameters) -> Fraction:
    sides = {i: sp.Integer(size) for i, size in q.sizes}
    if 2 in sides:
        (leg,) = sides.keys() - {2}
        sides[1 - leg] = sp.sqrt(sides[2] ** 2 - sides[leg] ** 2)
    a, b, c = sp.Point(sides[0], 0), sp.Point(0, sides[1]), sp.Point(0, 0)
    hypotenuse = sp.Line(a, b)
    d = {
        "altitude": lambda: hypotenuse.projection(c),
        "median": lambda: a.midpoint(b),
        "angle bisector": lambda: hypotenuse.intersection(sp.Line(c, sp.Point(1, 1)))[0],
    }[q.line]()
    lengths = {"AD": lambda: a.distance(d), "CD": lambda: c.distance(d)}
    if q.ask in lengths:
        return fraction(lengths[q.ask]())
    piece = sp.Triangle(a, c, d)
    area, perimeter = abs(piece.area), piece.perimeter
    return fraction({"area": area, "perimeter": perimeter, "inradius": 2 * area / perimeter}[q.ask])


def other_ratio(q: Parameters) -> Surd:
    given = rational(q.ratio.coefficient) * sp.sqrt(q.ratio.radicand)
    inverse = {"sin": sp.asin, "cos": sp.acos, "tan": sp.atan}[q.given]
    angle = inverse(given)
    if q.at:  # the other acute angle, by the ratios of the complement
        asked = {"sin": sp.cos, "cos": sp.sin, "tan": sp.cot}[q.asked](angle)
    else:
        asked = {"sin": sp.sin, "cos": sp.cos, "tan": sp.tan}[q.asked](angle)
    return surd(sp.nsimplify(sp.expand(asked**2)))


def rising_level(q: Parameters) -> Surd:
    radius2 = sp.solve(sp.pi * X * q.rise - sp.pi * q.flow * q.period, X)[0]
    return surd(radius2 * (1 if q.ask == "radius" else 4))


def isosceles_median(q: Parameters) -> int:
    a, b, c = q.sides  # by the law of cosines at X
    cosine = sp.Rational(a * a + c * c - b * b, 2 * a * c)
    half = sp.Rational(c, 2)
    square = a * a + half**2 - 2 * a * half * cosine
    if q.ask in ("square", "centroid"):
        return int(square if q.ask == "square" else square * sp.Rational(4, 9))
    return written(q.ask, sp.sqrt(square))


def written(ask: str, root: Any) -> int:
    """The sum or product of x and y for x sqrt(y), or x alone."""
    outside, inside = root.as_coeff_Mul()
    return int({"sum": outside + inside**2, "product": outside * inside**2}.get(ask, outside))


def triangle_area_from_sides(q: Parameters) -> int:
    cosine = sp.Rational(q.a**2 + q.b**2 - q.c**2, 2 * q.a * q.b)
    area = q.a * q.b * sp.sqrt(1 - cosine**2) / (2 if q.figure == "triangle" else 1)
    if q.ask in ("area", "below", "square"):
        return int(sp.floor(area**2 if q.ask == "square" else area))
    return written(q.ask, area)


def path_over_box(q: Parameters) -> Surd:
    away, c = q.goal if q.goal[0] else (0, q.r)
    a, b = sorted({q.p, q.q, q.r} - {c})
    z = c - away
    # Nets of two faces at an edge, with the corner at the origin of the first face.
    nets = [((0, 0), (a + b, z)), ((0, 0), (a + z, b)), ((0, 0), (a, b + z))]
    return surd(min(sp.Point(x).distance(sp.Point(y)) ** 2 for x, y in nets))


def equal_perimeters(q: Parameters) -> int:
    count = {"square": 4, "triangle": 3, "hexagon": 6}
    one, two = (count[name.split()[-1]] for name in (q.given, q.asked))

    def size(text: str, n: int, side: Any) -> Any:
        inner, outer = side / (2 * sp.tan(sp.pi / n)), side / (2 * sp.sin(sp.pi / n))
        if text.startswith("area"):
            return n * side * inner / 2
        if text.startswith("side"):
            return side
        return {"len": 2 * outer, "hei": inner + outer, "dis": 2 * inner}[text[:3]]

    given = rational(q.size.coefficient) * sp.sqrt(q.size.radicand)
    ratio = given / size(q.given, one, sp.Integer(1))
    side = sp.sqrt(ratio) if q.given.startswith("area") else ratio
    times = {"equal to": 1, "twice": 2, "three times": 3, "four times": 4}.get(q.times)
    times = times or {"half": sp.Rational(1, 2), "one third of": sp.Rational(1, 3)}[q.times]
    return int(sp.nsimplify(sp.radsimp(size(q.asked, two, side * one / two / times))))


def ring_around_polygon(q: Parameters) -> tuple[int, int]:
    name, sides = q.figure
    corners = {"pentagon": 5, "hexagon": 6, "heptagon": 7, "octagon": 8, "nonagon": 9}
    corners |= {"triangle": 3, "rectangle": 4, "decagon": 10, "dodecagon": 12}
    perimeter = sum(sides) * corners[name] // len(sides)
    # Steiner's formula for the area within x of the polygon, less the area of the polygon.
    area = perimeter * X + sp.pi * X**2
    value = sp.expand(area if q.ask == "ring" else sp.diff(area, X)).subs(X, q.d)
    return int(value.subs(sp.pi, 1)), 0


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        binomial_term,
        exactly_k,
        at_least_one_each,
        three_sets,
        loaded_die,
        blocks_round_table,
        block_in_row,
        polygon_angles,
        equidistant_on_line,
        altitude_piece,
        triangle_area_from_sides,
        other_ratio,
        rising_level,
        isosceles_median,
        path_over_box,
        equal_perimeters,
        ring_around_polygon,
    )
}
