r"""Sums of signed terms: one way to draw them and one proof of their bits, for eight families.

A term has a sign, a kind, operands, and a size, which is one more than its steps. To add a term to
another is one step, so that the sizes of a sum of k steps add up to k+1.

Drawing, for k steps: the sequence of the kinds and sizes of the terms is uniform on the N sequences
whose sizes add up to k+1 and which hold a term of a *required* kind, if the sum has such kinds. The
first term is added; every other one is added or subtracted with probability 1/2. The operands of a
term are drawn by its kind, independently of all other terms.

The canonical form F is the multiset of the signed terms, each with its operands in the canonical order
of its kind (`3 * 2` becomes `2 * 3`). Let n be the number of terms, p of them positive, and c_1, c_2,
... the multiplicities of the signed terms. F is drawn if and only if the sequence of signed canonical
terms is one of the p (n-1)! / (c_1! c_2! ...) orders of F that begin with a positive term. Given their
kinds and sizes the terms are independent, so that all orders have the same probability and `bits` is
exact:

    P(F) = p (n-1)! / (c_1! c_2! ...) / (N 2^(n-1)) * product over the terms of P(term | kind, size)

P(term | kind, size) comes from the kind; where that is an upper bound, `bits` is a lower bound. As
p <= n and c_i >= 1, no form is likelier than n! / (N 2^(n-1)) times the largest P(term | kind, size),
for the worst sequence: this is `min_bits`, and it is exact where n different terms reach it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from math import factorial, inf, log2
from typing import Any, TypeAlias

from clean_bench.seeds import Draw
from generators.forms.multisets import arrangements, with_kinds
from generators.forms.term_kind import Operands, TermKind, UniformKind

Term: TypeAlias = tuple[int, str, Operands]
"""The sign (1 or -1), the name of the kind, and the operands."""
Terms: TypeAlias = tuple[Term, ...]

LARGEST_SIZE = 21
"""The largest sum of sizes: 20 steps."""

OPERATORS = {
    "latex": {"": "", "*": r" \times ", "/": r" \div "},
    "plain": {"": "", "*": " * ", "/": " / "},
}
_INFIXES = {" * ": "*", r" \times ": "*", " / ": "/", r" \div ": "/", "^": "^"}
_BEFORE_SIGN = re.compile(" (?=[-+] )")
_WHOLE = re.compile("[1-9][0-9]{0,18}")


class SignedSum:
    """The distribution of sums of terms of given kinds (see the module's docstring)."""

    def __init__(self, kinds: Sequence[TermKind], required: Collection[str] = ()) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        self.required = frozenset(required)
        self._last: tuple[Terms, list[tuple[Term, int, float]]] = ((), [])
        optional = self._sequences(kind for kind in kinds if kind.name not in self.required)
        # Of each size, sequences of any kinds, and those with a required kind.
        every = self._sequences(kinds)
        counts = (every, [a - b for a, b in zip(every, optional, strict=True)])
        self._counts = counts[1] if required else every
        self._choices = [
            [
                [
                    (counts[needed and kind.name not in self.required][left - size], kind, size)
                    for kind in kinds
                    for size in kind.sizes
                    if size <= left
                ]
                for left in range(LARGEST_SIZE + 1)
            ]
            for needed in (False, True)
        ]

    @staticmethod
    def _sequences(kinds: Iterable[TermKind]) -> list[int]:
        """The number of sequences of kinds and sizes, by the sum of the sizes."""
        sizes = [size for kind in kinds for size in kind.sizes]
        counts = [1]
        for total in range(1, LARGEST_SIZE + 1):
            counts.append(sum(counts[total - size] for size in sizes if size <= total))
        return counts

    def draw(self, draw: Draw, tier: int) -> Terms:
        """Draw a sum of `tier` steps."""
        below = draw.below
        shape = _shape(self, tier + 1, below(self._counts[tier + 1]))
        signs = below(1 << (len(shape) - 1)) << 1
        terms = []
        for kind, size in shape:
            terms.append((-1 if signs & 1 else 1, kind.name, kind.draw(below, size)))
            signs >>= 1
        return tuple(terms)

    def steps(self, terms: Terms) -> int:
        """The number of steps of a sum."""
        return sum([size for _, size, _ in self._weighed(terms)]) - 1

    def canonical(self, terms: Terms) -> str:
        """The name of a sum up to commutation."""
        kinds = self.kinds
        ordered = sorted([term for term, _, _ in self._weighed(terms)])
        return "".join(
            [("+" if sign > 0 else "-") + kinds[name].show(ops) for sign, name, ops in ordered]
        )

    def bits(self, terms: Terms) -> float:
        """-log2 of the probability of a sum's canonical form."""
        return self._bits(self._weighed(terms))

    def part_bits(self, terms: Terms) -> float:
        """Of all terms but the last, of one term, or of a part of a single one, if it has a step."""
        if len(terms) == 1:
            return self.kinds[terms[0][1]].part_bits(terms[0][2])
        weighed = self._weighed(terms)
        largest = 0.0
        for (_, name, _), size, bits in weighed:
            if size > 1 and (name in self.required or not self.required):
                largest = max(largest, bits + log2(self._counts[size]))
        if len(terms) > 2 and self.has_required(terms[:-1]):
            largest = max(largest, self._bits(weighed[:-1]))
        return largest

    def _weighed(self, terms: Terms) -> list[tuple[Term, int, float]]:
        """The terms with their operands in canonical order, their sizes and their bits.

        The last result is kept: an item's bits, canonical form and part bits all start from it.
        """
        last_terms, weighed = self._last
        if last_terms is terms:
            return weighed
        weighed = []
        for sign, name, operands in terms:
            size, bits, ordered = self.kinds[name].weigh(operands)
            weighed.append(((sign, name, ordered), size, bits))
        self._last = terms, weighed
        return weighed

    def _bits(self, weighed: list[tuple[Term, int, float]]) -> float:
        total, positive, bits = 0, 0, len(weighed) - 1.0
        for term, size, term_bits in weighed:
            total += size
            bits += term_bits
            positive += term[0] > 0
        orders = positive * arrangements([term for term, _, _ in weighed]) // len(weighed)
        return bits + log2(self._counts[total] / orders)

    def has_required(self, terms: Terms) -> bool:
        """Whether a term is of a required kind, if there are such kinds."""
        return not self.required or any(name in self.required for _, name, _ in terms)

    def min_bits(self, tier: int) -> float:
        """A proven lower bound on the min-entropy of a tier (see the module's docstring)."""
        return _min_bits(self, tier)

    def space(self, tier: int) -> int:
        """The number of multisets of signed terms with a positive term and a required kind."""
        every = list(self.kinds.values())
        count = self._multisets(every, tier + 1, 2) - self._multisets(every, tier + 1, 1)
        if self.required:
            optional = [kind for kind in every if kind.name not in self.required]
            count -= self._multisets(optional, tier + 1, 2)
            count += self._multisets(optional, tier + 1, 1)
        return count

    @staticmethod
    def _multisets(kinds: Sequence[TermKind], total: int, signs: int) -> int:
        """The number of multisets of terms whose sizes add up to `total`."""
        counts = [1] + [0] * total
        for size in {size for kind in kinds for size in kind.sizes if size <= total}:
            terms = signs * sum(kind.count(size) for kind in kinds if size in kind.sizes)
            counts = with_kinds(counts, terms, size)
        return counts[total]

    def check(self, terms: Terms) -> Terms:
        """Return the terms if they have 1 to 20 steps and a required kind.

        Raises:
            ValueError: otherwise.
        """
        if len(terms) > LARGEST_SIZE:
            raise ValueError(f"expected at most {LARGEST_SIZE} terms, got {len(terms)}")
        if not 0 < self.steps(terms) < LARGEST_SIZE:
            raise ValueError(f"expected a sum of 1 to 20 steps, got {self.steps(terms)}")
        if not self.has_required(terms):
            raise ValueError(f"expected a term with one of {sorted(self.required)}, got none")
        return terms

    def read(self, expression: str, operand: Callable[[str], Any]) -> Terms:
        """The sum that an expression in LaTeX or plain text asks for, if all kinds are uniform ones.

        Args:
            expression: terms such as `a`, `a * b` or `a^b`, with a space around every other operator.
            operand: reads a printed operand; it raises ValueError for anything else.

        Raises:
            ValueError: if the sum cannot be drawn.
        """
        terms = []
        for sign, text in signed_texts(expression):
            infix = next((infix for infix in _INFIXES if infix in text), None)
            name = _INFIXES[infix] if infix else ""
            operands = tuple(map(operand, text.split(infix) if infix else [text]))
            kind = self.kinds.get(name)
            if not isinstance(kind, UniformKind) or not kind.allows(operands):
                raise ValueError(f"expected a term of this family, got {text[:60]!r}")
            terms.append((sign, name, operands))
        return self.check(tuple(terms))


def signed_texts(expression: str) -> Iterator[tuple[int, str]]:
    """The sign and the printed text of every term of a printed sum; the first has no printed sign."""
    for signed in _BEFORE_SIGN.split(f"+ {expression}"):
        yield (-1 if signed[0] == "-" else 1), signed[2:]


def whole(text: str) -> int:
    """A positive integer below 10^19 as printed.

    Raises:
        ValueError: if the text is no such integer.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"expected a positive integer, got {text[:40]!r}")
    return int(text)


def write(
    terms: Sequence[tuple[int, str, Sequence[Any]]],
    operators: Mapping[str, str],
    single: Callable[[Any], str] = str,
    paired: Callable[[Any], str] = str,
) -> str:
    """Print a sum: `operators` by kind, `single` operands of one-operand terms, `paired` of others."""
    text = ""
    for sign, name, operands in terms:
        text += " + " if sign > 0 else " - "
        if name:
            text += paired(operands[0]) + operators[name] + paired(operands[1])
        else:
            text += single(operands[0])
    return text[3:]


def exact_value(operator: str, operands: Sequence[Any]) -> Fraction:
    """The value of one operand, or of a product or quotient of two, that are printed numbers."""
    value = Fraction(operands[0])
    if not operator:
        return value
    return value * Fraction(operands[1]) if operator == "*" else value / Fraction(operands[1])


def worked_sum(values: Sequence[Fraction | int], show: Callable[[Any], str] = str) -> list[str]:
    """The steps that add up signed values from left to right: `3 - 5 = -2`."""
    lines, total = [], values[0]
    for value in values[1:]:
        sign = "-" if value < 0 else "+"
        lines.append(f"{show(total)} {sign} {show(abs(value))} = {show(total + value)}")
        total += value
    return lines


@lru_cache(4_096)
def _shape(sums: SignedSum, left: int, rank: int) -> tuple[tuple[TermKind, int], ...]:
    """The sequence of kinds and sizes with that rank among those whose sizes add up to `left`."""
    needed = bool(sums.required)
    shape = []
    while left:
        for ways, kind, size in sums._choices[needed][left]:
            if rank < ways:
                shape.append((kind, size))
                left -= size
                needed = needed and kind.name not in sums.required
                break
            rank -= ways
    return tuple(shape)


@cache
def _min_bits(sums: SignedSum, tier: int) -> float:
    """The smallest bits over the numbers of terms, from the smallest sums of bits of their terms."""
    least: list[dict[tuple[int, bool], float]] = [{(0, not sums.required): 0.0}]
    for total in range(1, tier + 2):
        row: dict[tuple[int, bool], float] = {}
        for kind in sums.kinds.values():
            for size in kind.sizes:
                for (terms, has_required), bits in (
                    least[total - size].items() if size <= total else ()
                ):
                    key = terms + 1, has_required or kind.name in sums.required
                    row[key] = min(row.get(key, inf), bits + kind.least_bits(size))
        least.append(row)
    return log2(sums._counts[tier + 1]) + min(
        bits + terms - 1 - log2(factorial(terms))
        for (terms, has_required), bits in least[-1].items()
        if has_required
    )
