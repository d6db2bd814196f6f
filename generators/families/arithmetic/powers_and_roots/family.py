r"""`powers-and-roots`: sums of powers and roots of fractions and integers that come out exactly.

    What is the value of $\left(\frac{8}{27}\right)^{-2/3} - 12^{2} \div \sqrt{\frac{9}{49}}$?

An atom is a base with an exponent e of `EXPONENTS`; it has one step for a root, one for a power, and
one for the reciprocal that a negative exponent asks for. A term is an atom, or the product or the
quotient of two. A value of an atom is (n/d)^p for a fraction n/d in lowest terms, not 1, with n and d
from the ranges of `_ranges`, and the base is what leads there: (n/d)^q for the exponent p/q, and its
reciprocal where the exponent is negative or else the atom is a divisor (for both, the two cancel). The
ranges keep every denominator a divisor of 2^6 3^6 5^4, and no sum above 3 10^12, so that an answer has
at most 20 digits above and 8 below.

Drawing, for k steps: an atom of o steps has size o+1, a term the sizes of its atoms in all, and the
shape (the sizes of the atoms, term by term) is uniform on the S shapes of total size k+1. A term but
the first is added or taken away, a pair multiplied or divided, with probability 1/2. The exponent is
uniform on those with so many steps, and n/d on the fractions allowed for it. Whether roots are printed
with a radical sign or an exponent is surface.

The canonical form is the multiset of the signed terms, with the factors of a product in order. All
texts of a form are equally likely, and each is drawn in one way, so that `bits` is exact:

    P(F) = T(F) / (S 2^(m-1+h)) times P(atom) for every atom,

where h of the m terms are pairs and T(F), the number of texts, is p (m-1)! over the factorials of the
multiplicities of the signed terms (p of them are positive, and one of these comes first), doubled for
every product of two different atoms. T(F) is at most m! 2^h, and `min_bits` takes that for every shape
with its likeliest atoms.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from math import factorial, gcd, log2, prod
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator, phrasing
from generators.families.arithmetic.powers_and_roots import phrases
from generators.families.arithmetic.powers_and_roots.phrases import Atom
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import multisets

Exponent: TypeAlias = tuple[int, int]
"""A numerator, perhaps negative, and a denominator."""

EXPONENTS: dict[int, tuple[Exponent, ...]] = {
    1: ((2, 1), (3, 1), (4, 1), (1, 2), (1, 3), (1, 4)),
    2: ((3, 2), (2, 3), (3, 4), (-2, 1), (-3, 1), (-4, 1), (-1, 2), (-1, 3), (-1, 4)),
    3: ((-3, 2), (-2, 3), (-3, 4)),
}
"""The exponents by number of steps. In a pair, those with numerators of 4 are left out."""

Term: TypeAlias = tuple[int, str, tuple[Atom, ...]]
"""A sign (1 or -1), how a pair is joined (`*`, `/`, or nothing for a single atom), and the atoms."""
Sum: TypeAlias = tuple[Term, ...]

_DENOMINATOR = 2**6 * 3**6 * 5**4


class PowersAndRoots(DrawnFamily[Sum]):
    """The family `powers-and-roots`; see the module's docstring."""

    name = "powers-and-roots"
    random_bytes = 80
    summary = "sums of powers and roots with whole, fractional and negative exponents"

    def draw(self, draw: Draw, tier: int) -> Sum:
        shape = draw.choice(_shapes(tier + 1))
        choices = draw.below(1 << (2 * len(shape)))
        terms: list[Term] = []
        for steps in shape:
            sign = -1 if choices & 1 and terms else 1
            pair = len(steps) == 2
            join = ("*" if choices & 2 else "/") if pair else ""
            choices >>= 2
            atoms: list[Atom] = []
            for count in steps:
                exponents = _exponents(count, pair)
                p, q = exponents[draw.below(len(exponents))]
                fractions = _fractions(p, q, pair)
                n, d = fractions[draw.below(len(fractions))]
                inverted = (p < 0) != (join == "/" and len(atoms) == 1)
                atoms.append((d, n, p, q) if inverted else (n, d, p, q))
            terms.append((sign, join, tuple(atoms)))
        return tuple(terms)

    def tell(self, form: Sum, notation: Notation, draw: Draw) -> str:
        radical, text = draw.below(2) == 1, ""
        show = phrases.latex if notation == "latex" else phrases.plain
        signs = (
            {"*": r" \times ", "/": r" \div "} if notation == "latex" else {"*": " * ", "/": " / "}
        )
        for sign, join, atoms in form:
            text += " + " if sign > 0 else " - "
            text += show(atoms[0], radical)
            if join:
                text += signs[join] + show(atoms[1], radical)
        return phrasing.ask(text[3:], notation, draw)

    def answer(self, form: Sum) -> str:
        total = 0
        for sign, join, atoms in form:
            above, below = _value(atoms[0])
            if join:
                n, d = _value(atoms[1])
                above, below = (above * n, below * d) if join == "*" else (above * d, below * n)
            total += sign * above * (_DENOMINATOR // below)
        common = gcd(total, _DENOMINATOR)
        below = _DENOMINATOR // common
        return str(total // common) if below == 1 else f"{total // common}/{below}"

    def solution(self, form: Sum) -> str:
        lines, total = [], Fraction(0)
        for i, (sign, join, atoms) in enumerate(form):
            values = [Fraction(*_value(atom)) for atom in atoms]
            lines += [
                f"{phrases.plain(atom, False)} = {value}"
                for atom, value in zip(atoms, values, strict=True)
            ]
            value = values[0]
            if join:
                value = value * values[1] if join == "*" else value / values[1]
                lines.append(f"({values[0]}) {join} ({values[1]}) = {value}")
            if i:
                lines.append(f"{total} {'+' if sign > 0 else '-'} {value} = {total + sign * value}")
            total += sign * value
        return ", ".join(lines)

    def canonical(self, form: Sum) -> str:
        return "".join(
            ("+" if sign > 0 else "-")
            + join.join(f"({a**q}/{b**q})^({p}/{q})" for a, b, p, q in atoms)
            for sign, join, atoms in sorted(map(_sorted_term, form))
        )

    def bits(self, form: Sum) -> float:
        positive = pairs = size = 0
        texts, cost = factorial(len(form) - 1), 0.0
        for sign, join, atoms in form:
            positive += sign > 0
            for _, _, p, q in atoms:
                steps, bits = _cost(p, q, join != "")
                size += steps + 1
                cost += bits
            if join:
                pairs += 1
                texts <<= join == "*" and atoms[0] != atoms[1]
        texts *= positive
        alike = Counter(map(_sorted_term, form))
        if len(alike) < len(form):
            texts //= prod(map(factorial, alike.values()))
        return log2(len(_shapes(size))) + len(form) - 1 + pairs + cost - log2(texts)

    def part_bits(self, form: Sum) -> float:
        """Of all terms but the last, of one term, of one factor, or of the base of an atom."""
        if len(form) > 1:
            return max(map(self.bits, [form[:-1], *(((1, *term[1:]),) for term in form)]))
        _, join, atoms = form[0]
        if join:
            return max(_cost(p, q, True)[1] for _, _, p, q in atoms)
        _, _, p, q = atoms[0]
        return log2(len(_fractions(p, q, False))) if _cost(p, q, False)[0] > 1 else 0.0

    def min_bits(self, tier: int) -> float:
        return log2(len(_shapes(tier + 1))) + min(
            len(shape)
            - 1
            - log2(factorial(len(shape)))
            + sum(_least_cost(steps, len(term) == 2) for term in shape for steps in term)
            for shape in {tuple(sorted(shape)) for shape in _shapes(tier + 1)}
        )

    def space(self, tier: int) -> int:
        """Multisets of signed terms with at least one positive one, by the number of each size."""
        total = 0
        sizes = {tuple(sorted(sum(term) + len(term) for term in s)) for s in _shapes(tier + 1)}
        for counts in (Counter(chosen).items() for chosen in sizes):
            total += prod(multisets(2 * _term_count(size), times) for size, times in counts)
            total -= prod(multisets(_term_count(size), times) for size, times in counts)
        return total

    def read(self, text: str) -> Sum:
        terms: list[Term] = []
        for signed in re.split(r" (?=[-+] )", "+ " + phrases.normal(text)):
            sign, join, atoms = -1 if signed[0] == "-" else 1, "", []
            for i, part in enumerate(re.split(r" ([*/]) ", signed[2:])):
                if i == 1:
                    join = part
                elif i < 3:
                    atoms.append(phrases.read_atom(part))
                else:
                    raise ValueError(f"more than two factors: {signed[:60]!r}")
            for i, (a, b, p, q) in enumerate(atoms):
                n, d = (b, a) if (p < 0) != (join == "/" and i == 1) else (a, b)
                exponents = {e for steps in EXPONENTS for e in _exponents(steps, join != "")}
                if (p, q) not in exponents or not _allowed(n, d, *_ranges(p, q, join != "")):
                    raise ValueError(f"not a power or root of this family: {signed[:60]!r}")
            terms.append((sign, join, tuple(atoms)))
        return tuple(terms)

    def evaluate(self, text: str) -> Fraction:
        """Takes the roots of the printed bases, and leaves the sum to an evaluator of arithmetic."""
        self.read(text)
        return arithmetic_evaluator.evaluate(phrases.without_powers(phrases.normal(text)))


_RANGES = {
    **dict.fromkeys(((2, 1), (1, 2)), (9_999, 180)),
    **dict.fromkeys(((3, 1), (1, 3), (3, 2), (2, 3)), (1_999, 180)),
    **dict.fromkeys(((4, 1), (1, 4), (3, 4)), (499, 30)),
}
"""The largest n, and what d divides, by the exponent without its sign."""


def _ranges(p: int, q: int, pair: bool) -> tuple[int, int]:
    """The largest n, and what d divides, for an atom with the exponent p/q."""
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
    """An atom's steps, and minus log2 of its probability given their number."""
    steps = (q > 1) + (abs(p) > 1) + (p < 0)
    return steps, log2(len(_exponents(steps, pair)) * len(_fractions(p, q, pair)))


@cache
def _least_cost(steps: int, pair: bool) -> float:
    return min(_cost(p, q, pair)[1] for p, q in _exponents(steps, pair))


@cache
def _shapes(size: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """All sequences of terms of a total size: for each term, the steps of its one or two atoms."""
    if size == 0:
        return ((),)
    steps = list(EXPONENTS)
    return tuple(
        (term, *rest)
        for term in [*((o,) for o in steps), *((o, other) for o in steps for other in steps)]
        if sum(term) + len(term) <= size
        for rest in _shapes(size - sum(term) - len(term))
    )


@cache
def _term_count(size: int) -> int:
    """How many terms of a size there are, products up to commutation."""
    singles, factors = (
        {
            steps: sum(len(_fractions(p, q, pair)) for p, q in _exponents(steps, pair))
            for steps in EXPONENTS
        }
        for pair in (False, True)
    )
    pairs = sum(factors[a] * factors[b] for a in factors for b in factors if a + b + 2 == size)
    squares = sum(factors[a] for a in factors if 2 * a + 2 == size)
    return singles.get(size - 1, 0) + pairs + (pairs + squares) // 2


def _sorted_term(term: Term) -> Term:
    sign, join, atoms = term
    return sign, join, tuple(sorted(atoms)) if join == "*" else atoms


def _value(atom: Atom) -> tuple[int, int]:
    a, b, p, _ = atom
    return (a**p, b**p) if p > 0 else (b**-p, a**-p)
