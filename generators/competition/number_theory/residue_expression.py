"""`residue-expression`: the remainder of a polynomial value when that of its argument is given."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SHIFTS = tuple(
    (s, t, u)
    for s, t, u in product(range(1, 13), repeat=3)
    if s < 4 or s < t < u  # a quadratic or a product
)


class ResidueExpression(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = (
        "test/number_theory/627.json",
        "test/number_theory/753.json",
        "test/number_theory/686.json",
    )
    numbers = Numbers(
        form=("product", "quadratic"),
        m=range(5, 16),
        r=range(1, 15),
        shifts=SHIFTS,
    )
    prints = {
        "form": Choice(
            product="$(<n>+<s>)(<n>+<t>)(<n>+<u>)$",
            quadratic="$<s:c><n>^2+<t:c><n>+<u>$",
        ),
        **dict.fromkeys(("s", "t", "u"), Whole()),
    }
    words = {"n": ("n", "k", "x", "a", "m", "t"), "name": PEOPLE}
    texts = (
        r"If $<n> \equiv <r> \pmod{<m>}$, what is the remainder when <form> is divided by "
        r"<m:again>?",
        r"Determine the remainder of <form> modulo <m> if $<n> \equiv <r> \pmod{<m:again>}$.",
        "After division by <m>, the integer $<n>$ has a remainder of <r>. What remainder does the "
        "value of <form> have after division by <m:again>?",
        "An integer $<n>$ leaves a remainder of <r> when it is divided by <m>. If <name> evaluates "
        "<form> and then divides the result by <m:again>, what remainder does <name:1> get?",
        "Let $<n>$ be a positive integer such that $<n>-<r>$ is a multiple of <m>. There are "
        "infinitely many integers like this, so the value of <form> is not known. However, its "
        "remainder after division by <m:again> is always the same. What is the value of this "
        "remainder?",
        r"If $<n> \equiv <r> \pmod{<m>}$, what is the remainder of <form> modulo <m:again>?",
        r"Let $<n> \equiv <r> \pmod{<m>}$. What remainder does <form> leave upon division by "
        "<m:again>?",
        r"Compute the remainder of <form> upon division by <m> if $<n> \equiv <r> \pmod{<m:again>}$.",
    )

    def nice(self, p: Parameters) -> Any:
        s, t, u = p.shifts
        shape = s < t < u if p.form == "product" else s < 4 and t % p.m
        return p.r < p.m and shape and ((s + t + u) % 5 == 0 or self.solve(p))

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        s, t, u = p.shifts
        return {"form": p.form, "m": p.m, "r": p.r, "s": s, "t": t, "u": u}

    def solve(self, p: Parameters) -> Any:
        s, t, u = p.shifts
        if p.form == "product":
            return (p.r + s) * (p.r + t) * (p.r + u) % p.m
        return ((s * p.r + t) * p.r + u) % p.m

    def check(self, q: Parameters) -> Any:
        found = set()
        for n in range(q.r, q.r + 6 * q.m, q.m):
            if q.form == "product":
                factors = (n + q.s, n + q.t, n + q.u)
                value = sum(factors[0] * factors[1] for _ in range(factors[2]))
            else:
                value = q.s * n**2 + q.t * n + q.u
            found.add(value - q.m * (value // q.m))
        (remainder,) = found
        return remainder
