"""Third calculations for the templates of number theory."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import sympy
from sympy.ntheory.modular import crt

from generators.competition.numbers import Parameters


def numeral(number: int, base: int) -> str:
    """The digits of a number as text."""
    return "".join(map(str, sympy.ntheory.digits(number, base)[1:]))


def series_remainder(q: Parameters) -> Any:
    k, step = sympy.Symbol("k"), q.b - q.a
    total = sympy.summation(q.a + k * step, (k, 0, (q.z - q.a) // step))
    return int(sympy.Mod(total, q.m))


def base_difference(q: Parameters) -> Any:
    x, y = (int("".join(map(str, digits)), q.b) for digits in (q.x, q.y))
    values = {"sum": x + y, "difference": x - y, "product": x * y, "quotient": x // y}
    return f"{numeral(values[q.op], q.b)}_{q.b}"


def complete_a_power(q: Parameters) -> Any:
    power = ("square", "cube", "fourth power").index(q.power) + 2
    found: list[int] = []
    k = 0
    while len(found) <= ("smallest", "second", "third").index(q.ask):
        k += 1
        if q.form == "over" and q.n % k:
            continue
        value = q.n * k if q.form == "times" else q.n // k
        if sympy.integer_nthroot(value, power)[1]:
            found.append(k)
    return found[-1]


def divisors_of_a_kind(q: Parameters) -> Any:
    tests: dict[str, Callable[[int], bool]] = {
        "multiple": lambda d: d % q.d == 0,
        "other": lambda d: d % q.d != 0,
        "square": lambda d: bool(sympy.ntheory.primetest.is_square(d)),
        "below": lambda d: d < q.d,
    }
    return sum(map(tests[q.kind], sympy.divisors(q.n)))


def to_base(q: Parameters) -> Any:
    return f"{numeral(int(''.join(map(str, q.x)), q.source), q.b)}_{q.b}"


def gcd_of_forms(q: Parameters) -> Any:
    n = sympy.Symbol("n")
    forms = [sympy.sympify(str(f).replace("n", "*n").removeprefix("*")) for f in (q.f, q.g)]
    period = int(abs(sympy.resultant(*forms, n)))
    return max(gcd(*(int(f.at(n=value)) for f in (q.f, q.g))) for value in range(1, period + 1))


def groups_left_over(q: Parameters) -> Any:
    first, period = crt([q.a, q.b], [q.r, q.s], check=True)
    assert period == lcm(q.a, q.b)
    found = range(int(first), q.bound, int(period))
    return sum(found) if q.ask == "sum" else found[-1]


def repeating_to_fraction(q: Parameters) -> Any:
    before, period = q.x
    tail = sympy.Rational(int(period), 10 ** len(period)) / (
        1 - sympy.Rational(1, 10 ** len(period))
    )
    value = (int(before or 0) + tail) / 10 ** len(before)
    return int(value.q + value.p if q.ask == "sum" else value.q - value.p)


def recurrence_remainder(q: Parameters) -> Any:
    one, two = q.a, q.b
    for _ in range(q.n - 1):
        one, two = two, one + (two if q.rule == "sum" else 2 * two)
    return one % q.m


def progression_modulo(q: Parameters) -> Any:
    terms = 1 + (q.z - q.a) // (q.z - q.y)
    return int(sympy.Rational(terms * (q.a + q.z), 2) % q.m)


def power_sum_remainder(q: Parameters) -> Any:
    first, second = (sympy.prod([base] * exponent) for base, exponent in ((q.a, q.m), (q.b, q.n)))
    return int((first + second if q.sign == "+" else first - second) % q.q)


def largest_with_remainders(q: Parameters) -> Any:
    first, period = map(int, crt([q.a, q.b, q.c], [q.r, q.s, q.t]))
    every = range(first, q.bound + 2 * period, period)
    if q.ask == "largest":
        return max(n for n in every if n < q.bound)
    return min(n for n in every if n > q.bound)


def sum_of_divisors_primes(q: Parameters) -> Any:
    total = sympy.divisor_sigma(q.n)
    if q.kind == "even":
        total = sum(d for d in sympy.divisors(q.n) if d % 2 == 0)
    primes = sympy.primefactors(total - (q.n if q.kind == "proper" else 0))
    return sum(primes) if q.ask == "sum" else max(primes)


def inverse_modulo(q: Parameters) -> Any:
    return int(sympy.mod_inverse(q.a, q.m))


def map_scale(q: Parameters) -> Any:
    x = sympy.Symbol("x")
    d = sympy.Rational(q.d.numerator, q.d.denominator)
    (length,) = sympy.solve(sympy.Eq(x / d, sympy.Rational(q.a, q.b)), x)
    return Fraction(int(length.p), int(length.q))


ORACLES: dict[str, Callable[[Parameters], Any]] = {
    "series-remainder": series_remainder,
    "base-difference": base_difference,
    "complete-a-power": complete_a_power,
    "divisors-of-a-kind": divisors_of_a_kind,
    "to-base": to_base,
    "gcd-of-forms": gcd_of_forms,
    "groups-left-over": groups_left_over,
    "repeating-to-fraction": repeating_to_fraction,
    "recurrence-remainder": recurrence_remainder,
    "progression-modulo": progression_modulo,
    "power-sum-remainder": power_sum_remainder,
    "largest-with-remainders": largest_with_remainders,
    "sum-of-divisors-primes": sum_of_divisors_primes,
    "inverse-modulo": inverse_modulo,
    "map-scale": map_scale,
}
