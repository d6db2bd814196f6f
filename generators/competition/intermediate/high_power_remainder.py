"""`high-power-remainder`: the remainder of high powers of linear polynomials by a linear one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name, Poly, SignedPoly
from generators.competition.template import Template


def reduced(coefficients: Sequence[int], root: int) -> list[int]:
    """The remainder by x - root; coefficients from the lowest power on."""
    rest = list(coefficients)
    while len(rest) > 1:
        top = rest.pop()
        rest[-1] += top * root
    return rest


def product(first: Sequence[int], second: Sequence[int]) -> list[int]:
    """The coefficients of a product of polynomials."""
    result = [0] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            result[i + j] += a * b
    return result


class HighPowerRemainder(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/intermediate_algebra/1555.json", "test/intermediate_algebra/1210.json")
    numbers = Numbers(
        root=(-4, -3, -2, -1, 1, 2, 3, 4),
        p=range(1, 4),
        u=(-1, 0, 1),
        m=range(11, 60),
        q=range(1, 3),
        v=(-1, 0, 1),
        n=range(4, 20),
        sign=("+", "-"),
        a=range(-3, 8),
        b=range(-9, 10),
        c=range(-9, 10),
    )
    prints = {"f": Poly(), "g": Poly(), "h": SignedPoly(), "d": Poly(), "sign": Name("+", "-")}
    fixed = ("sign",)
    texts = (
        "Find the remainder when $(<f>)^{<m>}<sign>(<g>)^{<n>}<h>$ is divided by $<d>$.",
        "What is the remainder when the polynomial $(<f>)^{<m>}<sign>(<g>)^{<n>}<h>$ is divided by "
        "$<d>$?",
        r"Compute the remainder when \[(<f>)^{<m>}<sign>(<g>)^{<n>}<h>\] is divided by $<d>$.",
        "There are a constant $r$ and a polynomial $q(x)$ such that "
        r"\[(<f>)^{<m>}<sign>(<g>)^{<n>}<h>=(<d>)q(x)+r\] for all $x$. Find $r$.",
        r"Let \[p(x)=(<f>)^{<m>}<sign>(<g>)^{<n>}<h>.\] Multiplying out all of the powers in $p(x)$ "
        "would take hours, and then the polynomial would still have to be divided by $<d>$. "
        "Fortunately, there is a faster way. Find the remainder of this division.",
        "If $p(x)=(<f>)^{<m>}<sign>(<g>)^{<n>}<h>$, then find the number that must be subtracted from "
        "$p(x)$ so that the result is divisible by $<d>$.",
        r"Let \[p(x)=(<f>)^{<m>}<sign>(<g>)^{<n>}<h>.\] Find the remainder upon division of "
        "$p(x)$ by $<d>$.",
        "Compute the remainder when $<d>$ is divided into $(<f>)^{<m>}<sign>(<g>)^{<n>}<h>$.",
        "If $(<f>)^{<m>}<sign>(<g>)^{<n>}<h>=(<d>)q(x)+r$ for a polynomial $q(x)$ and a constant $r$, "
        "find $r$.",
    )

    def nice(self, p: Parameters) -> Any:
        return p.a and p.b and (p.u or p.v) and p.p * p.root != p.u and p.q * p.root != p.v

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            "f": polynomial("x", p.p, p.u - p.p * p.root),
            "m": p.m,
            "sign": p.sign,
            "g": polynomial("x", p.q, p.v - p.q * p.root),
            "n": p.n,
            "h": polynomial("x", p.a, p.b, p.c),
            "d": polynomial("x", 1, -p.root),
        }

    def solve(self, p: Parameters) -> Any:
        first, second = p.u**p.m, p.v**p.n
        powers = first + second if p.sign == "+" else first - second
        return powers + p.a * p.root**2 + p.b * p.root + p.c

    def check(self, q: Parameters) -> Any:
        root = -int(q.d.coefficient())
        total: int = reduced([int(c) for c in q.h.coefficients()], root)[0]
        for base, exponent, sign in ((q.f, q.m, 1), (q.g, q.n, -1 if q.sign == "-" else 1)):
            square, power = [int(c) for c in base.coefficients()], [1]
            while exponent:
                if exponent % 2:
                    power = reduced(product(power, square), root)
                square = reduced(product(square, square), root)
                exponent //= 2
            total += sign * power[0]
        return total
