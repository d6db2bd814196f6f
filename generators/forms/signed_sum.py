r"""Sums and differences of operands, of products of two and of quotients of two, over any operands.

A sum is a tuple of terms `(sign, operator, first, second)`. The sign is 1 or -1, and 1 in the first
term; the operator is `*`, `/`, or empty where the term is one operand (then `second` is empty too).
Operands are held as their plain texts.

Drawing, for k steps: the number m of terms of two operands is uniform on 0..(k+1)//2, so that there
are n = k+1-m terms; which of the terms have two operands is uniform on the choices, and each of these
is a product or a quotient with probability 1/2; every term but the first is added or taken away with
probability 1/2; every operand is uniform on the options for its place.

The canonical form is the multiset of the signed terms, with the factors of a product in order. All
texts of a form are equally likely, and each is drawn in one way, so that `bits` is exact:

    P(F) = T(F) / ((1 + (k+1)//2) C(n, m) 2^m 2^(n-1) S^(n-m) A^(2p) (B C)^q),

where p and q count the products and the quotients, and S, A, B and C the options for a single operand,
a factor, a dividend and a divisor. T(F), the number of texts, is r (n-1)! over the factorials of the
multiplicities of the signed terms (r of them are positive, and one of these comes first), doubled for
every product of two different factors. It is at most n! 2^p, and reaches that where all terms are
different and positive, so that `min_bits` is exact as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb, factorial, log2, prod
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators.forms.multisets import multisets

Term: TypeAlias = tuple[int, str, str, str]
Terms: TypeAlias = tuple[Term, ...]

_OPERATORS = {"*": "*", "/": "/", r"\times": "*", r"\div": "/"}
_SIGNS = {"+": 1, "-": -1}


@dataclass(frozen=True, eq=False)
class SignedSums:
    """The distribution of such sums with given options for the operands (see the module's docstring)."""

    singles: Sequence[str]
    factors: Sequence[str]
    dividends: Sequence[str]
    divisors: Sequence[str]

    def draw(self, draw: Draw, tier: int) -> Terms:
        """A sum of `tier` steps."""
        doubles = draw.below((tier + 1) // 2 + 1)
        terms: list[Term] = []
        for left in range(tier + 1 - doubles, 0, -1):
            sign = 1 if not terms or draw.below(2) else -1
            if draw.below(left) >= doubles:
                terms.append((sign, "", draw.choice(self.singles), ""))
                continue
            doubles -= 1
            if draw.below(2):
                terms.append((sign, "*", draw.choice(self.factors), draw.choice(self.factors)))
            else:
                terms.append((sign, "/", draw.choice(self.dividends), draw.choice(self.divisors)))
        return tuple(terms)

    def canonical(self, terms: Terms) -> str:
        """The name of a sum up to commutation."""
        return "".join(
            f"{'+' if sign > 0 else '-'}{first}{operator}{second}"
            for sign, operator, first, second in sorted(map(_in_order, terms))
        )

    def bits(self, terms: Terms) -> float:
        """Minus log2 of the probability of a sum's canonical form."""
        kinds = [term[1] for term in terms]
        products = kinds.count("*")
        texts = factorial(len(terms) - 1) * sum(term[0] > 0 for term in terms)
        ordered = list(map(_in_order, terms))
        if len(set(ordered)) < len(ordered):
            texts //= prod(map(factorial, Counter(ordered).values()))
        texts <<= sum(term[1] == "*" and term[2] != term[3] for term in terms)
        return _text_bits(self, len(terms), products, kinds.count("/")) - log2(texts)

    def part_bits(self, terms: Terms) -> float:
        """Of all terms but the last, or of one product or quotient among several terms."""
        if len(terms) == 1:
            return 0.0
        parts = [terms[:-1], *(((1, *term[1:]),) for term in terms)]
        return max((self.bits(part) for part in parts if len(part) > 1 or part[0][1]), default=0.0)

    def min_bits(self, tier: int) -> float:
        """The min-entropy of a tier."""
        return _min_bits(self, tier)

    def space(self, tier: int) -> int:
        """Multisets of signed terms with at least one positive among them."""
        singles = len(self.singles)
        doubles = comb(len(self.factors) + 1, 2) + len(self.dividends) * len(self.divisors)
        return sum(
            multisets(singles, alone)
            * multisets(singles, tier + 1 - 2 * m - alone)
            * multisets(doubles, paired)
            * multisets(doubles, m - paired)
            for m in range((tier + 1) // 2 + 1)
            for alone in range(tier + 2 - 2 * m)
            for paired in range(m + 1)
            if alone + paired
        )


def write(
    terms: Terms,
    operators: dict[str, str],
    single: Callable[[str], str],
    paired: Callable[[str], str],
) -> str:
    """A sum as an expression with a space around every operator.

    Args:
        terms: the sum.
        operators: how the operators `*` and `/` are printed, with the spaces.
        single: how an operand is printed that is a term by itself.
        paired: how one is printed that is part of a product or quotient.
    """
    text = ""
    for sign, operator, first, second in terms:
        text += " + " if sign > 0 else " - "
        text += paired(first) + operators[operator] + paired(second) if operator else single(first)
    return text[3:]


def read(expression: str, operand: Callable[[str], str]) -> Terms:
    """The sum that `write` printed.

    Args:
        expression: the printed sum.
        operand: the plain text of a printed operand; it raises ValueError for anything else.

    Raises:
        ValueError: if the expression is no such sum.
    """
    tokens = ["+", *expression.split(" ")]
    if len(tokens) < 4 or len(tokens) % 2:
        raise ValueError(f"not a sum: {expression[:60]!r}")
    terms: list[Term] = []
    for sign, token in zip(tokens[::2], tokens[1::2], strict=True):
        if sign in _SIGNS:
            terms.append((_SIGNS[sign], "", operand(token), ""))
        elif sign in _OPERATORS and not terms[-1][1]:
            terms[-1] = (terms[-1][0], _OPERATORS[sign], terms[-1][2], operand(token))
        else:
            raise ValueError(f"not a sum of such terms: {expression[:60]!r}")
    return tuple(terms)


def _in_order(term: Term) -> Term:
    sign, operator, first, second = term
    return (sign, operator, second, first) if operator == "*" and second < first else term


@cache
def _min_bits(sums: SignedSums, tier: int) -> float:
    return min(
        _text_bits(sums, tier + 1 - m, m - quotients, quotients)
        - log2(factorial(tier + 1 - m))
        - (m - quotients)
        for m in range((tier + 1) // 2 + 1)
        for quotients in range(m + 1)
    )


@cache
def _text_bits(sums: SignedSums, terms: int, products: int, quotients: int) -> float:
    """Minus log2 of the probability of one text with so many terms of each kind."""
    doubles = products + quotients
    steps = terms + doubles - 1
    return (
        log2(1 + (steps + 1) // 2)
        + log2(comb(terms, doubles))
        + doubles
        + (terms - 1)
        + (terms - doubles) * log2(len(sums.singles))
        + 2 * products * log2(len(sums.factors))
        + quotients * log2(len(sums.dividends) * len(sums.divisors))
    )
