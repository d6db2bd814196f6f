"""`nested-root-count`: for how many real numbers a root inside a root has a wanted value."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31)


class NestedRootCount(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/algebra/1282.json", "test/algebra/2176.json")
    numbers = Numbers(
        a=range(20, 901),
        b=range(-20, 21),
        m=range(1, 5),
        kind=("integer", "even", "odd", "prime"),
    )
    prints = {
        "kind": Choice(
            integer="an integer", even="an even integer", odd="an odd integer", prime="a prime"
        ),
        "inside": Poly(),
    }
    words = {"x": ("x", "y", "t", "z", "r"), "name": PEOPLE}
    texts = (
        r"For how many real numbers $<x>$ is $\sqrt{<a>-\sqrt{<inside>}}$ <kind>?",
        r"How many real values of $<x>$ make $\sqrt{<a>-\sqrt{<inside>}}$ <kind>?",
        r"Let $f(<x>)=\sqrt{<a>-\sqrt{<inside>}}$. For how many real numbers $<x>$ is $f(<x>)$ defined "
        "and equal to <kind>?",
        r"If $<x>$ is a real number, then $\sqrt{<a>-\sqrt{<inside>}}$ may or may not be <kind>. How "
        "many values of $<x>$ are there such that it is?",
        r"<name> has a calculator that shows $\sqrt{<a>-\sqrt{<inside>}}$ exactly for every real number "
        "$<x>$ that is typed in, as long as the expression is a real number. The display turns green "
        "whenever the result is <kind>, and it stays gray in all other cases. How many real numbers "
        "$<x>$ turn the display green?",
        r"Find the number of real $<x>$ such that $\sqrt{<a>-\sqrt{<inside>}}$ is <kind>.",
        r"For how many real values of $<x>$ is \[\sqrt{<a>-\sqrt{<inside>}}\] <kind>?",
    )

    def nice(self, p: Parameters) -> Any:
        return 2 <= self.solve(p) <= 40

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"a": p.a, "inside": polynomial("x", p.m, p.b), "kind": p.kind}

    def solve(self, p: Parameters) -> Any:
        largest = isqrt(p.a)
        if p.kind == "prime":
            return sum(prime <= largest for prime in PRIMES)
        return {"integer": largest + 1, "even": largest // 2 + 1, "odd": (largest + 1) // 2}[p.kind]

    def check(self, q: Parameters) -> Any:
        def wanted(k: int) -> Any:
            if q.kind == "prime":
                return k > 1 and all(k % d for d in range(2, k))
            return q.kind == "integer" or k % 2 == (q.kind == "odd")

        slope, constant = q.inside.coefficient("x"), q.inside.coefficient()
        found = set()
        for k in range(60):
            root = q.a - k * k
            if root >= 0 and wanted(k):
                x = (root * root - constant) / slope
                assert q.inside.at(x=x) == root * root
                found.add(x)
        return len(found)
