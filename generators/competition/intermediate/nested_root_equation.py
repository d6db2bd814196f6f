"""`nested-root-equation`: the solution of an equation of two nested square roots."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name, Poly, Whole
from generators.competition.template import Template

_PLACES = tuple(
    (c, y) for c in (2, 4, 6, 8) for y in range(c * c // 4 + 1, c * c // 2 + 11) if 2 * y != c * c
)


class NestedRootEquation(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/intermediate_algebra/101.json",)
    numbers = Numbers(
        place=_PLACES,
        a=tuple(a for a in range(-9, 16) if a),
        shift=(-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5),
        times=(1, 2, 3),
    )
    prints = {
        "outer": Poly(),
        "inner": Poly(),
        "right": Whole(),
        "sign": Name("+", "-"),
    }
    texts = (
        "Find the real number $x$ such that "
        r"\[\sqrt{<outer>+\sqrt{<inner>}}<sign>\sqrt{<outer:again>-\sqrt{<inner:again>}}=<right>.\]",
        "What is the value of $x$, if "
        r"$\sqrt{<outer>+\sqrt{<inner>}}<sign>\sqrt{<outer:again>-\sqrt{<inner:again>}}=<right>$?",
        "Compute the only real solution of the equation "
        r"\[\sqrt{<outer>+\sqrt{<inner>}}<sign>\sqrt{<outer:again>-\sqrt{<inner:again>}}=<right>.\]",
        r"For a real number $x$, let $u=\sqrt{<inner>}$, and suppose that $u$ is real. Suppose also "
        r"that the two square roots $\sqrt{<outer>+u}$ and $\sqrt{<outer:again>-u}$ are real, and "
        r"that \[\sqrt{<outer:again>+u}<sign>\sqrt{<outer:again>-u}=<right>.\] There is one real "
        "number $x$ that fits these conditions. Find $x$.",
        "If $x$ satisfies "
        r"\[\sqrt{<outer>+\sqrt{<inner>}}<sign>\sqrt{<outer:again>-\sqrt{<inner:again>}}=<right>,\] "
        "then find $x$.",
        "Find the real solution of "
        r"$\sqrt{<outer>+\sqrt{<inner>}}<sign>\sqrt{<outer:again>-\sqrt{<inner:again>}}=<right>$.",
        "Solve "
        r"$\sqrt{<outer>+\sqrt{<inner>}}<sign>\sqrt{<outer:again>-\sqrt{<inner:again>}}=<right>$ for "
        "real $x$.",
        "Solve "
        r"\[\sqrt{<outer>+\sqrt{<inner>}}<sign>\sqrt{<outer:again>-\sqrt{<inner:again>}}=<right>\] "
        "for $x$.",
    )

    def nice(self, p: Parameters) -> Any:
        c, y = p.place
        x, rest = divmod(y - p.shift, p.times)
        return not rest and x and p.a != c * c * p.times and 0 < abs(self._inner(p) - p.a * x) <= 60

    def _inner(self, p: Parameters) -> int:
        """The value under the inner root: for roots that are u and v, ((u^2-v^2)/2)^2."""
        c, y = p.place
        return int(c * c * y - c**4 // 4)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        c, y = p.place
        terms = [(p.a, "x"), (self._inner(p) - p.a * (y - p.shift) // p.times, "")]
        return {
            "outer": polynomial("x", p.times, p.shift),
            "inner": Polynomial(terms if p.a > 0 or terms[1][0] < 0 else terms[::-1]),
            "right": c,
            "sign": "+" if 2 * y < c * c else "-",
        }

    def solve(self, p: Parameters) -> Any:
        # Squaring twice gives c^2(mx+s)-c^4/4=ax+b.
        values = self.printed_values(p)
        c, b = values["right"], values["inner"].coefficient()
        return (Fraction(c**4, 4) + b - c * c * p.shift) / (c * c * p.times - p.a)

    def check(self, q: Parameters) -> Any:
        s, m, b, a = map(int, (*q.outer.coefficients(), *q.inner.coefficients()))
        found = []
        for x in range(-60, 61):
            outer, inner = m * x + s, a * x + b
            # plus or minus twice the product of the two roots
            double = q.right**2 - 2 * outer
            fits = inner >= 0 and outer >= 0 and double**2 == 4 * (outer**2 - inner)
            if fits and (double == 0 or (double > 0) == (q.sign == "+")):
                found.append(x)
        (x,) = found
        return x
