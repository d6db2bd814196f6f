"""`repeating-decimals`: a sum or difference of two or three repeating decimals as a fraction."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Digits, Name
from generators.competition.template import Template
from generators.competition.words import PEOPLE

ONE = tuple((d,) for d in range(1, 9))
BLOCKS = (*ONE, *((d, e) for d in range(10) for e in range(10) if d != e))


class RepeatingDecimals(Template):
    """See the module's docstring."""

    level, answer = 4, Rationals()
    kin = ("test/prealgebra/153.json", "test/number_theory/533.json")
    numbers = Numbers(a=BLOCKS, b=BLOCKS, c=ONE, s=("+", "-"), u=("+", "-"), sum=("two", "three"))
    prints = {
        "a": Digits(),
        "b": Digits(),
        "c": Digits(),
        "s": Name("+", "-"),
        "u": Name("+", "-"),
        "sum": Choice(
            two=r"0.\overline{<a>}<s>0.\overline{<b>}",
            three=r"0.\overline{<a>}<s>0.\overline{<b>}<u>0.\overline{<c>}",
        ),
    }
    words = {"name": PEOPLE}
    texts = (
        "Compute $<sum>$. Express your answer as a common fraction.",
        "What common fraction is equal to $<sum>$?",
        "Write the value of $<sum>$ as a fraction in lowest terms.",
        "In a repeating decimal, the bar stands over the digits that repeat forever. Write the "
        "number $<sum>$ as a fraction in lowest terms.",
        "When <name> types the problem $<sum>$ into a calculator, only the first few digits of the "
        "result fit on the screen. From these digits, <name:1> cannot tell what the result is "
        "exactly. So <name:1> writes every repeating decimal in the problem as a fraction first. "
        "What is the exact result? Express your answer as a common fraction.",
        "If $<sum>$ is written as a quotient of two integers, and the quotient is then reduced to "
        "lowest terms, what is the result?",
        "What is $<sum>$ as a common fraction?",
        "What fraction in lowest terms is equal to $<sum>$?",
        "Evaluate $<sum>$ as a common fraction.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.sum == "two" and (p.c, p.u) != ((1,), "+"):
            return False
        value = self.solve(p)
        return value > 0 and value.denominator > 1 and p.a != p.b

    def same(self, p: Parameters) -> object:
        terms = [(p.a, "+"), (p.b, p.s), *([(p.c, p.u)] if p.sum == "three" else [])]
        return tuple(sorted(terms))

    orbit = 6

    def solve(self, p: Parameters) -> Any:
        value = block(p.a) + (block(p.b) if p.s == "+" else -block(p.b))
        if p.sum == "three":
            value += block(p.c) if p.u == "+" else -block(p.c)
        return value

    def check(self, q: Parameters) -> Any:
        # Integers 10^12 times the decimals, cut off; the fraction of nines that is close enough.
        terms = [(q.a, "+"), (q.b, q.s), *([(q.c, q.u)] if q.sum == "three" else [])]
        total = 0
        for digits, sign in terms:
            cut = int("".join(map(str, digits * 12))[:12])
            total += cut if sign == "+" else -cut
        (found,) = (n for n in range(1, 300) if abs(n * 10**12 - total * 99) < 1000)
        return Fraction(found, 99)


def block(digits: tuple[int, ...]) -> Fraction:
    """The value of a repeating decimal with this period after the point."""
    value = 0
    for digit in digits:
        value = 10 * value + digit
    return Fraction(value, 10 ** len(digits) - 1)
