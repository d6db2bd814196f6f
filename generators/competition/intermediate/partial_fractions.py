"""`partial-fractions`: a value of the constants of a sum of two partial fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template

NONZERO = (*range(-6, 0), *range(1, 7))


class PartialFractions(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/intermediate_algebra/1898.json", "test/algebra/2735.json")
    numbers = Numbers(
        p=NONZERO, q=NONZERO, a=NONZERO, b=NONZERO, ask=("product", "difference", "squares")
    )
    prints = {
        "d": Poly(),
        "e": Poly(),
        "f": Poly(),
        "g": Poly(),
        "ask": Choice(product="$<v><v:1>$", difference="$<v>-<v:1>$", squares="$<v>^2+<v:1>^2$"),
    }
    words = {"v": (("A", "B"), ("C", "D"), ("P", "Q"))}
    texts = (
        r"Constants $<v>$ and $<v:1>$ satisfy \[\frac{<v>}{<d>}+\frac{<v:1>}{<e>}=\frac{<f>}{<g>}\] "
        "for all $x$ other than $<p>$ and $<q>$. Find <ask>.",
        r"If \[\frac{<f>}{<g>}=\frac{<v>}{<d>}+\frac{<v:1>}{<e>}\] for all $x$ except $<p>$ and "
        "$<q>$, then what is <ask>?",
        r"Find <ask>, given that $\frac{<f>}{<g>}=\frac{<v>}{<d>}+\frac{<v:1>}{<e>}$ whenever $x$ is "
        "neither $<p>$ nor $<q>$.",
        r"The fraction \[\frac{<f>}{<g>},\] where $x$ is any real number apart from $<p>$ and $<q>$, "
        "is to be split into a sum of two simpler fractions. Let $<v>$ and $<v:1>$ be the real "
        r"numbers such that \[\frac{<f:again>}{<g:again>}=\frac{<v>}{<d>}+\frac{<v:1>}{<e>}\] always "
        "holds. Compute <ask>.",
        "Let $<v>$ and $<v:1>$ be constants such that "
        r"\[\frac{<v>}{<d>}+\frac{<v:1>}{<e>}=\frac{<f>}{<g>}\] is an identity in $x$, valid unless "
        "$x=<p>$ or $x=<q>$. Enter the value of <ask>.",
        r"If $\frac{<v>}{<d>}+\frac{<v:1>}{<e>}=\frac{<f>}{<g>}$ for all $x$ except $<p>$ and $<q>$, "
        "find <ask>.",
        r"Find <ask> if \[\frac{<v>}{<d>}+\frac{<v:1>}{<e>}=\frac{<f>}{<g>}\] for all $x$ other than "
        "$<p>$ and $<q>$.",
        r"Let $\frac{<v>}{<d>}+\frac{<v:1>}{<e>}=\frac{<f>}{<g>}$ for all $x$ other than $<p>$ and "
        "$<q>$. Compute <ask>.",
    )

    def nice(self, p: Parameters) -> Any:
        return p.p != p.q and p.a + p.b and p.a != p.b

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {
            **vars(p),
            "d": polynomial("x", 1, -p.p),
            "e": polynomial("x", 1, -p.q),
            "f": polynomial("x", p.a + p.b, -p.a * p.q - p.b * p.p),
            "g": polynomial("x", 1, -p.p - p.q, p.p * p.q),
        }

    def same(self, p: Parameters) -> object:
        parts = ((p.p, p.a), (p.q, p.b))
        return (p.ask, parts if p.ask == "difference" else frozenset(parts))

    orbit = 2

    def solve(self, p: Parameters) -> Any:
        # Multiply by x - p and put in x = p (Heaviside).
        a = ((p.a + p.b) * p.p - p.a * p.q - p.b * p.p) // (p.p - p.q)
        b = ((p.a + p.b) * p.q - p.a * p.q - p.b * p.p) // (p.q - p.p)
        return {"product": a * b, "difference": a - b, "squares": a * a + b * b}[p.ask]

    def check(self, q: Parameters) -> Any:
        rows = [(1 / q.d.at(x=x), 1 / q.e.at(x=x), q.f.at(x=x) / q.g.at(x=x)) for x in (10, 11, 12)]
        (k, m, r), (n, s, t) = rows[:2]
        determinant: Fraction = k * s - m * n
        first, second = (r * s - m * t) / determinant, (k * t - r * n) / determinant
        if any(u * first + v * second != w for u, v, w in rows):
            raise ValueError("expected an identity")
        if q.ask == "product":
            return first * second
        return first - second if q.ask == "difference" else first**2 + second**2
