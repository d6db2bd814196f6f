"""Third calculations of the answers of the first Algebra templates, mostly with sympy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

from generators.competition.algebraic import Polynomial, Surd
from generators.competition.numbers import Parameters


def rational(value: Any) -> Fraction:
    """A sympy rational as a fraction."""
    value = sp.Rational(value)
    return Fraction(int(value.p), int(value.q))


def expression(polynomial: Polynomial) -> Any:
    """A polynomial in sympy."""
    return sp.sympify(
        "+".join(f"({c})*({m or 1})" for c, m in polynomial.terms).replace("^", "**"), rational=True
    )


def only(solutions: Any) -> Any:
    """The only solution."""
    (solution,) = solutions
    return solution


X, K, A, B, C = sp.symbols("x k a b c")


def equal_powers(q: Parameters) -> Fraction:
    # Exponents of one prime of both sides.
    prime = min(sp.primefactors(q.left[1]))
    sides = []
    for factor, base, slope, shift in (q.left, q.right):
        sides.append(
            sp.multiplicity(prime, factor) + sp.multiplicity(prime, base) * (slope * X + shift)
        )
    return rational(only(sp.solve(sides[0] - sides[1], X)))


def quadratic_value(q: Parameters) -> int:
    if q.rule == "operation":
        return int((q.a * A + q.b * B - A * B + q.c).subs({A: q.u, B: q.v}))
    return int(expression(q.square).subs(sp.Symbol("t"), q.u))


def between_terms(q: Parameters) -> Fraction:
    line = sp.interpolate([(q.i, q.x), (q.j, q.y)], X)
    return rational(line.subs(X, q.k))


def inequality_ends(q: Parameters) -> Fraction:
    term = q.a * (X + q.h) + q.k
    low, high = only(sp.solve(term - q.l, X)), only(sp.solve(term - q.u, X))
    return rational({"sum": low + high, "product": low * high, "length": high - low}[q.ask])


def midpoint(q: Parameters) -> tuple[Fraction, ...]:
    first, second = (sp.Point(*map(int, point)) for point in (q.first, q.second))
    point = first.midpoint(second) if q.given == "ends" else first.rotate(sp.pi, second)
    return rational(point.x), rational(point.y)


def factor_form(q: Parameters) -> int:
    x = sp.Symbol("x")
    gap = sp.Poly(expression(q.square) - (A * x + q.r) * (B * x + q.s), x)
    solutions = sp.solve(gap.coeffs(), [A, B], dict=True)
    a, b = only({(s[A], s[B]) for s in solutions if s[A].is_integer and s[B].is_integer})
    return int(
        {"less": a * b - a, "more": a * b + b, "twice": a + 2 * b, "difference": a - b}[q.ask]
    )


def two_prices(q: Parameters) -> Fraction:
    rows = sp.Matrix([[q.m, 1], [q.n, 1]])
    totals = sp.Matrix([int(100 * q.few), int(100 * q.many)])
    return rational((rows.inv() * totals)[0])


def single_fraction(q: Parameters) -> tuple[Polynomial, int]:
    t = sp.Symbol("t")
    second = (q.c + q.d * t) / sp.Integer(q.n)
    total = (q.a + q.b * t) / sp.Integer(q.m) + (second if q.sign == "+" else -second)
    top, below = sp.fraction(sp.together(sp.expand(total)))
    slope, constant = sp.Poly(top, t).all_coeffs()
    terms = [(int(constant), ""), (int(slope), "t")]
    return Polynomial(terms if q.order == "constant" else terms[::-1]), int(below)


def distance(q: Parameters) -> Surd:
    first, second = (sp.Point(*map(int, point)) for point in (q.first, q.second))
    coefficient, root = first.distance(second).as_coeff_Mul()
    return Surd(rational(coefficient), int(root**2))


def quiz_score(q: Parameters) -> Fraction:
    solution = sp.solve([A + B - q.done, q.c * A - q.w * B - q.score], [A, B])
    return rational(solution[A])


def rational_values(q: Parameters) -> Fraction:
    x = sp.Symbol("x")
    u, v, w = (
        (expression(q.top) / expression(q.bottom)).subs(x, place) for place in (q.u, q.v, q.w)
    )
    return rational({"sum": u + v + w, "last": u + v - w, "product": u * v + w}[q.ask])


def ratio_after(q: Parameters) -> Fraction:
    first, second = q.moves.split("-")
    s, t = q.u if first == "in" else -q.u, q.v if second == "in" else -q.v
    solution = sp.solve([q.b * A - q.a * B, q.d * (A + s) - q.c * (B + t)], [A, B])
    return rational(solution[A] if q.ask == "first" else solution[A] + solution[B])


def pair_sums(q: Parameters) -> Fraction:
    a, b, c = sp.Matrix([[1, 1, 0], [0, 1, 1], [1, 0, 1]]).LUsolve(sp.Matrix([q.u, q.v, q.w]))
    values = {"product": a * b * c, "squares": a**2 + b**2 + c**2, "largest": max(a, b, c)}
    return rational(values[q.ask])


def compose_unknown(q: Parameters) -> Fraction:
    f = sp.Lambda(X, q.a * X + q.b)
    g = sp.Lambda(X, (X**2 if q.shape == "square" else 0) + K * X + q.c)
    value = f(g(q.u)) if q.last == "f" else g(f(q.u))
    return rational(only(sp.solve(value - q.value, K)))


def compound_interest(q: Parameters) -> int:
    months = {
        "month": 1,
        "two months": 2,
        "three months": 3,
        "four months": 4,
        "six months": 6,
        "year": 12,
    }
    growth = (1 + sp.Rational(str(q.rate)) / 100) ** (12 * q.years // months[q.period])
    end = int(sp.floor(q.principal * growth + sp.Rational(1, 2)))
    return end if q.ask == "total" else end - int(q.principal)


def linear_equation_with_fraction(q: Parameters) -> Fraction:
    ratio = sp.Rational(q.a, q.b)
    gap = {
        "below": ratio - q.c / (X + q.d),
        "above": (X + q.d) / sp.Integer(q.c) - ratio,
        "factor": ratio * (X + q.d) - q.c,
        "outside": ratio * X + q.d - q.c,
    }[q.form]
    return rational(only(sp.solve(gap, X)))


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    "equal-powers": equal_powers,
    "quadratic-value": quadratic_value,
    "between-terms": between_terms,
    "inequality-ends": inequality_ends,
    "midpoint": midpoint,
    "factor-form": factor_form,
    "two-prices": two_prices,
    "single-fraction": single_fraction,
    "distance": distance,
    "quiz-score": quiz_score,
    "rational-values": rational_values,
    "ratio-after": ratio_after,
    "pair-sums": pair_sums,
    "compose-unknown": compose_unknown,
    "compound-interest": compound_interest,
    "linear-equation-with-fraction": linear_equation_with_fraction,
}
"""The calculations by template."""
