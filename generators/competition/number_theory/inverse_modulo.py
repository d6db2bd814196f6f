"""`inverse-modulo`: the inverse of an integer modulo another."""

from __future__ import annotations

from math import gcd
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template


class InverseModulo(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/number_theory/1065.json",
        "test/number_theory/634.json",
        "test/number_theory/1000.json",
    )
    numbers = Numbers(a=range(3, 140), m=range(11, 150))
    words = {"x": ("x", "n", "t", "b", "y"), "thing": ("lever", "handle", "rope", "chain")}
    texts = (
        r"Compute $<a>^{-1} \pmod{<m>}$. Express your answer as a positive integer less than "
        r"<m:again>.",
        "What is the inverse of <a> modulo <m>, if it is written as a positive integer less than "
        "<m:again>?",
        r"Find the integer $<x>$ such that $<a><x> \equiv 1 \pmod{<m>}$ and $0 < <x> < <m:again>$.",
        "If $<x>$ is a positive integer less than <m> and the product of $<x>$ and <a> leaves a "
        "remainder of 1 when it is divided by <m:again>, what is the value of $<x>$?",
        "The rim of a wheel has <m> positions, which are numbered in order from 0 on, and a "
        "pointer stands at position 0. Each pull of a <thing> moves the pointer forward <a> "
        "positions, and from the last position it always goes on to position 0 again. How many "
        "times must the <thing> be pulled until the pointer stops at position 1 for the first "
        "time?",
        r"If $<a><x> \equiv 1 \pmod{<m>}$ and $0 < <x> < <m:again>$, what is $<x>$?",
        "What is the inverse of <a> modulo <m> between 0 and <m:again>?",
        r"Solve $<a><x> \equiv 1 \pmod{<m>}$ for an integer $<x>$ from 1 to <m:again>.",
    )

    def nice(self, p: Parameters) -> Any:
        return p.a < p.m - 1 and gcd(p.a, p.m) == 1

    def solve(self, p: Parameters) -> Any:
        return pow(p.a, -1, p.m)

    def check(self, q: Parameters) -> Any:
        position, pulls = q.a, 1
        while position != 1:
            position = (position + q.a) % q.m
            pulls += 1
        return pulls
