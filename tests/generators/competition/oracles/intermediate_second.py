"""Third calculations of the second share of the templates of Intermediate Algebra."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from typing import Any

import sympy as sp

from generators.competition.algebraic import Polynomial, Surd
from generators.competition.numbers import Parameters

X, Y = sp.symbols("x y")


def expression(polynomial: Polynomial, letter: sp.Symbol = X) -> Any:
    values = polynomial.coefficients(next((m[0] for _, m in polynomial.terms if m), "x"))
    return sum(
        sp.Rational(c.numerator, c.denominator) * letter**i for i, c in enumerate(values)
    ) + sp.Integer(0)


def fraction(value: Any) -> Fraction:
    value = sp.Rational(value)
    return Fraction(int(value.p), int(value.q))


def squeezed_quadratic(q: Parameters) -> Any:
    low, high = expression(q.low), expression(q.high)
    (touch,) = sp.roots(high - low, X)
    a = sp.Symbol("a")
    f = a * (X - touch) ** 2 + low.subs(X, touch)
    (leading,) = sp.solve(f.subs(X, q.given) - q.value, a)
    return fraction(f.subs({a: leading, X: q.asked}))


def conic_from_foci(q: Parameters) -> Any:
    (x1, y1), (x2, y2) = (tuple(map(int, point)) for point in (q.first, q.second))
    along, half = abs(x1 - x2) + abs(y1 - y2), q.length // 2
    b2 = half**2 - (along // 2) ** 2 if q.rule.startswith("P") else (along // 2) ** 2 - half**2
    return (x1 + x2 + y1 + y2) // 2 + half + isqrt(b2)


def values_at_integers(q: Parameters) -> Any:
    f = expression(q.numerator) / expression(q.denominator)
    points = [(n, f.subs(X, n)) for n in range(q.n0, q.n0 + q.degree + 1)]
    return fraction(sp.interpolate(points, X).subs(X, q.asked))


def broken_path(q: Parameters) -> Any:
    if q.form == "moved":
        (p, a2), (r, b2) = q.first, q.second
        first, second = (X - p) ** 2 + a2, (X - r) ** 2 + b2
    else:
        first, second = expression(q.one), expression(q.two)
    # The derivative is 0 where first'^2 second = second'^2 first.
    places = sp.roots(sp.expand(first.diff(X) ** 2 * second - second.diff(X) ** 2 * first), X)
    least = min((sp.sqrt(first.subs(X, x)) + sp.sqrt(second.subs(X, x)) for x in places), key=sp.N)
    coefficient, root = sp.sqrt(sp.nsimplify(sp.expand(least**2))).as_coeff_Mul()
    return Surd(fraction(coefficient), int(root**2))


def cubes_of_roots(q: Parameters) -> Any:
    result = sp.resultant(expression(q.cubic), Y - X**q.power, X)
    _, *values = sp.Poly(result, Y).monic().all_coeffs()
    return tuple(map(int, values))


def factors_at_one(q: Parameters) -> Any:
    _, factors = sp.factor_list(expression(q.polynomial))
    return sum(int(factor.subs(X, q.at)) * power for factor, power in factors)


def log_one_solution(q: Parameters) -> Any:
    a, counts = int(q.moved.coefficient()), []
    for k in range(q.least, q.high + 1):
        # kx=(x+a)^2 by the signs of f=(x+a)^2-kx at -a, 0 and its vertex.
        vertex, lowest = Fraction(k, 2) - a, k * a - Fraction(k * k, 4)
        right = vertex > -a
        if k == 0 or lowest > 0 or (lowest == 0 and not right):
            counts.append(0)
        elif lowest == 0 or k * a < 0:
            counts.append(1)
        else:
            counts.append(2 if right else 0)
    return sum({"one": c == 1, "two": c == 2, "some": c >= 1}[q.ask] for c in counts)


def lattice_ring(q: Parameters) -> Any:
    if q.form in ("modulus", "open"):
        low, high = (float(root.coefficient) * root.radicand**0.5 for root in (q.inner, q.outer))
        sizes = [abs(complex(a, b)) for a in range(-10, 11) for b in range(-10, 11)]
    else:
        low, high = q.low, q.high
        sizes = [a * a + q.weight * b * b for a in range(-10, 11) for b in range(-10, 11)]
    tiny = 1e-9 if q.form in ("modulus", "sum") else -1e-9
    return sum(low - tiny < size < high + tiny for size in sizes)


def weighted_product(q: Parameters) -> Any:
    letters = sp.symbols("a b c d")[: q.letters]
    powers = sp.Poly(sp.sympify(spelled(q.powers)), *letters).monoms()[0]
    weights = [int(q.left.coefficient(str(letter))) for letter in letters]
    multiplier = sp.Symbol("m")
    # The gradient of the sum of p log(x) is m times that of the constraint.
    places = [sp.Rational(p, w) / multiplier for p, w in zip(powers, weights, strict=True)]
    total = sum(w * x for w, x in zip(weights, places, strict=True))
    (m,) = sp.solve(total - q.total, multiplier)
    values = [x.subs(multiplier, m) for x in places]
    if q.ask == "place":
        return fraction(values[0])
    return fraction(sp.prod(x**p for x, p in zip(values, powers, strict=True)))


def spelled(polynomial: Polynomial) -> str:
    """The only monomial with signs of multiplication."""
    ((_, monomial),) = polynomial.terms
    text = "".join(f"*{sign}" if sign.isalpha() else sign for sign in monomial)
    return text.removeprefix("*").replace("^", "**")


def remainders_r_and_kr(q: Parameters) -> Any:
    a, b, c = sp.symbols("a b c")
    cubic = X**3 + a * X**2 + b * X + c
    first, second = (
        sp.rem(cubic, sp.expand((X - one) * (X - other)), X) for one, other in (q.one, q.two)
    )
    equations = sp.Poly(q.k * first - second, X).all_coeffs()
    solution = sp.solve([*equations, cubic.subs(X, q.given) - q.value], [a, b, c])
    return fraction(cubic.subs(solution).subs(X, q.asked))


def root_pair_products(q: Parameters) -> Any:
    # The resolvent from the coefficients of x^4+bx^3+cx^2+dx+e.
    e, d, c, b, _ = map(int, q.quartic.coefficients())
    resolvent = sp.Poly(Y**3 - c * Y**2 + (b * d - 4 * e) * Y - b * b * e + 4 * c * e - d * d, Y)
    u, v, w = resolvent.nroots(n=20)
    value = {
        "product": u * v * w,
        "squares": u**2 + v**2 + w**2,
        "pairs": u * v + u * w + v * w,
    }[q.ask]
    return round(float(sp.re(value)))


def paired_roots(q: Parameters) -> Any:
    (c, _, n), (a, b, _) = q.first, q.second
    # The polynomial of z=1/x is c^n+(a+bz)^n; the values (a+bz)/c have size 1.
    total = sum(
        abs((c * complex(sp.N(sp.exp(sp.I * sp.pi * (2 * k + 1) / n))) - a) / b) ** 2
        for k in range(n)
    )
    return Fraction(round(total * b * b / 2), b * b)


def nested_root_equation(q: Parameters) -> Any:
    outer, inner, c = expression(q.outer), expression(q.inner), q.right
    # u^2+v^2=2 outer and u^2-v^2=2 sqrt(inner) for the two roots u and v, with u+v or u-v equal to c
    equation = sp.expand((outer - sp.Rational(c * c, 2)) ** 2 - outer**2 + inner)
    (x,) = sp.solve(equation, X)
    u, v = (sp.sqrt(outer.subs(X, x) + s * sp.sqrt(inner.subs(X, x))) for s in (1, -1))
    assert abs(sp.N(u + v if q.sign == "+" else u - v) - c) < 1e-9
    return fraction(x)


def power_mean_count(q: Parameters) -> Any:
    low, middle, high = q.powers
    n, a = sp.symbols("n a", positive=True)
    sums = [sp.Rational(s.numerator, s.denominator) for s in (q.first, q.second, q.third)]
    (value,) = sp.solve(a ** (high - low) - sums[2] / sums[0], a)
    (count,) = sp.solve(n * value**middle - sums[1], n)
    return fraction({"n": count, "value": value, "sum": count + value}[q.ask])


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    "squeezed-quadratic": squeezed_quadratic,
    "conic-from-foci": conic_from_foci,
    "values-at-integers": values_at_integers,
    "broken-path": broken_path,
    "cubes-of-roots": cubes_of_roots,
    "factors-at-one": factors_at_one,
    "log-one-solution": log_one_solution,
    "lattice-ring": lattice_ring,
    "weighted-product": weighted_product,
    "remainders-r-and-kr": remainders_r_and_kr,
    "root-pair-products": root_pair_products,
    "paired-roots": paired_roots,
    "nested-root-equation": nested_root_equation,
    "power-mean-count": power_mean_count,
}
