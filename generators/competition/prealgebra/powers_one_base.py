"""`powers-one-base`: the value of an expression of quotients and products of powers of one integer."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class PowersOneBase(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/prealgebra/1555.json",)
    numbers = Numbers(
        q=range(2, 11),
        m=range(3, 10),
        n=range(2, 9),
        k=range(1, 5),
        i=range(1, 4),
        j=range(1, 4),
        signs=("-+", "+-", "++"),
    )
    prints = {
        "signs": Choice(
            {
                "-+": r"<q>^<m>\div <q:again>^<n>-<q:again>^<k>+<q:again>^<i>\cdot <q:again>^<j>",
                "+-": r"<q>^<m>\div <q:again>^<n>+<q:again>^<k>-<q:again>^<i>\cdot <q:again>^<j>",
                "++": r"<q>^<m>\div <q:again>^<n>+<q:again>^<k>+<q:again>^<i>\cdot <q:again>^<j>",
            }
        )
    }
    words = {"name": PEOPLE, "friend": PEOPLE}
    texts = (
        "What is the value of $<signs>$?",
        "Evaluate the expression $<signs>$.",
        "Compute $<signs>$, and write the result as an integer without exponents.",
        "Which integer is equal to $<signs>$?",
        "<name> types $<signs>$ into a calculator, which multiplies and divides before it adds and "
        "subtracts. What integer does it show?",
        "Every week there is a puzzle in the school newspaper, and the first student who solves it "
        "gets a free lunch. This week the puzzle is to find the integer that is equal to $<signs>$ "
        "without using a calculator. <name> and <friend> notice that all of the powers have the same "
        "base, so that most of the work can be done in the exponents. What is the solution of the "
        "puzzle?",
        "Compute $<signs>$.",
        "What is $<signs>$?",
        r"Find the value of \[<signs>.\]",
    )

    def nice(self, p: Parameters) -> Any:
        largest = max(p.m - p.n, p.k, p.i + p.j)
        return 1 <= p.m - p.n <= 4 and p.q**largest <= 3000

    def same(self, p: Parameters) -> object:
        return (p.q, p.m, p.n, p.k, p.signs, *sorted((p.i, p.j)))

    def solve(self, p: Parameters) -> Any:
        product = p.q ** (p.i + p.j)
        single = p.q**p.k
        rest = {"-+": product - single, "+-": single - product, "++": single + product}
        return p.q ** (p.m - p.n) + rest[p.signs]

    def check(self, q: Parameters) -> Any:
        def power(exponent: int) -> int:
            value = 1
            for _ in range(exponent):
                value *= q.q
            return int(value)

        signs = [1 if sign == "+" else -1 for sign in q.signs]
        quotient, left = divmod(power(q.m), power(q.n))
        if left:
            raise ValueError("expected a whole quotient")
        return quotient + signs[0] * power(q.k) + signs[1] * power(q.i) * power(q.j)
