"""Third calculations for the second part of Algebra, with sympy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

from generators.competition.algebraic import Polynomial, Surd
from generators.competition.answers import Span
from generators.competition.numbers import Parameters

X = sp.Symbol("x", real=True)


def expression(polynomial: Polynomial, letter: str = "x") -> Any:
    coefficients = enumerate(polynomial.coefficients(letter))
    return sum(sp.Rational(c.numerator, c.denominator) * X**k for k, c in coefficients)


def rational(value: Any) -> Fraction:
    value = sp.Rational(value)
    return Fraction(int(value.p), int(value.q))


def exact(value: Fraction | int) -> Any:
    return sp.Rational(Fraction(value).numerator, Fraction(value).denominator)


def geometric_term(q: Parameters) -> Any:
    ratio = exact(q.fourth) / exact(q.third)
    return rational(exact(q.fourth) * ratio ** (q.n - 4))


def product_match(q: Parameters) -> Any:
    a, b = sp.symbols("a b")
    factors = (q.first * X**2 + a * X + q.last) * (q.lead * X**2 + q.middle * X + b)
    gap = sp.Poly(sp.expand(factors) - expression(q.result, "t"), X)
    ((first, second),) = {
        (found[a], found[b]) for found in sp.solve(gap.all_coeffs(), [a, b], dict=True)
    }
    return int(sp.sympify(q.ask.replace("ab", "a*b")).subs({"a": first, "b": second}))


def circle_constant(q: Parameters) -> Any:
    # The constant from the discriminant of the chord on the horizontal line through the center.
    k, y = sp.Symbol("k"), sp.Rational(-q.b, 2)
    radius = exact(q.radius.coefficient) * sp.sqrt(q.radius.radicand)
    equation = X**2 + q.a * X + y**2 + q.b * y + k
    (constant,) = sp.solve(sp.discriminant(equation, X) - (2 * radius) ** 2, k)
    return int(constant + (sp.Rational(-q.a - q.b, 2) if q.ask == "sum" else 0))


def two_absolute_values(q: Parameters) -> Any:
    left, right = expression(q.left), expression(q.right)
    solutions = sorted(sp.roots(sp.Poly(left**2 - right**2, X)))
    low, high = solutions
    values = {"largest": high, "smallest": low, "sum": low + high, "product": low * high}
    return rational(values[q.ask])


def quadratic_interval(q: Parameters) -> Any:
    low, high = map(rational, sorted(sp.roots(sp.Poly(expression(q.left) - q.right, X))))
    middle = q.left.at(x=(low + high) / 2) < q.right
    closed = "=" in q.rel
    if ("<" in q.rel) == middle:
        return Span(low, high, closed, closed)
    return Span(None, low, False, closed), Span(high, None, closed, False)


def reduce_by_relation(q: Parameters) -> Any:
    return int(sp.rem(expression(q.wanted), expression(q.given), X))


def surds_over_one(q: Parameters) -> Any:
    total = [size + sp.Rational(over, root) for size, over, root in (q.first, q.second)]
    c = sp.ilcm(*(part.q for part in total))
    return int(c + sum(part * c for part in total))


def root_equation(q: Parameters) -> Any:
    left, inside = expression(q.left), expression(q.inside)
    squared = sp.roots(sp.Poly(left**2 - inside, X))
    (solution,) = (x for x in squared if sp.sqrt(inside.subs(X, x)) == left.subs(X, x))
    return int(solution)


def asymptote_sum(q: Parameters) -> Any:
    above, below = sp.Poly(expression(q.above), X), sp.Poly(expression(q.below), X)
    assert sp.gcd(above, below).degree() == 0
    level = sp.div(above, below)[0].as_expr()
    a, b = sp.roots(below)
    return int(level + (a + b if q.ask == "a+b+c" else a * b))


def nearest_on_parabola(q: Parameters) -> Any:
    (c, s, t), (x, y) = q.curve, q.place
    square = sp.expand((X - x) ** 2 + (sp.Rational(1, c) * (X - s) ** 2 + t - y) ** 2)
    critical = sp.roots(sp.Poly(sp.diff(square, X), X))
    return int(min(sp.expand(square.subs(X, place)) for place in critical if place.is_real))


def surface_and_volume(q: Parameters) -> Any:
    system = sp.Matrix([[1, 1], [q.size**2, q.size**3]])
    square, cube = system.solve(sp.Matrix([exact(q.one), exact(q.other)]))
    return rational(square * q.asked**2 + cube * q.asked**3)


def point_to_line(q: Parameters) -> Any:
    # The least value of the square of the distance is that of the quadratic at its vertex.
    (x, y), line = map(exact, q.point), expression(q.line)
    square = sp.Poly((X - x) ** 2 + (line - y) ** 2, X)
    (place,) = sp.roots(square.diff(X))
    coefficient, root = sp.sqrt(square.eval(place)).as_coeff_Mul()
    return Surd(rational(coefficient), int(root**2))


def surd_power(q: Parameters) -> Any:
    value = sp.expand((q.u * sp.sqrt(q.m) + q.v * sp.sqrt(q.n)) ** q.power)
    parts = value.as_coefficients_dict()
    keys = (sp.sqrt(q.m), sp.sqrt(q.n)) if q.form == "odd" else (sp.S.One, sp.sqrt(q.mn))
    a, b = (int(parts[key]) for key in keys)
    assert len(parts) == 2
    return a + b if q.ask == "a+b" else a - b


def two_conditions(q: Parameters) -> Any:
    signs = {"<": "<", ">": ">", r"\le": "<=", r"\ge": ">="}
    pieces = [
        sp.Rel(expression(c.left, "p"), c.right, signs[c.relation]) for c in (q.first, q.second)
    ]
    low, high = sorted(next(iter(sp.roots(sp.Poly(c.lhs - c.rhs, X)))) for c in pieces)
    closed = [all(c.subs(X, end) == True for c in pieces) for end in (low, high)]  # noqa: E712
    assert all(c.subs(X, (low + high) / 2) == True for c in pieces)  # noqa: E712
    return Span(rational(low), rational(high), *closed)


def complex_product(q: Parameters) -> Any:
    first, second = (
        int(f.coefficient()) + int(f.coefficient("i")) * sp.I for f in (q.first, q.second)
    )
    last = q.e * (sp.I if q.unit == "i" else 1)
    value = sp.expand(first * second + (last if q.sign == "+" else -last))
    return int(sp.re(value)), int(sp.im(value))


def complete_square_decimal(q: Parameters) -> Any:
    b = exact(q.p) / 2
    c = (X**2 + exact(q.p) * X + exact(q.q)).subs(X, -b)
    return rational({"b+c": b + c, "c": c, "c-b": c - b}[q.ask])


def domain_least(q: Parameters) -> Any:
    inside = sp.Poly(expression(q.first) ** 2 - expression(q.second) ** 2 + q.c, X)
    assert inside.degree() == 1 and inside.LC() > 0
    (zero,) = sp.roots(inside)
    return rational(zero)


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        geometric_term,
        product_match,
        circle_constant,
        two_absolute_values,
        quadratic_interval,
        reduce_by_relation,
        surds_over_one,
        root_equation,
        asymptote_sum,
        nearest_on_parabola,
        surface_and_volume,
        point_to_line,
        surd_power,
        two_conditions,
        complex_product,
        complete_square_decimal,
        domain_least,
    )
}
