"""Third calculations for the first templates of Intermediate Algebra."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy
from sympy import I, Matrix, Poly, Rational, Symbol

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.numbers import Parameters

x, t = Symbol("x"), Symbol("t")


def poly(f: Polynomial, letter: str = "x") -> Poly:
    """A polynomial of one letter."""
    rows = [Rational(c.numerator, c.denominator) for c in f.coefficients(letter)]
    return Poly(list(reversed(rows)), x)


def fraction(value: Any) -> Fraction:
    """A rational number of sympy."""
    value = sympy.nsimplify(sympy.simplify(value), rational=True)
    return Fraction(int(value.p), int(value.q))


def ours(f: Poly) -> Polynomial:
    """A polynomial of sympy in x."""
    return polynomial("x", *(fraction(c) for c in f.all_coeffs()))


def integer_roots(q: Parameters) -> Any:
    return sorted(int(root) for root in poly(q.f).ground_roots())


def polynomial_quotient(q: Parameters) -> Any:
    return ours(sympy.div(poly(q.f), poly(q.g))[0])


def join_pieces(q: Parameters) -> Any:
    first = poly(q.f)
    (place,) = sympy.roots(first - poly(q.g))
    return fraction(place if q.ask == "place" else first.eval(place))


def partial_fractions(q: Parameters) -> Any:
    above, slope = poly(q.f), poly(q.g).diff(x)
    first, second = (above.eval(root) / slope.eval(root) for root in (q.p, q.q))
    if q.ask == "product":
        return fraction(first * second)
    return fraction(first - second if q.ask == "difference" else first**2 + second**2)


def candidate_roots(q: Parameters) -> Any:
    degree = {"$b$ and $c$": 3, "$b$, $c$, and $d$": 4}.get(q.letters, 5)
    first, last = int(q.f.coefficient(f"x^{degree}")), abs(int(q.f.coefficient()))
    roots = {
        s * Rational(u, v)
        for u in sympy.divisors(last)
        for v in sympy.divisors(first)
        for s in (1, -1)
    }
    fits: dict[str, Callable[[Any], bool]] = {
        "all": lambda r: True,
        "positive": lambda r: bool(r > 0),
        "broken": lambda r: not r.is_integer,
        "small": lambda r: bool(0 < r < 1),
    }
    return sum(map(fits[q.kind], roots))


def high_power_remainder(q: Parameters) -> Any:
    root = -poly(q.d).eval(0)
    first, second, rest = (poly(f).eval(root) for f in (q.f, q.g, q.h))
    return fraction(first**q.m + (1 if q.sign == "+" else -1) * second**q.n + rest)


def conjugate_root(q: Parameters) -> Any:
    least = Poly(sympy.minimal_polynomial(q.a + q.k * sympy.sqrt(q.n), x), x)
    return fraction(least.eval(q.u) / least.eval(q.v))


def sum_and_reciprocal(q: Parameters) -> Any:
    above, below = q.k * poly(q.f) * poly(q.g), poly(q.h)
    slope = above.diff(x) * below - above * below.diff(x)
    (place,) = (root for root in slope.ground_roots() if root > q.low)
    return fraction(place if q.ask == "place" else above.eval(place) / below.eval(place))


def free_root(q: Parameters) -> Any:
    whole = sympy.prod(x - root for root in q.roots) * (x - t)
    sign = 1 if q.sign == "+" else -1
    return int(sympy.expand(whole.subs(x, q.u) + sign * whole.subs(x, q.w)))


def remainder_by_quadratic(q: Parameters) -> Any:
    return ours(sympy.rem(poly(q.f), poly(q.g)))


def periodic_recurrence(q: Parameters) -> Any:
    rows = {"six": [1, -1], "four": [1, -1, 1], "ten": [1, -1, 1, -1]}
    row = rows[q.rule]
    size = len(row)
    step = Matrix(size, size, lambda i, j: row[j] if i == 0 else int(i == j + 1))
    start = Matrix([getattr(q, name) for name in reversed("abcd"[:size])])
    return sum(int((step ** (place - size) * start)[0]) for place in (q.i, q.j))


def cauchy_minimum(q: Parameters) -> Any:
    def least(low: float, high: float, value: Callable[[float], float]) -> float:
        for _ in range(60):
            first, second = low + 0.382 * (high - low), low + 0.618 * (high - low)
            if value(first) < value(second):
                high = second
            else:
                low = first
        return value((low + high) / 2)

    def inner(a: float) -> float:
        rest = q.total - q.k * a
        best: float = q.p / a + least(
            1e-9 * rest, rest / q.l * (1 - 1e-9), lambda b: q.q / b + q.r * q.m / (rest - q.l * b)
        )
        return best

    result = least(1e-9, q.total / q.k * (1 - 1e-9), inner)
    assert abs(result - round(result)) < 1e-4
    return round(result)


def complex_quotient_modulus(q: Parameters) -> Any:
    z = fraction(q.z.coefficient()) + I * fraction(q.z.coefficient("i"))
    above, below = (sympy.expand(poly(f, "z").as_expr().subs(x, z)) for f in (q.f, q.g))
    return fraction(abs(above) / abs(below))


def shifted_root_sum(q: Parameters) -> Any:
    total = sum(poly(q.f).compose(poly(q.g)).nroots(n=30, maxsteps=200))
    assert abs(total - round(sympy.re(total))) < 1e-9
    return round(sympy.re(total))


def conic_name(q: Parameters) -> Any:
    a, c, d, e, f = (
        fraction(q.f.coefficient(m) - q.g.coefficient(m)) for m in ("x^2", "y^2", "x", "y", "")
    )
    if not a and not c:
        return r"\text{line}"
    if not c:
        a, c, d, e = c, a, e, d
    # For every x, y is a root of a quadratic whose discriminant is u x^2 + v x + w.
    u, v, w = -4 * a * c, -4 * c * d, e * e - 4 * c * f
    inner = v * v - 4 * u * w
    if u == 0:
        assert v
        name = "parabola"
    elif u > 0:
        name = "hyperbola" if inner else "two lines"
    elif inner > 0:
        name = "circle" if a == c else "ellipse"
    else:
        name = "empty" if inner else "point"
    return rf"\text{{{name}}}"


def moebius_iteration(q: Parameters) -> Any:
    rows = [[int(f.coefficient("x")), int(f.coefficient())] for f in (q.f, q.g)]
    above, below = Matrix(rows) ** q.n * Matrix([q.start.numerator, q.start.denominator])
    return fraction(Rational(above, below))


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    "integer-roots": integer_roots,
    "polynomial-quotient": polynomial_quotient,
    "join-pieces": join_pieces,
    "partial-fractions": partial_fractions,
    "candidate-roots": candidate_roots,
    "high-power-remainder": high_power_remainder,
    "conjugate-root": conjugate_root,
    "sum-and-reciprocal": sum_and_reciprocal,
    "free-root": free_root,
    "remainder-by-quadratic": remainder_by_quadratic,
    "periodic-recurrence": periodic_recurrence,
    "cauchy-minimum": cauchy_minimum,
    "complex-quotient-modulus": complex_quotient_modulus,
    "shifted-root-sum": shifted_root_sum,
    "conic-name": conic_name,
    "moebius-iteration": moebius_iteration,
}
