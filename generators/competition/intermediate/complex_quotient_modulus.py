"""`complex-quotient-modulus`: the absolute value of a quotient of complex numbers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from generators.competition.algebraic import Polynomial, linear
from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template

TRIPLES = tuple(
    (sign * x, y, isqrt(x * x + y * y))
    for x in range(3, 25)
    for y in range(3, 25)
    for sign in (1, -1)
    if isqrt(x * x + y * y) ** 2 == x * x + y * y
)
"""Real part, imaginary part and absolute value of complex numbers."""


class ComplexQuotientModulus(Template):
    """See the module's docstring."""

    level, answer = 3, Rationals()
    kin = ("test/intermediate_algebra/1232.json",)
    numbers = Numbers(u=TRIPLES, v=TRIPLES, a=(-4, -3, -2, -1, 1, 2, 3, 4), b=(-3, -2, -1, 1, 2, 3))
    prints = {"z": Poly(), "f": Poly(), "g": Poly()}
    texts = (
        r"If $z=<z>$ and $w=\frac{<f>}{<g>}$, find $|w|$.",
        r"What is the absolute value of the complex number $\frac{<f>}{<g>}$, if $z=<z>$?",
        r"Compute \[\left|\frac{<f>}{<g>}\right|\] for $z=<z>$.",
        r"For a complex number $z$, let \[F(z)=\frac{<f>}{<g>}\] whenever the denominator is not "
        "equal to 0. Find $|F(<z>)|$.",
        r"In the complex plane, every point $z$ is moved to the point \[w=\frac{<f>}{<g>},\] as long "
        "as the denominator is not 0. For $z=<z>$, the distance between the image $w$ and the origin "
        "can be found without carrying out a division of complex numbers. Find this distance.",
        r"Given that $z=<z>$, calculate the magnitude of \[w=\frac{<f>}{<g>}.\]",
        r"Find $\left|\frac{<f>}{<g>}\right|$ if $z=<z>$.",
        r"Let $z=<z>$. Compute \[\left|\frac{<f>}{<g>}\right|.\]",
        r"Evaluate $\left|\frac{<f>}{<g>}\right|$ for $z=<z>$.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.u[1] % p.b or p.v[1] % p.b or p.u[2] == p.v[2]:
            return False
        (m, k), (n, s) = self.linear(p)
        proper = k and s and m * s != n * k
        return proper and abs(k) <= 20 and abs(s) <= 20 and max(m, k) > 0 and max(n, s) > 0

    def linear(self, p: Parameters) -> list[tuple[int, int]]:
        """Coefficients of z and constants, above and below."""
        return [(y // p.b, x - y // p.b * p.a) for x, y, _ in (p.u, p.v)]

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        above, below = self.linear(p)
        return {
            "z": Polynomial([(p.a, ""), (p.b, "i")]),
            "f": linear("z", *above),
            "g": linear("z", *below),
        }

    def solve(self, p: Parameters) -> Any:
        return Fraction(p.u[2], p.v[2])

    def check(self, q: Parameters) -> Any:
        a, b = q.z.coefficient(), q.z.coefficient("i")
        x, y, s, t = (
            value
            for f in (q.f, q.g)
            for value in (f.coefficient("z") * a + f.coefficient(), f.coefficient("z") * b)
        )
        size = s * s + t * t
        real, imaginary = (x * s + y * t) / size, (y * s - x * t) / size
        square = real**2 + imaginary**2
        result = Fraction(isqrt(square.numerator), isqrt(square.denominator))
        if result**2 != square:
            raise ValueError("expected a rational absolute value")
        return result
