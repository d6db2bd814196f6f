"""`complete-a-power`: the least integer that makes a multiple (a quotient) of n a perfect power."""

from __future__ import annotations

from math import prod
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name
from generators.competition.template import Template

POWERS = ("square", "cube", "fourth power")
RANKS = ("smallest", "second", "third")
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23)
SMOOTH = sorted(n for n in range(12, 4001) if prod(PRIMES) ** 11 % n == 0)


class CompleteAPower(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/number_theory/89.json",
        "test/number_theory/515.json",
        "test/number_theory/1032.json",
    )
    numbers = Numbers(
        form=("times", "over"),
        ask=RANKS,
        power=POWERS,
        n=SMOOTH,
    )
    prints = {
        "form": Choice(times="$<n><k>$", over=r"$\frac{<n>}{<k>}$"),
        "ask": Choice(smallest="smallest", second="second smallest", third="third smallest"),
        "power": Name(*POWERS),
    }
    words = {"k": ("k", "n", "x", "a", "m", "b")}
    fixed = ("power",)
    texts = (
        "What is the <ask> positive integer $<k>$ that makes <form> a perfect <power>?",
        "Let $<k>$ be the <ask> positive integer that turns <form> into a perfect <power>. Find "
        "$<k>$.",
        "For some positive integers $<k>$, the value of <form> is a perfect <power>. What is the "
        "<ask> of these integers?",
        "Suppose that $<k>$ is a positive integer and that <form> is a perfect <power>. Compute "
        "the <ask> possible value of $<k>$.",
        "A positive integer is called a perfect <power> if it is equal to the <power:again> of an "
        "integer. All of the positive integers $<k>$ that make <form> a perfect <power:again> are "
        "written in a list in increasing order. What is the <ask> integer in this list?",
        "Which positive integer $<k>$ is the <ask> one such that <form> is a <power>?",
        "Determine the <ask> positive integer $<k>$ so that <form> is a perfect <power>.",
        "If <form> is a perfect <power>, what is the <ask> possible value of the positive integer "
        "$<k>$?",
    )

    def nice(self, p: Parameters) -> Any:
        k = self.solve(p)
        if p.form == "over":
            return p.ask == "smallest" and 2 <= k < p.n
        trivial = p.n ** (POWERS.index(p.power) + 1)
        return 2 <= k <= 5000 and k % trivial

    def solve(self, p: Parameters) -> Any:
        power, rest, prime, k = POWERS.index(p.power) + 2, p.n, 2, 1
        while rest > 1:
            if prime * prime > rest:
                prime = rest
            exponent = 0
            while rest % prime == 0:
                rest //= prime
                exponent += 1
            k *= prime ** (exponent % power if p.form == "over" else -exponent % power)
            prime += 1
        return k * (RANKS.index(p.ask) + 1) ** power

    def check(self, q: Parameters) -> Any:
        power = POWERS.index(q.power) + 2
        if q.form == "over":
            root = int(q.n ** (1 / power)) + 1
            while q.n % root**power:
                root -= 1
            return q.n // root**power
        multiples: list[int] = []
        root = 1
        while len(multiples) < 3:
            if root**power % q.n == 0:
                multiples.append(root**power // q.n)
            root += 1
        return multiples[RANKS.index(q.ask)]
