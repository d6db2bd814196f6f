"""`power-sum-remainder`: the remainder of a sum or difference of two powers."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Name
from generators.competition.template import Template


class PowerSumRemainder(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = (
        "test/number_theory/769.json",
        "test/number_theory/686.json",
        "test/number_theory/1185.json",
    )
    numbers = Numbers(
        a=range(12, 200),
        b=range(12, 200),
        m=range(10, 100),
        n=range(10, 100),
        q=(5, 7, 9, 11, 13, 17, 19, 23),
        sign=("+", "-"),
    )
    prints = {"sign": Name("+", "-")}
    fixed = ("sign",)
    texts = (
        "What is the remainder when $<a>^{<m>}<sign><b>^{<n>}$ is divided by $<q>$?",
        "Compute the remainder when $<q>$ is divided into $<a>^{<m>}<sign><b>^{<n>}$.",
        r"If $<a>^{<m>}<sign><b>^{<n>} \equiv r \pmod{<q>}$ and $0 \le r < <q:again>$, what is the "
        r"value of $r$?",
        "Let $N=<a>^{<m>}<sign><b>^{<n>}$. The integer $N$ is so large that a calculator cannot "
        "show all of its digits, but it is not necessary to know these digits in order to divide "
        "$N$ by <q>. Only the remainders of powers of <a:again> and <b:again> matter. What "
        "remainder does $N$ leave when it is divided by <q:again>?",
        "A computer prints all of the digits of the number $<a>^{<m>}<sign><b>^{<n>}$. The number "
        "is then divided by <q>. What is the remainder of this division?",
        "What is the residue of $<a>^{<m>}<sign><b>^{<n>}$ modulo $<q>$?",
        "What remainder does $<a>^{<m>}<sign><b>^{<n>}$ leave upon division by $<q>$?",
        "Find the remainder of $<a>^{<m>}<sign><b>^{<n>}$ modulo $<q>$.",
    )

    def nice(self, p: Parameters) -> Any:
        larger = p.a > p.b and p.m > p.n
        return p.a % p.q and p.b % p.q and p.a != p.b and (p.sign == "+" or larger)

    def same(self, p: Parameters) -> object:
        powers = ((p.a, p.m), (p.b, p.n))
        return (p.sign, p.q, frozenset(powers) if p.sign == "+" else powers)

    orbit = 2

    def solve(self, p: Parameters) -> Any:
        first, second = pow(p.a, p.m, p.q), pow(p.b, p.n, p.q)
        return (first + second if p.sign == "+" else first - second) % p.q

    def check(self, q: Parameters) -> Any:
        return (q.a**q.m + (1 if q.sign == "+" else -1) * q.b**q.n) % q.q
