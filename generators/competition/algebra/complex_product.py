"""`complex-product`: the product of two complex numbers plus a third one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Complex
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE

NONZERO = [value for value in range(-9, 10) if value]


class ComplexProduct(Template):
    """See the module's docstring."""

    level, answer = 3, Complex()
    kin = ("test/algebra/1098.json", "test/algebra/2264.json")
    numbers = Numbers(
        a=NONZERO, b=NONZERO, c=NONZERO, d=NONZERO, e=range(1, 10), sign=("+", "-"), unit=("i", "1")
    )
    prints = {
        "first": Poly(),
        "second": Poly(),
        "sign": Choice({"+": "+", "-": "-"}),
        "unit": Choice({"i": "<e:c>i", "1": "<e>"}),
    }
    words = {"name": PEOPLE}
    texts = (
        "Evaluate $(<first>)(<second>)<sign><unit>$.",
        "If $z=<first>$ and $w=<second>$, what is the value of $zw<sign><unit>$, where $i^2=-1$?",
        "Write $(<first>)(<second>)<sign><unit>$ in the form $x+yi$, where $x$ and $y$ are real "
        "numbers.",
        "What is $(<first>)(<second>)<sign><unit>$ if $i$ is the imaginary unit, so that $i^2=-1$?",
        "<name> has a program that keeps a complex number in its memory. At first this number is "
        "$<first>$. The program multiplies it by $<second>$, and after that it computes "
        "$v<sign><unit>$ from the number $v$ that is now in the memory. What is the final result, if "
        "$i$ denotes the imaginary unit?",
        "Let $i$ be a number such that $i^2=-1$. Simplify $(<first>)(<second>)<sign><unit>$.",
        "Compute $(<first>)(<second>)<sign><unit>$.",
        "Simplify $(<first>)(<second>)<sign><unit>$, where $i^2=-1$.",
        "What is the value of $(<first>)(<second>)<sign><unit>$?",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        return all(self.solve(p))

    def same(self, p: Parameters) -> object:
        return (frozenset(((p.a, p.b), (p.c, p.d))), p.e, p.sign, p.unit)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        first, second = Polynomial([(p.a, ""), (p.b, "i")]), Polynomial([(p.c, ""), (p.d, "i")])
        return {**vars(p), "first": first, "second": second}

    def solve(self, p: Parameters) -> Any:
        more = p.e if p.sign == "+" else -p.e
        real, imaginary = p.a * p.c - p.b * p.d, p.a * p.d + p.b * p.c
        return (real + more, imaginary) if p.unit == "1" else (real, imaginary + more)

    def check(self, q: Parameters) -> Any:
        first, second = (
            complex(float(factor.coefficient()), float(factor.coefficient("i")))
            for factor in (q.first, q.second)
        )
        last = q.e * (1j if q.unit == "i" else 1)
        value = first * second + last if q.sign == "+" else first * second - last
        return round(value.real), round(value.imag)
