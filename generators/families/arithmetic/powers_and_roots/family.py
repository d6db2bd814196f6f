r"""`powers-and-roots`: sums of rational powers and roots of fractions and integers.

    What is the value of $\left(\frac{8}{27}\right)^{-2/3} - 12^{2} \div \sqrt{\frac{9}{49}}$?

An atom is a base with an exponent e of `EXPONENTS`; it has one step for a root, one for a power, and
one for the reciprocal of a negative exponent. A term is an atom, or the product or the quotient of two.
An atom contributes (n/d)^|p| for the exponent p/q and a fraction n/d in lowest terms, not 1, with n and
d from the ranges of `_ranges`. Its base is (n/d)^q, or the reciprocal if either the exponent is negative
or the atom is a divisor, but not both. The
ranges keep every denominator a divisor of 2^6 3^6 5^4, and no sum above 3 10^12, so that an answer has
at most 20 digits above and 8 below.

Drawing: the kinds of terms are an atom and the product and the quotient of two, and the rest is as in
`generators.forms.signed_sum`. The size of an atom is its steps and 1, and that of a pair the sum of
both. For a pair, the sizes of its atoms are uniform on the ordered choices. The exponent of an atom is
uniform on those with so many steps, and n/d on the fractions allowed for it. Whether roots are printed
with a radical sign or an exponent is surface.

The canonical order sorts the factors of a product. The two orders of different factors are equally
likely and nothing else is drawn in two ways, so that `bits` is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import gcd, log2
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.families.arithmetic.powers_and_roots import phrases
from generators.families.arithmetic.powers_and_roots.phrases import Atom
from generators.family import Notation
from generators.forms import signed_sum
from generators.forms.signed_sum import OPERATORS, SignedSum
from generators.forms.sum_family import Sum, SumFamily
from generators.forms.term_kind import Operands, TermKind

Exponent: TypeAlias = tuple[int, int]
"""A numerator, perhaps negative, and a denominator."""

EXPONENTS: dict[int, tuple[Exponent, ...]] = {
    1: ((2, 1), (3, 1), (4, 1), (1, 2), (1, 3), (1, 4)),
    2: ((3, 2), (2, 3), (3, 4), (-2, 1), (-3, 1), (-4, 1), (-1, 2), (-1, 3), (-1, 4)),
    3: ((-3, 2), (-2, 3), (-3, 4)),
}
"""The exponents by number of steps. In a pair, those with numerators of 4 are left out."""

_DENOMINATOR = 2**6 * 3**6 * 5**4


class Atoms(TermKind):
    """One atom, or two joined by `*` or `/`; see the module's docstring."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pair = name != ""
        self.sizes = range(4, 9) if self.pair else range(2, 5)

    def draw(self, below: Callable[[int], int], size: int) -> Operands:
        splits = _splits(size, self.pair)
        atoms: list[Atom] = []
        for steps in splits[below(len(splits))]:
            exponents = _exponents(steps, self.pair)
            p, q = exponents[below(len(exponents))]
            fractions = _fractions(p, q, self.pair)
            n, d = fractions[below(len(fractions))]
            inverted = (p < 0) != (self.name == "/" and len(atoms) == 1)
            atoms.append((d, n, p, q) if inverted else (n, d, p, q))
        return tuple(atoms)

    def weigh(self, operands: Operands) -> tuple[int, float, Operands]:
        size, bits = 0, 0.0
        for _, _, p, q in operands:
            steps, atom_bits = _cost(p, q, self.pair)
            size += steps + 1
            bits += atom_bits
        bits += log2(len(_splits(size, self.pair)))
        if self.name != "*" or operands[0] == operands[1]:
            return size, bits, operands
        return size, bits - 1, operands if operands[0] < operands[1] else operands[::-1]

    def show(self, ordered: Operands) -> str:
        return self.name.join(f"({a**q}/{b**q})^({p}/{q})" for a, b, p, q in ordered)

    def part_bits(self, operands: Operands) -> float:
        """Of one factor, or of the base of an atom."""
        if self.pair:
            return max(_cost(p, q, True)[1] for _, _, p, q in operands)
        _, _, p, q = operands[0]
        return log2(len(_fractions(p, q, False))) if _cost(p, q, False)[0] > 1 else 0.0

    def least_bits(self, size: int) -> float:
        splits = _splits(size, self.pair)
        least = min(sum(_least_cost(steps, self.pair) for steps in split) for split in splits)
        return least + log2(len(splits)) - (self.name == "*")

    def count(self, size: int) -> int:
        atoms = {
            steps: sum(len(_fractions(p, q, self.pair)) for p, q in _exponents(steps, self.pair))
            for steps in EXPONENTS
        }
        if not self.pair:
            return atoms[size - 1]
        pairs = sum(atoms[first] * atoms[second] for first, second in _splits(size, True))
        if self.name == "/":
            return pairs
        return (pairs + sum(atoms[a] for a, b in _splits(size, True) if a == b)) // 2


class PowersAndRoots(SumFamily):
    name = "powers-and-roots"
    version = 2
    random_bytes = 80
    summary = "sums of powers and roots with whole, fractional and negative exponents"
    sums = SignedSum([Atoms(""), Atoms("*"), Atoms("/")])

    def render(self, form: Sum, notation: Notation, draw: Draw) -> str:
        radical = draw.below(2) == 1
        show = phrases.latex if notation == "latex" else phrases.plain
        printed = [
            (sign, join, [show(a, radical) for a in atoms]) for sign, join, atoms in form.terms
        ]
        return phrasing.ask(signed_sum.write(printed, OPERATORS[notation]), notation, draw)

    def answer(self, form: Sum) -> str:
        total = 0
        for sign, join, atoms in form.terms:
            above, below = _value(atoms[0])
            if join:
                n, d = _value(atoms[1])
                above, below = (above * n, below * d) if join == "*" else (above * d, below * n)
            total += sign * above * (_DENOMINATOR // below)
        common = gcd(total, _DENOMINATOR)
        below = _DENOMINATOR // common
        return str(total // common) if below == 1 else f"{total // common}/{below}"

    def solution(self, form: Sum) -> str:
        lines, values = [], []
        for sign, join, atoms in form.terms:
            factors = [Fraction(*_value(atom)) for atom in atoms]
            lines += [
                f"{phrases.plain(atom, False)} = {factor}"
                for atom, factor in zip(atoms, factors, strict=True)
            ]
            value = signed_sum.exact_value(join, factors)
            if join:
                lines.append(f"({factors[0]}) {join} ({factors[1]}) = {value}")
            values.append(sign * value)
        return ", ".join(lines + signed_sum.worked_sum(values))

    def read(self, text: str) -> Sum:
        terms = []
        for sign, term in signed_sum.signed_texts(phrases.with_powers(text)):
            join = next((join for join in "*/" if f" {join} " in term), "")
            printed = term.split(f" {join} ") if join else [term]
            if len(printed) > 2:
                raise ValueError(f"expected at most two factors, got {term[:60]!r}")
            atoms = tuple(map(phrases.read_atom, printed))
            for i, (a, b, p, q) in enumerate(atoms):
                n, d = (b, a) if (p < 0) != (join == "/" and i == 1) else (a, b)
                exponents = {e for steps in EXPONENTS for e in _exponents(steps, join != "")}
                if (p, q) not in exponents or not _allowed(n, d, *_ranges(p, q, join != "")):
                    raise ValueError(f"expected powers and roots of this family: {term[:60]!r}")
            terms.append((sign, join, atoms))
        return Sum(self.sums.check(tuple(terms)))

    def evaluate(self, text: str) -> Fraction:
        """Takes the roots of the printed bases, and evaluates the sum as arithmetic."""
        self.read(text)
        return arithmetic_evaluator.evaluate(phrases.without_powers(phrases.with_powers(text)))


_RANGES = {
    **dict.fromkeys(((2, 1), (1, 2)), (9_999, 180)),
    **dict.fromkeys(((3, 1), (1, 3), (3, 2), (2, 3)), (1_999, 180)),
    **dict.fromkeys(((4, 1), (1, 4), (3, 4)), (499, 30)),
}
"""The largest n, and a number that d divides, by the exponent without its sign."""


def _ranges(p: int, q: int, pair: bool) -> tuple[int, int]:
    """The largest n, and a number that d divides, for an atom with the exponent p/q."""
    most, denominators = _RANGES[abs(p), q]
    if pair:
        return (86, 6) if abs(p) == 3 else (min(most, 799), 30)
    return most, denominators


def _allowed(n: int, d: int, most: int, denominators: int) -> bool:
    return 1 <= n <= most and 1 <= d <= 60 and denominators % d == 0 and n != d and gcd(n, d) == 1


def _fractions(p: int, q: int, pair: bool) -> tuple[tuple[int, int], ...]:
    return _fractions_within(*_ranges(p, q, pair))


@cache
def _fractions_within(most: int, denominators: int) -> tuple[tuple[int, int], ...]:
    divisors = [d for d in range(1, 61) if denominators % d == 0]
    return tuple(
        (n, d) for n in range(1, most + 1) for d in divisors if _allowed(n, d, most, denominators)
    )


@cache
def _exponents(steps: int, pair: bool) -> tuple[Exponent, ...]:
    return tuple((p, q) for p, q in EXPONENTS[steps] if not pair or abs(p) < 4)


@cache
def _cost(p: int, q: int, pair: bool) -> tuple[int, float]:
    """An atom's steps, and -log2 of its probability given their number."""
    steps = (q > 1) + (abs(p) > 1) + (p < 0)
    return steps, log2(len(_exponents(steps, pair)) * len(_fractions(p, q, pair)))


@cache
def _least_cost(steps: int, pair: bool) -> float:
    return min(_cost(p, q, pair)[1] for p, q in _exponents(steps, pair))


@cache
def _splits(size: int, pair: bool) -> tuple[tuple[int, ...], ...]:
    """The steps of the atoms of a term of that size: of one, or of two in order."""
    if not pair:
        return ((size - 1,),)
    return tuple((first, size - 2 - first) for first in EXPONENTS if size - 2 - first in EXPONENTS)


def _value(atom: Atom) -> tuple[int, int]:
    a, b, p, _ = atom
    return (a**p, b**p) if p > 0 else (b**-p, a**-p)
