"""`product-match`: a combination of unknown coefficients of two factors of a given product."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template

NONZERO = [value for value in range(-6, 7) if value]


class ProductMatch(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/algebra/893.json", "test/algebra/187.json", "test/algebra/776.json")
    numbers = Numbers(
        first=range(2, 7),
        last=NONZERO,
        lead=range(2, 7),
        middle=NONZERO,
        a=NONZERO,
        b=NONZERO,
        ask=("a+b", "ab", "a-b"),
    )
    prints = {"result": Poly(), "ask": Choice({"a+b": "$a+b$", "ab": "$ab$", "a-b": "$a-b$"})}
    words = {"t": ("t", "x", "y", "z", "n", "r", "s")}
    texts = (
        "The product of $<first><t>^2+a<t><last:+>$ and $<lead><t>^2<middle:+c><t>+b$ is $<result>$. "
        "What is <ask>?",
        "If $(<first><t>^2+a<t><last:+>)(<lead><t>^2<middle:+c><t>+b)=<result>$ for all values of "
        "$<t>$, what is the value of <ask>?",
        "The polynomial $<result>$ can be factored as $(<first><t>^2+a<t><last:+>)(<lead><t>^2"
        "<middle:+c><t>+b)$, where $a$ and $b$ are integers. Find <ask>.",
        "For some constants $a$ and $b$, we have $(<first><t>^2+a<t><last:+>)(<lead><t>^2<middle:+c>"
        "<t>+b)=<result>$. Compute <ask>.",
        "A student multiplies the polynomials $<first><t>^2+a<t><last:+>$ and $<lead><t>^2<middle:+c>"
        "<t>+b$, where $a$ and $b$ stand for two constants that have become unreadable in the notebook. "
        "The result, which can still be read, is $<result>$, and it is known to be correct. What is the "
        "value of <ask>?",
        "Let $a$ and $b$ be integers such that when $<first><t>^2+a<t><last:+>$ is multiplied by "
        "$<lead><t>^2<middle:+c><t>+b$, the product is equal to $<result>$. What is <ask>?",
        "If $(<first><t>^2+a<t><last:+>)(<lead><t>^2<middle:+c><t>+b)=<result>$, what is <ask>?",
        r"Find <ask> if \[(<first><t>^2+a<t><last:+>)(<lead><t>^2<middle:+c><t>+b)=<result>.\]",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        result = polynomial(
            "t",
            p.first * p.lead,
            p.first * p.middle + p.a * p.lead,
            p.first * p.b + p.a * p.middle + p.last * p.lead,
            p.a * p.b + p.last * p.middle,
            p.last * p.b,
        )
        return {**vars(p), "result": result}

    def solve(self, p: Parameters) -> Any:
        return {"a+b": p.a + p.b, "ab": p.a * p.b, "a-b": p.a - p.b}[p.ask]

    def check(self, q: Parameters) -> Any:
        target = list(map(int, q.result.coefficients("t")))
        values = set()
        for a, b in product(range(-12, 13), repeat=2):
            expanded = [0] * 5
            for i, left in enumerate((q.last, a, q.first)):
                for j, right in enumerate((b, q.middle, q.lead)):
                    expanded[i + j] += left * right
            if expanded == target:
                values.add((a, b))
        ((a, b),) = values
        return a * b if q.ask == "ab" else a + b * (1 if q.ask == "a+b" else -1)
