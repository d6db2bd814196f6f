"""`digits-of-decimal`: digits of the terminating decimal of a fraction in factored form."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class DigitsOfDecimal(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/number_theory/183.json",
        "test/number_theory/598.json",
        "test/prealgebra/465.json",
        "test/number_theory/255.json",
    )
    numbers = Numbers(
        ask=("sum", "zeros", "places"), a=range(11, 1000), m=range(2, 10), n=range(2, 10)
    )
    prints = {
        "ask": Choice(
            sum="the sum of the digits of",
            zeros="the number of zeros between the decimal point and the first nonzero digit of",
            places="the number of digits to the right of the decimal point in",
        )
    }
    words = {"name": PEOPLE}
    texts = (
        r"What is <ask> the number $\frac{<a>}{2^<m>\cdot 5^<n>}$, written as a terminating "
        r"decimal?",
        r"Determine <ask> the decimal form of $\frac{<a>}{2^<m>\cdot 5^<n>}$.",
        r"If $\frac{<a>}{2^<m>\cdot 5^<n>}$ is written as a decimal, what is <ask> the result?",
        r"The fraction $\frac{<a>}{2^<m>\cdot 5^<n>}$ is equal to a terminating decimal, which ends "
        r"in a nonzero digit. What is <ask> this decimal?",
        "<name> divides one positive integer by another on a computer that prints as many digits "
        "as are needed. The first integer is <a>, and the second is the product of $2^<m>$ and "
        "$5^<n>$. Since the second integer has no prime factors except 2 and 5, the result is a "
        "terminating decimal. What is <ask> this decimal?",
        r"What is <ask> $\frac{<a>}{2^<m>\cdot 5^<n>}$ as a decimal?",
        r"Compute <ask> $\frac{<a>}{2^<m>\cdot 5^<n>}$, written as a decimal.",
        r"When $\frac{<a>}{2^<m>\cdot 5^<n>}$ is expressed as a terminating decimal, what is <ask> "
        "the decimal?",
    )

    def nice(self, p: Parameters) -> Any:
        if p.a % 2 == 0 or p.a % 5 == 0 or not 1 <= abs(p.m - p.n) <= 4:
            return False
        return p.ask != "zeros" or self.solve(p) > 0

    def solve(self, p: Parameters) -> Any:
        places = max(p.m, p.n)
        scaled = str(p.a * 2 ** (places - p.m) * 5 ** (places - p.n))
        if p.ask == "sum":
            return sum(map(int, scaled))
        return places - len(scaled) if p.ask == "zeros" else places

    def check(self, q: Parameters) -> Any:
        below = 2**q.m * 5**q.n
        whole, rest = divmod(q.a, below)
        digits = []
        while rest:
            digit, rest = divmod(10 * rest, below)
            digits.append(digit)
        if q.ask == "sum":
            return sum(digits) + sum(map(int, str(whole)))
        return next(i for i, d in enumerate(digits) if d) if q.ask == "zeros" else len(digits)
