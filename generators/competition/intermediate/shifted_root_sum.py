"""`shifted-root-sum`: the sum of the roots of a polynomial of a linear polynomial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Poly
from generators.competition.template import Template

SHIFTS = (*range(-9, 0), *range(1, 10))


class ShiftedRootSum(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/intermediate_algebra/1837.json",)
    numbers = Numbers(
        total=range(-12, 19),
        h=SHIFTS,
        k=(-3, -2, -1, 1, 2, 3),
        degree=(3, 4),
        b=range(1, 10),
        c=range(-9, 10),
        d=range(-9, 10),
    )
    prints = {"f": Poly(), "g": Poly()}
    fixed = ("degree",)
    texts = (
        "Let $f(x)=<f>$ and $g(x)=f(<g>)$. Find the sum of the roots of $g(x)$.",
        "If $f(x)=<f>$, what is the sum of the roots of $f(<g>)$?",
        r"Let \[f(x)=<f>.\] Find the sum of all complex numbers $x$ such that $f(<g>)=0$, where "
        "multiple roots are counted as often as they occur.",
        r"The polynomial \[f(x)=<f>\] is given, and $g(x)=f(<g>)$ for all $x$. Compute the sum of the "
        "roots of the polynomial $g(x)$.",
        r"Two polynomials $f(x)$ and $g(x)$ have the same degree. The first of them is \[f(x)=<f>,\] "
        "and the second one arises when $x$ is replaced: it is $g(x)=f(<g>)$. It would be hard to "
        "find the roots of $g(x)$ one by one, but it is easy to tell what they add up to. "
        "Find the sum of the roots of $g(x)$, counted with multiplicity.",
        "Find the sum of the roots of $f(<g>)$ if $f(x)=<f>$.",
        "For $f(x)=<f>$, compute the sum of all roots of $f(<g>)$.",
        r"Let \[f(x)=<f>.\] Find the sum of the roots of $f(<g>)$.",
    )

    def nice(self, p: Parameters) -> Any:
        known = p.k * p.total + p.degree * p.h
        return known and abs(known) <= 30 and p.c and p.d

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        known = p.k * p.total + p.degree * p.h
        lower = (p.b, p.c, p.d)[: p.degree - 1]
        inner = [(p.k, "x"), (p.h, "")]
        return {
            "f": polynomial("x", 1, -known, *lower),
            "g": Polynomial(reversed(inner) if p.k < 0 < p.h else inner),
        }

    def same(self, p: Parameters) -> object:
        # The lower coefficients do not enter.
        return (p.degree, p.total, p.h, p.k)

    orbit = 9 * 18 * 18

    def solve(self, p: Parameters) -> Any:
        # A root r of f gives the root (r - h) / k.
        known = p.k * p.total + p.degree * p.h
        return (known - p.degree * p.h) // p.k

    def check(self, q: Parameters) -> Any:
        outer = q.f.coefficients()
        k, h = q.g.coefficient("x"), q.g.coefficient()
        expanded = [outer[-1]]
        for coefficient in reversed(outer[:-1]):
            longer = [h * c for c in expanded] + [k * 0]
            for place, c in enumerate(expanded):
                longer[place + 1] += k * c
            longer[0] += coefficient
            expanded = longer
        return -expanded[-2] / expanded[-1]
