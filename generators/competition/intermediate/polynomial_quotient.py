"""`polynomial-quotient`: the quotient of a polynomial by a linear one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.answers import Expression
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template


class PolynomialQuotient(Template):
    """See the module's docstring."""

    level, answer = 2, Expression()
    kin = (
        "test/intermediate_algebra/1217.json",
        "test/intermediate_algebra/199.json",
        "test/algebra/187.json",
        "test/algebra/634.json",
    )
    numbers = Numbers(
        a=range(1, 6),
        b=range(-9, 10),
        c=range(-9, 10),
        d=range(-9, 10),
        e=range(-9, 10),
        degree=(3, 4),
        r=(-4, -3, -2, -1, 1, 2, 3, 4),
    )
    prints = {"f": Poly(), "g": Poly()}
    fixed = ("degree",)
    texts = (
        "Find the quotient when $<f>$ is divided by $<g>$.",
        "What is the quotient of $<f>$ and $<g>$, if the remainder is a constant?",
        r"Compute the quotient when \[<f>\] is divided by $<g>$.",
        r"There are a polynomial $q(x)$ and a constant $r$ such that \[<f>=(<g>)q(x)+r\] for all real "
        "numbers $x$. Find $q(x)$.",
        r"When the polynomial \[<f>\] is divided by the linear polynomial $<g>$, the remainder is a "
        "constant, and the quotient is a polynomial $q(x)$ whose coefficients are all integers. "
        "Write $q(x)$ in standard form, so that its terms are in order of descending powers of $x$. "
        "Find $q(x)$.",
        r"The expression \[\frac{<f>}{<g>}\] can be written as $q(x)+\frac{r}{<g:again>}$, where $q(x)$ "
        "is a polynomial and $r$ is a constant. Enter $q(x)$.",
        "Divide $<f>$ by $<g>$, and enter the quotient.",
        r"Find the quotient when \[<f>\] is divided by $<g>$.",
        "If $<f>=(<g>)q(x)+r$ for a polynomial $q(x)$ and a constant $r$, find $q(x)$.",
    )

    def nice(self, p: Parameters) -> Any:
        quotient = self.divided(p)
        return max(map(abs, quotient)) <= 100 and sum(map(bool, quotient)) > 1

    def dividend(self, p: Parameters) -> list[int]:
        """The coefficients, highest power first."""
        return [p.a, p.b, p.c, p.d, p.e][: p.degree + 1]

    def divided(self, p: Parameters) -> list[int]:
        """The coefficients of the quotient by synthetic division."""
        quotient = [0]
        for coefficient in self.dividend(p)[:-1]:
            quotient.append(quotient[-1] * p.r + coefficient)
        return quotient[1:]

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"f": polynomial("x", *self.dividend(p)), "g": polynomial("x", 1, -p.r)}

    orbit = 19

    def solve(self, p: Parameters) -> Any:
        return polynomial("x", *self.divided(p))

    def check(self, q: Parameters) -> Any:
        # x^j - r^j is (x - r)(x^(j-1) + r x^(j-2) + ... + r^(j-1)).
        root, given = -q.g.coefficient(), q.f.coefficients()
        quotient = [
            sum(given[j] * root ** (j - k - 1) for j in range(k + 1, len(given)))
            for k in range(len(given) - 1)
        ]
        powers = ("", "x", "x^2", "x^3")
        terms = list(zip(quotient, powers, strict=False))
        result = Polynomial(reversed(terms))
        rests = {q.f.at(x=x) - result.at(x=x) * q.g.at(x=x) for x in range(7)}
        if len(rests) != 1:
            raise ValueError(f"{result} is no quotient of {q.f} and {q.g}")
        return result
