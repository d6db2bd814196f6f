"""Third calculations of the answers of Precalculus templates, mostly with sympy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from generators.competition.algebraic import Polynomial, Surd, polynomial
from generators.competition.numbers import Parameters


def rational(value: Any) -> Fraction:
    """A sympy rational as a fraction."""
    value = sp.nsimplify(value)
    return Fraction(int(value.p), int(value.q))


def vector(entries: Sequence[Any]) -> sp.Matrix:
    """A column."""
    return sp.Matrix([sp.Rational(str(e)) for e in entries])


def rows(entries: Sequence[Sequence[Any]]) -> sp.Matrix:
    """A matrix."""
    return sp.Matrix([[sp.Rational(str(e)) for e in row] for row in entries])


def surd(value: Any) -> Surd:
    """A sympy multiple of a square root."""
    coefficient, root = sp.sqrtdenest(sp.simplify(value)).as_coeff_Mul()
    return Surd(rational(coefficient), int(root**2))


def entries(matrix: sp.Matrix) -> tuple[Any, ...]:
    """Rows of a matrix, or entries of a column."""
    if matrix.cols == 1:
        return tuple(map(rational, matrix))
    return tuple(tuple(map(rational, matrix.row(i))) for i in range(matrix.rows))


def area_in_space(q: Parameters) -> Surd:
    area = vector(q.u).cross(vector(q.v)).norm()
    return surd(area / 2 if q.figure == "triangle" else area)


def known_images(q: Parameters) -> tuple[Any, ...]:
    factors = sp.Matrix.hstack(vector(q.u), vector(q.v)).pinv() * vector(q.w)
    return entries(sp.Matrix.hstack(vector(q.a), vector(q.b)) * factors)


def turn_about_a_point(q: Parameters) -> tuple[Fraction, Fraction]:
    z, c = (e.coefficient() + sp.I * e.coefficient("i") for e in (q.z, q.center))
    turn = sp.exp(sp.I * sp.pi * sp.Rational(int(q.angle), 180) * (1 if q.turn == "left" else -1))
    w = sp.expand(c + turn * (z - c))
    return rational(sp.re(w)), rational(sp.im(w))


def plane_through_points(q: Parameters) -> tuple[Polynomial, Polynomial]:
    null = sp.Matrix([[*map(int, point), 1] for point in (q.p, q.q, q.r)]).nullspace()[0]
    null = null * sp.ilcm(*(e.q for e in null))
    null = null / sp.igcd(*null)
    null = null if null[0] > 0 else -null
    terms = zip(map(rational, null), ("x", "y", "z", ""), strict=True)
    return Polynomial(terms), Polynomial(())


def cross_algebra(q: Parameters) -> tuple[Any, ...]:
    # Expand a formal product of 3 letters: e_i e_j = -e_j e_i, in the order of the text.
    p, m, r, s = int(q.p), int(q.q), int(q.r), int(q.s)
    first, second = {
        "second": ({"u": p, "v": m}, {"w": r, "v": s}),
        "first": ({"v": p, "u": m}, {"w": r, "u": s}),
        "outer": ({"u": p, "w": m}, {"v": r, "w": s}),
    }[q.shape]
    products = {"uv": vector(q.uv), "uw": vector(q.uw), "vw": vector(q.vw)}
    total = sp.zeros(3, 1)
    for a, x in first.items():
        for b, y in second.items():
            if a + b in products:
                total += x * y * products[a + b]
            elif a != b:
                total -= x * y * products[b + a]
    return entries(total)


def tangent_identity(q: Parameters) -> int:
    # To 30 digits, by the arctangent.
    a, b = (sp.pi * int(e) / 180 for e in (q.a, q.b))
    value = {
        "sums": (sp.sin(a) + sp.sin(b)) / (sp.cos(a) + sp.cos(b)),
        "differences": (sp.sin(a) - sp.sin(b)) / (sp.cos(a) - sp.cos(b)),
        "tangents": (sp.tan(a) + sp.tan(b)) / (sp.tan(a) * sp.tan(b) - 1),
        "products": sp.sin(a + b) / sp.cos(a + b),
    }[q.form]
    return round(float(sp.atan(value.evalf(30)) * 180 / sp.pi) % 180)


def parallel_lines(q: Parameters) -> Surd:
    first, second = sp.Line3D(q.p, direction_ratio=q.d), sp.Point3D(*q.q)
    return surd(first.distance(second))


def reflection_image(q: Parameters) -> tuple[Any, ...]:
    mirror = sp.Line2D((0, 0), sp.Point2D(*q.u) + sp.Point2D(*q.v))
    image = sp.Point2D(*q.w).reflect(mirror)
    return rational(image.x), rational(image.y)


def image_of_a_line(q: Parameters) -> tuple[Polynomial, Polynomial]:
    before, after = (sp.Matrix.hstack(*map(vector, pair)) for pair in ((q.u, q.v), (q.a, q.b)))
    x, y = sp.symbols("x y")
    old = (after * before.inv()).inv() * sp.Matrix([x, y])
    height, slope = q.line.coefficients("x")
    (solved,) = sp.solve(sp.Eq(old[1], slope * old[0] + height), y)
    m, b = sp.Poly(solved, x).all_coeffs()
    return Polynomial([(1, "y")]), polynomial("x", rational(m), rational(b))


def operator_norm(q: Parameters) -> Surd:
    matrix = rows(q.matrix)
    values = sorted((matrix.T * matrix).eigenvals(), key=float)
    return surd(sp.sqrt(values[-1] if q.ask == "most" else values[0]))


def determinant_from_distances(q: Parameters) -> Fraction:
    # Points (0, 0), (sqrt a, 0), (x, y).
    a, b, c, k = (sp.Integer(int(e)) for e in (q.a, q.b, q.c, q.k))
    x = (a + b - c) / (2 * sp.sqrt(a))
    points = ((0, 0), (sp.sqrt(a), 0), (x, sp.sqrt(b - x**2)))
    return rational(sp.expand(sp.Matrix([[*point, k] for point in points]).det() ** 2))


def matrix_product(q: Parameters) -> tuple[Any, ...]:
    a, b = rows(q.a), rows(q.b)
    return entries({"forward": a * b, "backward": b * a, "square": a**2 + b}[q.ask])


def rectangular_coordinates(q: Parameters) -> tuple[Surd, ...]:
    r = sp.Rational(str(q.r.coefficient)) * sp.sqrt(q.r.radicand)
    theta = sp.pi * sp.Rational(str(q.theta))
    if q.system == "spherical":
        phi = sp.pi * sp.Rational(str(q.phi))
        z, r = r * sp.cos(phi), r * sp.sin(phi)
    else:
        z = sp.Integer(int(q.z))
    return tuple(map(surd, (r * sp.cos(theta), r * sp.sin(theta), z)))


def length_of_combination(q: Parameters) -> Surd:
    # The Gram matrix of the two vectors.
    m, n, g, p, s = (sp.Integer(int(e)) for e in (q.m, q.n, q.g, q.p, q.q))
    dot = sp.Symbol("dot")
    factors = {"sum": (1, 1), "difference": (1, -1)}.get(q.given)
    if factors is None:
        value = g
    else:
        f = sp.Matrix(factors)
        gram = sp.Matrix([[m**2, dot], [dot, n**2]])
        (value,) = sp.solve((f.T * gram * f)[0] - g**2, dot)
    gram, f = sp.Matrix([[m**2, value], [value, n**2]]), sp.Matrix([p, s])
    return surd(sp.sqrt((f.T * gram * f)[0]))


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    "area-in-space": area_in_space,
    "known-images": known_images,
    "turn-about-a-point": turn_about_a_point,
    "plane-through-points": plane_through_points,
    "cross-algebra": cross_algebra,
    "tangent-identity": tangent_identity,
    "parallel-lines": parallel_lines,
    "reflection-image": reflection_image,
    "image-of-a-line": image_of_a_line,
    "operator-norm": operator_norm,
    "determinant-from-distances": determinant_from_distances,
    "matrix-product": matrix_product,
    "rectangular-coordinates": rectangular_coordinates,
    "length-of-combination": length_of_combination,
}
