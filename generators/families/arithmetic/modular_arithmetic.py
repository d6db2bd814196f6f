r"""`modular-arithmetic`: sums and differences of integers, products and powers, modulo an integer.

    Find the least non-negative residue of $48213^{771} - 7712 \times 31290 + 690421$ modulo $48611$.

The modulus is uniform on 1,000..99,999, a single integer on 1,000..999,999, a factor on 101..99,999, a
base on 12..99,999 and an exponent on 11..999. There is at least one product or power. The rest of the
drawing and the proof that `bits` is exact are in `generators.forms.signed_sum`; the canonical form is
that of the sum, with the modulus. Taking a residue is part of a step and counts as none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.family import NOTATIONS, Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import OPERATORS, SignedSum
from generators.forms.sum_family import Sum, SumFamily
from generators.forms.term_kind import UniformKind
from generators.phrasing import read_texts

MODULI = range(1_000, 100_000)
INTEGERS = range(1_000, 1_000_000)
FACTORS = range(101, 100_000)
BASES = range(12, 100_000)
EXPONENTS = range(11, 1_000)

_WORDINGS: dict[str, list[str]] = read_texts(__file__)
_PLAIN_EXPONENT = re.compile(r"\^([0-9]+)")
_LATEX_EXPONENT = re.compile(r"\^\{([0-9]+)\}")
_OPERATORS = {notation: {**OPERATORS[notation], "^": "^"} for notation in NOTATIONS}


class ModularArithmetic(SumFamily):
    name = "modular-arithmetic"
    version = 2
    random_bytes = 132
    summary = (
        "residues of sums of integers, products and powers modulo a number of four or five digits"
    )
    sums = SignedSum(
        [
            UniformKind("", INTEGERS),
            UniformKind("*", FACTORS, FACTORS),
            UniformKind("^", BASES, EXPONENTS),
        ],
        required="*^",
    )
    questions = MODULI

    def render(self, form: Sum, notation: Notation, draw: Draw) -> str:
        text = signed_sum.write(form.terms, _OPERATORS[notation])
        if notation == "latex":
            text = _PLAIN_EXPONENT.sub(r"^{\1}", text)
        wording = draw.choice(_WORDINGS[notation])
        return wording.replace("EXPRESSION", text).replace("MODULUS", str(form.question))

    def answer(self, form: Sum) -> str:
        modulus = form.question
        residues = [sign * _residue(name, ops, modulus) for sign, name, ops in form.terms]
        return str(sum(residues) % modulus)

    def solution(self, form: Sum) -> str:
        modulus, lines, residues = form.question, [], []
        for _, name, operands in form.terms:
            residues.append(_residue(name, operands, modulus))
            if name:
                printed = _OPERATORS["plain"][name].join(map(str, operands))
                lines.append(f"{printed} = {residues[-1]}")
        value = residues[0]
        for (sign, *_), residue in zip(form.terms[1:], residues[1:], strict=True):
            total = (value + sign * residue) % modulus
            lines.append(f"{value} {'+' if sign > 0 else '-'} {residue} = {total}")
            value = total
        return f"modulo {modulus}: " + ", ".join(lines)

    def read(self, text: str) -> Sum:
        notation, expression, modulus = _asked(text)
        if notation == "latex":
            expression = _LATEX_EXPONENT.sub(r"^\1", expression)
        if modulus not in MODULI:
            raise ValueError(f"expected a modulus of four or five digits, got {modulus}")
        return Sum(self.sums.read(expression, signed_sum.whole), modulus)

    def evaluate(self, text: str) -> Fraction:
        """The exact value, which may have thousands of digits, and then its residue."""
        _, expression, modulus = _asked(text)
        value = arithmetic_evaluator.evaluate(expression)
        return Fraction(int(value) % modulus)


def _residue(name: str, operands: Sequence[int], modulus: int) -> int:
    """The residue of a term without its sign."""
    if name == "^":
        return pow(operands[0], operands[1], modulus)
    return (operands[0] * operands[1] if name else operands[0]) % modulus


@cache
def _patterns() -> list[tuple[Notation, re.Pattern[str]]]:
    """A pattern for every wording, with the groups `expression` and `modulus`."""
    patterns = []
    for notation in NOTATIONS:
        allowed = r"[-+ 0-9]|\\times|\^\{[0-9]+\}" if notation == "latex" else "[-+*^ 0-9]"
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
        ValueError: if the text has none of the wordings.
    """
    for notation, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return notation, match["expression"], int(match["modulus"])
    raise ValueError(f"expected a text that asks for a residue, got {text[:60]!r}")
