r"""`modular-arithmetic`: sums and differences of integers, products and powers, modulo an integer.

    Find the least non-negative residue of $48213^{771} - 7712 \times 31290 + 690421$ modulo $48611$.

The modulus is uniform on 1,000..99,999. For k steps, the number h of products and powers is uniform on
1..(k+1)//2, so that there are n = k+1-h terms; which of the terms are such is uniform on the choices,
and each of them is a product or a power with probability 1/2; every term but the first is added or taken
away with probability 1/2; a single integer is uniform on 1,000..999,999, a factor on 101..99,999, a
base on 12..99,999 and an exponent on 11..999. Taking a residue is part of a step and counts as none.

The canonical form is the modulus and the multiset of the signed terms, with the factors of a product in
order. All texts of a form are equally likely, and each is drawn in one way, so that `bits` is exact:

    P(F) = T(F) / (M ((k+1)//2) C(n, h) 2^h 2^(n-1) S^(n-h) A^(2x) (B E)^(h-x)),

where x of the h are products and M, S, A, B and E count the moduli, integers, factors, bases and
exponents. T(F), the number of texts, is p (n-1)! over the factorials of the multiplicities of the signed
terms (p of them are positive, and one of these comes first), doubled for every product of two different
factors. It is at most n! 2^x, and reaches that where all terms are different and positive, so that
`min_bits` is exact as well.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from math import comb, factorial, log2, prod
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.family import NOTATIONS, DrawnFamily, Notation
from generators.forms.multisets import multisets

MODULI = range(1_000, 100_000)
INTEGERS = range(1_000, 1_000_000)
FACTORS = range(101, 100_000)
BASES = range(12, 100_000)
EXPONENTS = range(11, 1_000)

INTEGER, PRODUCT, POWER = range(3)

Term: TypeAlias = tuple[int, int, int, int]
"""A sign (1 or -1), `INTEGER`, `PRODUCT` or `POWER`, and two numbers, the second 0 for an integer."""

_WORDINGS: dict[Notation, tuple[str, ...]] = {
    "latex": (
        "Find the least non-negative residue of $EXPRESSION$ modulo $MODULUS$.",
        "What is the least non-negative residue of $EXPRESSION$ modulo $MODULUS$?",
        "Calculate $EXPRESSION$ modulo $MODULUS$. Give the least non-negative residue.",
        r"Find the integer $r$ with $r \equiv EXPRESSION \pmod{MODULUS}$ and $0 \le r < MODULUS$.",
    ),
    "plain": (
        "Find the least non-negative residue of EXPRESSION modulo MODULUS.",
        "What is the least non-negative residue of EXPRESSION modulo MODULUS?",
        "Calculate EXPRESSION modulo MODULUS. Give the least non-negative residue.",
        "Find the integer r with 0 <= r < MODULUS that is congruent to EXPRESSION modulo MODULUS.",
    ),
}
_POWER = {
    "latex": re.compile(r"([1-9][0-9]{1,5})(?:\^\{([1-9][0-9]{1,2})\})?"),
    "plain": re.compile(r"([1-9][0-9]{1,5})(?:\^([1-9][0-9]{1,2}))?"),
}
_TIMES = {"latex": r"\times", "plain": "*"}
_RANGES = {INTEGER: (INTEGERS, range(1)), PRODUCT: (FACTORS, FACTORS), POWER: (BASES, EXPONENTS)}


class Residue(NamedTuple):
    """The computation: a sum of signed terms, of which the first is positive, and the modulus."""

    modulus: int
    terms: tuple[Term, ...]


class ModularArithmetic(DrawnFamily[Residue]):
    """The family `modular-arithmetic`; see the module's docstring."""

    name = "modular-arithmetic"
    random_bytes = 132
    summary = (
        "residues of sums of integers, products and powers modulo a number of four or five digits"
    )

    def draw(self, draw: Draw, tier: int) -> Residue:
        modulus = draw.choice(MODULI)
        heavy = 1 + draw.below((tier + 1) // 2)
        terms: list[Term] = []
        for left in range(tier + 1 - heavy, 0, -1):
            sign = 1 if not terms or draw.below(2) else -1
            if draw.below(left) >= heavy:
                terms.append((sign, INTEGER, draw.choice(INTEGERS), 0))
                continue
            heavy -= 1
            if draw.below(2):
                terms.append((sign, PRODUCT, draw.choice(FACTORS), draw.choice(FACTORS)))
            else:
                terms.append((sign, POWER, draw.choice(BASES), draw.choice(EXPONENTS)))
        return Residue(modulus, tuple(terms))

    def tell(self, form: Residue, notation: Notation, draw: Draw) -> str:
        latex = notation == "latex"
        text = ""
        for sign, kind, a, b in form.terms:
            text += " + " if sign > 0 else " - "
            if kind == INTEGER:
                text += str(a)
            elif kind == PRODUCT:
                text += rf"{a} \times {b}" if latex else f"{a} * {b}"
            else:
                text += f"{a}^{{{b}}}" if latex else f"{a}^{b}"
        wording = draw.choice(_WORDINGS[notation])
        return wording.replace("EXPRESSION", text[3:]).replace("MODULUS", str(form.modulus))

    def answer(self, form: Residue) -> str:
        return str(sum([t[0] * _residue(t, form.modulus) for t in form.terms]) % form.modulus)

    def solution(self, form: Residue) -> str:
        modulus, lines, residues = form.modulus, [], []
        for term in form.terms:
            residues.append(_residue(term, modulus))
            if term[1] != INTEGER:
                lines.append(f"{_plain(term)} = {residues[-1]}")
        value = residues[0]
        for (sign, *_), residue in zip(form.terms[1:], residues[1:], strict=True):
            found = (value + sign * residue) % modulus
            lines.append(f"{value} {'+' if sign > 0 else '-'} {residue} = {found}")
            value = found
        return f"modulo {modulus}: " + ", ".join(lines)

    def canonical(self, form: Residue) -> str:
        terms = sorted(map(_in_order, form.terms))
        return f"mod {form.modulus}: " + "".join(
            ("+" if term[0] > 0 else "-") + _plain(term) for term in terms
        )

    def bits(self, form: Residue) -> float:
        terms = form.terms
        texts = factorial(len(terms) - 1) * sum([term[0] > 0 for term in terms])
        products = powers = 0
        for _, kind, a, b in terms:
            if kind == PRODUCT:
                products += 1
                texts <<= a != b
            elif kind == POWER:
                powers += 1
        ordered = list(map(_in_order, terms))
        if len(set(ordered)) < len(ordered):
            texts //= prod(map(factorial, Counter(ordered).values()))
        return _text_bits(len(terms), products, powers) - log2(texts)

    def part_bits(self, form: Residue) -> float:
        """Of all terms but the last, or of one product or power among several terms."""
        if len(form.terms) == 1:
            return 0.0
        alone: list[tuple[Term, ...]] = [((1, *term[1:]),) for term in form.terms]
        return max(
            self.bits(Residue(form.modulus, part))
            for part in (form.terms[:-1], *alone)
            if any(term[1] != INTEGER for term in part)
        )

    def min_bits(self, tier: int) -> float:
        """The min-entropy of the tier: a form of different and positive terms is the likeliest."""
        return _min_bits(tier)

    def space(self, tier: int) -> int:
        """Multisets of signed terms with at least one positive among them, for every modulus."""
        return len(MODULI) * sum(
            _multisets(tier + 1 - h, x, h - x, 2) - _multisets(tier + 1 - h, x, h - x, 1)
            for h in range(1, (tier + 1) // 2 + 1)
            for x in range(h + 1)
        )

    def read(self, text: str) -> Residue:
        notation, expression, modulus = _asked(text)
        tokens = ["+", *expression.split(" ")]
        if len(tokens) % 2:
            raise ValueError(f"ends with an operator: {expression[:60]!r}")
        terms: list[Term] = []
        for sign, token in zip(tokens[::2], tokens[1::2], strict=True):
            match = _POWER[notation].fullmatch(token)
            if not match:
                raise ValueError(f"not an integer or a power: {token[:40]!r}")
            a, b = int(match[1]), int(match[2] or 0)
            if sign == _TIMES[notation] and terms[-1][1] == INTEGER and not b:
                terms[-1] = (terms[-1][0], PRODUCT, terms[-1][2], a)
            elif sign in ("+", "-"):
                terms.append((1 if sign == "+" else -1, POWER if b else INTEGER, a, b))
            else:
                raise ValueError(f"not a sum of products and powers: {expression[:60]!r}")
        for _, kind, a, b in terms:
            if a not in _RANGES[kind][0] or b not in _RANGES[kind][1]:
                raise ValueError(f"no term of this family has {a} and {b}")
        if modulus not in MODULI or all(term[1] == INTEGER for term in terms):
            raise ValueError(f"no residue of this family: {text[:60]!r}")
        return Residue(modulus, tuple(terms))

    def evaluate(self, text: str) -> Fraction:
        """The exact value, which may have thousands of digits, and only then its residue."""
        _, expression, modulus = _asked(text)
        value = arithmetic_evaluator.evaluate(expression)
        return Fraction(int(value) % modulus)


def _residue(term: Term, modulus: int) -> int:
    """The residue of a term without its sign."""
    _, kind, a, b = term
    if kind == POWER:
        return pow(a, b, modulus)
    return (a * b if kind == PRODUCT else a) % modulus


def _plain(term: Term) -> str:
    """A term without its sign."""
    _, kind, a, b = term
    return str(a) if kind == INTEGER else f"{a} * {b}" if kind == PRODUCT else f"{a}^{b}"


def _in_order(term: Term) -> Term:
    sign, kind, a, b = term
    return (sign, kind, b, a) if kind == PRODUCT and b < a else term


@cache
def _patterns() -> list[tuple[Notation, re.Pattern[str]]]:
    """What matches every wording, with the groups `expression` and `modulus`."""
    patterns = []
    for notation in NOTATIONS:
        allowed = r"[-+^{} 0-9]|\\times" if notation == "latex" else "[-+*^ 0-9]"
        for wording in _WORDINGS[notation]:
            pattern = re.escape(wording).replace(
                "EXPRESSION", f"(?P<expression>(?:{allowed}){{1,800}})"
            )
            pattern = pattern.replace("MODULUS", "(?P<modulus>[1-9][0-9]{3,4})", 1)
            patterns.append((notation, re.compile(pattern.replace("MODULUS", "(?P=modulus)"))))
    return patterns


def _asked(text: str) -> tuple[Notation, str, int]:
    """The notation, the expression and the modulus of a text.

    Raises:
        ValueError: if it is worded otherwise.
    """
    for notation, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return notation, match["expression"], int(match["modulus"])
    raise ValueError(f"not a text that asks for a residue: {text[:60]!r}")


@cache
def _text_bits(terms: int, products: int, powers: int) -> float:
    """Minus log2 of the probability of one text with so many terms, products and powers."""
    heavy = products + powers
    return (
        log2(len(MODULI))
        + log2((terms + heavy) // 2)
        + log2(comb(terms, heavy))
        + heavy
        + (terms - 1)
        + (terms - heavy) * log2(len(INTEGERS))
        + 2 * products * log2(len(FACTORS))
        + powers * log2(len(BASES) * len(EXPONENTS))
    )


@cache
def _min_bits(tier: int) -> float:
    return min(
        _text_bits(tier + 1 - h, x, h - x) - log2(factorial(tier + 1 - h)) - x
        for h in range(1, (tier + 1) // 2 + 1)
        for x in range(h + 1)
    )


def _multisets(terms: int, products: int, powers: int, signs: int) -> int:
    """How many multisets there are of so many terms, products and powers, with so many signs each."""
    pairs = comb(len(FACTORS) + 1, 2)
    return prod(
        multisets(signs * kinds, size)
        for kinds, size in (
            (len(INTEGERS), terms - products - powers),
            (pairs, products),
            (len(BASES) * len(EXPONENTS), powers),
        )
    )
