"""Third calculations of Prealgebra, with sympy or by brute force."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import sympy

from generators.competition.algebraic import Surd
from generators.competition.numbers import Parameters


def exact(value: Any) -> Fraction:
    """A sympy rational number as a fraction."""
    rational = sympy.Rational(sympy.nsimplify(value))
    return Fraction(int(rational.p), int(rational.q))


def facing(q: Parameters) -> Any:
    names = "north northeast east southeast south southwest west northwest".split()
    angles = {name: 45 * place for place, name in enumerate(names)}
    degrees = angles[q.start] + (q.a if q.s == "right" else -q.a)
    if q.turn == "two":
        degrees += q.b if q.u == "right" else -q.b
    return rf"\text{{{names[sympy.Mod(degrees, 360) // 45]}}}"


def shortcut(q: Parameters) -> Any:
    saved = q.a + q.b - sympy.sqrt(q.a**2 + q.b**2)
    return exact(saved * (q.n if q.trips == "many" else 1))


def common_divisors(q: Parameters) -> Any:
    wanted = {
        "all": lambda d: True,
        "above": lambda d: d > 1,
        "two": lambda d: len(str(d)) == 2,
        "over": lambda d: d > 6,
        "under": lambda d: d < 30,
    }[q.kind]
    return sum(map(wanted, sympy.divisors(sympy.igcd(q.a, q.b))))


def exchange_chain(q: Parameters) -> Any:
    one, two = sympy.symbols("one two")
    worth = sympy.solve(
        [q.a * one - q.b * two, q.c * two - q.d], [one, two]
    )  # in units of the third
    return exact(q.t / worth[one])


def percent_sides(q: Parameters) -> Any:
    side = sympy.Symbol("side", positive=True)
    length = side * (1 + sympy.Rational(q.a, 100) * (1 if q.s == "longer" else -1))
    width = side * (1 + sympy.Rational(q.b, 100) * (1 if q.t == "longer" else -1))
    percent = 100 * (sympy.expand(length * width) - side**2) / side**2
    return exact(sympy.simplify(percent) * (1 if q.ask == "grow" else -1))


def repeating_decimals(q: Parameters) -> Any:
    terms = [(q.a, "+"), (q.b, q.s), *([(q.c, q.u)] if q.sum == "three" else [])]
    x = sympy.Symbol("x")
    total = sympy.Integer(0)
    for digits, sign in terms:
        block = int("".join(map(str, digits)))
        (value,) = sympy.solve(sympy.Eq(10 ** len(digits) * x, block + x), x)
        total += value if sign == "+" else -value
    return exact(total)


def zeros_at_end(q: Parameters) -> Any:
    return sympy.multiplicity(10, sympy.factorial(q.n) // sympy.factorial(q.a - 1))


def divisible_but_not(q: Parameters) -> Any:
    first = set(range(q.a, q.n + 1, q.a))
    second = set(range(q.b, q.n + 1, q.b))
    return Fraction(len(first - second if q.what == "but" else first | second), q.n)


def wheel(q: Parameters) -> Any:
    radius = sympy.Rational(q.r) / (1 if q.size == "radius" else 2)
    speed = 2 * sympy.pi * radius * q.a / q.b
    return (0, exact(speed / sympy.pi))


def equal_deals(q: Parameters) -> Any:
    players = [x for x in sympy.divisors(q.n) if x >= q.p and q.n // x >= q.c]
    return {"count": len(players), "most": max(players), "sum": sum(players)}[q.ask]


def all_but_one_angle(q: Parameters) -> Any:
    n = sympy.ceiling(sympy.Rational(q.total, 180)) + 2
    return n if q.ask == "sides" else 180 * (n - 2) - q.total


def outfits(q: Parameters) -> Any:
    tuples = product(range(q.a), range(q.b), range(q.c), range(q.d + 1))
    return sum(not (first == 0 and second < q.k) for first, second, _, _ in tuples)


def simplify_root(q: Parameters) -> Any:
    value = q.k * sympy.sqrt(q.a) + (1 if q.s == "+" else -1) * sympy.sqrt(q.b)
    coefficient, root = sympy.expand(value).as_coeff_Mul()
    return Surd(exact(coefficient), int(root**2))


def linear_sentence(q: Parameters) -> Any:
    x = sympy.Symbol("x")
    factor = {
        "half": sympy.Rational(1, 2),
        "third": sympy.Rational(1, 3),
        "fourth": sympy.Rational(1, 4),
        "twice": 2,
        "triple": 3,
    }[q.part]
    (root,) = sympy.solve(sympy.Eq(factor * (q.a * x + q.b), q.c * x + q.d), x)
    return exact(q.e * root + q.f)


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    "facing": facing,
    "shortcut": shortcut,
    "common-divisors": common_divisors,
    "exchange-chain": exchange_chain,
    "percent-sides": percent_sides,
    "repeating-decimals": repeating_decimals,
    "zeros-at-end": zeros_at_end,
    "divisible-but-not": divisible_but_not,
    "wheel": wheel,
    "equal-deals": equal_deals,
    "all-but-one-angle": all_but_one_angle,
    "outfits": outfits,
    "simplify-root": simplify_root,
    "linear-sentence": linear_sentence,
}
