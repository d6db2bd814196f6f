"""`root-pair-products`: a symmetric value of ab+cd, ac+bd, ad+bc for the roots of a quartic."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template


class RootPairProducts(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/intermediate_algebra/2015.json",)
    numbers = Numbers(
        s1=range(-4, 5),
        s2=range(-4, 5),
        s3=range(-4, 5),
        s4=tuple(s for s in range(-6, 7) if s),
        ask=("product", "squares", "pairs"),
    )
    prints = {
        "quartic": Poly(),
        "ask": Choice(product="uvw", squares="u^2+v^2+w^2", pairs="uv+uw+vw"),
    }
    texts = (
        "Let $a$, $b$, $c$, and $d$ be the complex roots of $<quartic>$, and let $u=ab+cd$, "
        "$v=ac+bd$, and $w=ad+bc$. Find $<ask>$.",
        r"The equation \[<quartic>=0\] has the complex roots $a$, $b$, $c$, $d$. If $u=ab+cd$, "
        "$v=ac+bd$, and $w=ad+bc$, compute the value of $<ask>$.",
        r"Find $<ask>$, if \[u=ab+cd, \quad v=ac+bd, \quad w=ad+bc\] and $a$, $b$, $c$, $d$ are the "
        "roots of $<quartic>$.",
        r"Four complex numbers $a$, $b$, $c$, and $d$ are the roots of the polynomial \[<quartic>.\] "
        "We can put these four roots into two pairs in three ways. For each of the three ways, "
        "multiply the two roots of each pair, and add the two products. In this way, we get the "
        r"three values \[u=ab+cd, \quad v=ac+bd, \quad w=ad+bc.\] Find $<ask>$.",
        "If $(x-a)(x-b)(x-c)(x-d)=<quartic>$, $u=ab+cd$, $v=ac+bd$, and $w=ad+bc$, then what is the "
        "value of $<ask>$?",
        "If $a$, $b$, $c$, $d$ are the roots of $<quartic>$, $u=ab+cd$, $v=ac+bd$, and $w=ad+bc$, "
        "find $<ask>$.",
        "Let $u=ab+cd$, $v=ac+bd$, and $w=ad+bc$, where $a$, $b$, $c$, $d$ are the roots of "
        r"\[<quartic>.\] Find $<ask>$.",
    )

    def nice(self, p: Parameters) -> Any:
        # The quartic has distinct roots where the cubic with roots u, v, w has.
        b, c, d = self._cubic(p)
        return p.s3 and b * b * c * c - 4 * c**3 - 4 * b**3 * d - 27 * d * d + 18 * b * c * d

    def _cubic(self, p: Parameters) -> tuple[int, int, int]:
        return (
            -p.s2,
            p.s1 * p.s3 - 4 * p.s4,
            4 * p.s2 * p.s4 - p.s3**2 - p.s1**2 * p.s4,
        )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"quartic": polynomial("x", 1, -p.s1, p.s2, -p.s3, p.s4), "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        b, c, d = self._cubic(p)
        return {"product": -d, "squares": b * b - 2 * c, "pairs": c}[p.ask]

    def check(self, q: Parameters) -> Any:
        e, d, c, b, _ = map(float, q.quartic.coefficients())
        roots = [(0.4 + 0.9j) ** i * 1.5 for i in range(4)]
        for _ in range(200):
            steps = [
                ((((x + b) * x + c) * x + d) * x + e) / prod(x - y for y in roots if y is not x)
                for x in roots
            ]
            roots = [x - step for x, step in zip(roots, steps, strict=True)]
            if max(map(abs, steps)) < 1e-13:
                break
        r, s, t, z = roots
        u, v, w = r * s + t * z, r * t + s * z, r * z + s * t
        value = {"product": u * v * w, "squares": u * u + v * v + w * w}.get(
            q.ask, u * v + w * (u + v)
        )
        assert abs(value - round(value.real)) < 1e-6
        return round(value.real)
