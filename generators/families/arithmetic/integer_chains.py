r"""`integer-chains`: sums and differences of large integers and of products of two.

    What is the value of $48213 - 77 \times 312 + 690421$?

Drawing, for k steps: the number m of products is uniform on 0..(k+1)//2, so that there are n = k+1-m
terms; which of the terms are products is uniform on the choices; every term but the first is added or
taken away with probability 1/2; a single integer is uniform on 1,000..999,999, a factor on 12..9,999.

The canonical form is the multiset of the signed terms, with the factors of a product in order. All
texts of a form are equally likely, and each is drawn in one way, so that `bits` is exact:

    P(F) = T(F) / ((1 + (k+1)//2) C(n, m) 2^(n-1) S^(n-m) P^(2m)),

where S and P count the integers and the factors, and T(F), the number of texts, is p (n-1)! over the
factorials of the multiplicities of the signed terms (p of them are positive, and one of these comes
first), doubled for every product of two different factors.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from math import comb, factorial, log2, prod
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import multisets

INTEGERS = range(1_000, 1_000_000)
FACTORS = range(12, 10_000)

Term: TypeAlias = tuple[int, ...]
"""A sign (1 or -1) and then one integer or two factors."""
Chain: TypeAlias = tuple[Term, ...]

_TERM = re.compile(r" ?([-+]?) ?([0-9]{2,6})(?: (?:\*|\\times) ([0-9]{2,4}))?")


class IntegerChains(DrawnFamily[Chain]):
    """The family `integer-chains`; see the module's docstring."""

    name = "integer-chains"
    random_bytes = 192
    summary = "sums and differences of integers of up to six digits and of products of two"

    def draw(self, draw: Draw, tier: int) -> Chain:
        products = draw.below((tier + 1) // 2 + 1)
        terms: list[Term] = []
        for left in range(tier + 1 - products, 0, -1):
            sign = 1 if not terms or draw.below(2) else -1
            if draw.below(left) < products:
                products -= 1
                terms.append((sign, draw.choice(FACTORS), draw.choice(FACTORS)))
            else:
                terms.append((sign, draw.choice(INTEGERS)))
        return tuple(terms)

    def tell(self, form: Chain, notation: Notation, draw: Draw) -> str:
        times = r" \times " if notation == "latex" else " * "
        text = "".join(
            (" + " if sign > 0 else " - ") + times.join(map(str, factors))
            for sign, *factors in form
        )
        return phrasing.ask(text[3:], notation, draw)

    def answer(self, form: Chain) -> str:
        return str(sum(map(prod, form)))

    def solution(self, form: Chain) -> str:
        lines = [f"{a} * {b} = {a * b}" for _, a, b in (term for term in form if len(term) == 3)]
        value = prod(form[0])
        for term in form[1:]:
            signed = prod(term)
            lines.append(f"{value} {'-' if signed < 0 else '+'} {abs(signed)} = {value + signed}")
            value += signed
        return ", ".join(lines)

    def canonical(self, form: Chain) -> str:
        return "".join(
            ("+" if sign > 0 else "-") + "*".join(map(str, sorted(factors)))
            for sign, *factors in sorted((sign, *sorted(rest)) for sign, *rest in form)
        )

    def bits(self, form: Chain) -> float:
        products = sum(len(term) == 3 for term in form)
        texts = factorial(len(form) - 1) * sum(term[0] > 0 for term in form)
        alike = Counter((sign, *sorted(factors)) for sign, *factors in form)
        if len(alike) < len(form):
            texts //= prod(map(factorial, alike.values()))
        doubled = sum(len(term) == 3 and term[1] != term[2] for term in form)
        return _text_bits(len(form), products) - doubled - log2(texts)

    def part_bits(self, form: Chain) -> float:
        """Of all terms but the last, or of one product among several terms."""
        if len(form) == 1:
            return 0.0
        parts = [form[:-1], *(((1, *term[1:]),) for term in form)]
        return max(
            (self.bits(part) for part in parts if len(part) > 1 or len(part[0]) > 2), default=0.0
        )

    def min_bits(self, tier: int) -> float:
        """No form has more than n! 2^m texts: p <= n."""
        return min(
            _text_bits(tier + 1 - m, m) - log2(factorial(tier + 1 - m)) - m
            for m in range((tier + 1) // 2 + 1)
        )

    def space(self, tier: int) -> int:
        """Multisets of signed singles and products with at least one positive term."""
        pairs = len(FACTORS) * (len(FACTORS) + 1) // 2
        return sum(
            multisets(len(INTEGERS), singles)
            * multisets(len(INTEGERS), tier + 1 - 2 * m - singles)
            * multisets(pairs, products)
            * multisets(pairs, m - products)
            for m in range((tier + 1) // 2 + 1)
            for singles in range(tier + 2 - 2 * m)
            for products in range(m + 1)
            if singles + products
        )

    def read(self, text: str) -> Chain:
        expression = phrasing.asked(text)
        terms: list[Term] = []
        position = 0
        while position < len(expression):
            match = _TERM.match(expression, position)
            if not match or bool(match[1]) != bool(terms):
                raise ValueError(f"not an integer chain: {text[:60]!r}")
            sign, factors = -1 if match[1] == "-" else 1, [int(n) for n in match.groups()[1:] if n]
            terms.append((sign, *factors))
            position = match.end()
        return tuple(terms)

    def evaluate(self, text: str) -> Fraction:
        return arithmetic_evaluator.evaluate(phrasing.asked(text))


@cache
def _text_bits(terms: int, products: int) -> float:
    """Minus log2 of the probability of one text with so many terms and products among them."""
    steps = terms + products - 1
    return (
        log2(1 + (steps + 1) // 2)
        + log2(comb(terms, products))
        + (terms - 1)
        + (terms - products) * log2(len(INTEGERS))
        + 2 * products * log2(len(FACTORS))
    )
