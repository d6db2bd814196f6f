"""`integer-chains`: sums and differences of large integers and of products of two.

    What is the value of $48213 - 77 \\times 312 + 690421$?

A single integer is uniform on 1,000..999,999, a factor on 12..9,999. The rest of the drawing, the
canonical form and the proof that `bits` is exact are in `generators.forms.signed_sum`.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import SignedSum
from generators.forms.sum_family import Sum, SumFamily
from generators.forms.term_kind import UniformKind

INTEGERS = range(1_000, 1_000_000)
FACTORS = range(12, 10_000)


class IntegerChains(SumFamily):
    name = "integer-chains"
    version = 2
    random_bytes = 192
    summary = "sums and differences of integers of up to six digits and of products of two"
    sums = SignedSum([UniformKind("", INTEGERS), UniformKind("*", FACTORS, FACTORS)])

    def render(self, form: Sum, notation: Notation, draw: Draw) -> str:
        text = signed_sum.write(form.terms, signed_sum.OPERATORS[notation])
        return phrasing.ask(text, notation, draw)

    def answer(self, form: Sum) -> str:
        return str(sum([sign * prod(operands) for sign, _, operands in form.terms]))

    def solution(self, form: Sum) -> str:
        products = [operands for _, name, operands in form.terms if name]
        lines = [f"{a} * {b} = {a * b}" for a, b in products]
        values = [sign * prod(operands) for sign, _, operands in form.terms]
        return ", ".join(lines + signed_sum.worked_sum(values))

    def read(self, text: str) -> Sum:
        return Sum(self.sums.read(phrasing.expression_of(text), signed_sum.whole))

    def evaluate(self, text: str) -> Fraction:
        return arithmetic_evaluator.evaluate(phrasing.expression_of(text))
