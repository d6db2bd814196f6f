r"""`linear-equations`: linear equations in one unknown, with brackets and fractions.

    What is $z$ if $5(554 - 30z) - 761 = \frac{41z - 758}{6} - 481693 - 816z$?

An equation is drawn as a row of pieces with `=` between two of them. A piece is a constant, a multiple
of the unknown, a bracket `a(bx + c)` or a fraction `(bx + c)/d`; the inner sum of the last two is `bx +
c`, `bx - c` or `c - bx`. The tier is the number of operations of a solver: to collect a constant or a
multiple is one; to open a bracket or clear a denominator is one more and leaves one of each to collect;
the first constant and the first multiple need no collecting, and the last operation is a division. So a
tier of k steps has constants and multiples at cost 1, brackets and fractions at cost 3, k+1 in all.

Drawing: the number m of brackets and fractions is uniform on 0..k//3; the number of multiples is
uniform on what is left (at least one where m = 0); the rest are constants, one of them *derived*;
the order of the kinds is uniform, and so is the place of `=` among the p-1 gaps of p pieces. The
solution is uniform on the nonzero integers up to 999. All signs and numbers are uniform and
independent, but for the derived constant, which makes the solution one, and the constant of a
fraction, which is uniform on the 2520/d numbers in 1..2520 that make the division by d (2..9) exact. A
draw is rejected if the unknown cancels or the derived constant is 0.

The canonical form is the unordered pair of the sides, each the multiset of its signed pieces. Its
T(F) texts are equally likely: a side of n pieces has n! over the factorials of the multiplicities
orders, and the sides can be exchanged (with two equal sides the unknown would cancel). A text
determines its solution, and so everything drawn, except which of its c+1 constants was derived. This
can be any if the others are in 1..9,999: all of them, or only the one that is not. `_text_bits` and
`bits` add these draws up.

Rejection: fix all but the number b of one bracket or fraction, or one multiple; then the unknown
cancels for at most one value in 99. Fix all but the constant of one fraction (one of 280 at least), or
the solution (one of 1998) if there is none; then at most one value derives 0. So at least
1 - 1/99 - 1/280 is accepted; `bits` is reduced by the log2 of it, and is exact except for that. At one
step, `ax = n`, nothing is rejected.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from math import factorial, log2
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.families.algebra.linear_equations.linear_sum import (
    BRACKET,
    CONSTANT,
    FRACTION,
    MULTIPLE,
    Piece,
    read_side,
    side_text,
    signed_text,
)
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import arrangements
from generators.phrasing import formula, read_texts

SOLUTION = 999
LARGEST_MULTIPLE = 999
LARGEST_CONSTANT = 9_999
FACTOR = 99
INNER = 99, 999
"""The largest coefficient of the unknown in a bracket, and its largest constant."""
DENOMINATORS = range(2, 10)
ABOVE = 999, 2520
"""The same in a fraction; every denominator divides the second."""
LETTERS = "xyztnmpk"
ASKS: list[str] = read_texts(__file__)["asks"]

_ACCEPTED = 1 - 1 / INNER[0] - DENOMINATORS[-1] / ABOVE[1]
_SHAPES = ((1, 1), (1, -1), (-1, 1))


class Equation(NamedTuple):
    """The pieces of both sides as printed, and the solution."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    solution: int | Fraction


_TEXTS = [
    re.compile(
        re.escape(ask)
        .replace(
            r"\{e\}", r"(?P<open>\$?)(?P<left>[^$=]{1,2000}) = (?P<right>[^$=]{1,2000})(?P=open)"
        )
        .replace(r"\{x\}", r"\$?(?P<x>[a-z])\$?")
    )
    for ask in ASKS
]


class LinearEquations(DrawnFamily[Equation]):
    name = "linear-equations"
    random_bytes = 144
    summary = "linear equations in one unknown with brackets and fractions and a whole solution"

    def draw(self, draw: Draw, tier: int) -> Equation | None:
        below = draw.below
        compound = below(tier // 3 + 1)
        single = tier - 3 * compound
        multiples = below(single + 1) if compound else 1 + below(single)
        pieces = compound + single + 1
        gap = 1 + below(pieces - 1)
        order = below(factorial(pieces))
        x = below(2 * SOLUTION) - SOLUTION
        x += x >= 0
        drawn: list[Piece] = []
        slope = value = place = 0  # The slope is multiplied by 2520 to be an integer.
        sign = 1
        for left in range(pieces, 0, -1):
            if len(drawn) == gap:
                sign = -1
            order, kind = divmod(order, left)
            if kind < compound:
                compound -= 1
                piece = _draw_compound(draw, x)
                _, a, b, c = piece
                if piece[0] == BRACKET:
                    slope += sign * a * b * ABOVE[1]
                    value += sign * a * (b * x + c)
                else:
                    slope += sign * b * (ABOVE[1] // a)
                    value += sign * (b * x + c) // a
            elif kind < compound + multiples:
                multiples -= 1
                a = below(2 * LARGEST_MULTIPLE - 2) - LARGEST_MULTIPLE
                a += 3 if a >= -1 else 0
                piece = (MULTIPLE, a)
                slope += sign * a * ABOVE[1]
                value += sign * a * x
            elif kind == left - 1 and not place:
                place = sign * (len(drawn) + 1)
                piece = (CONSTANT, 0)
            else:
                a = below(2 * LARGEST_CONSTANT) - LARGEST_CONSTANT
                a += a >= 0
                piece = (CONSTANT, a)
                value += sign * a
            drawn.append(piece)
        if not slope or not value:
            return None
        drawn[abs(place) - 1] = (CONSTANT, -value if place > 0 else value)
        return Equation(tuple(drawn[:gap]), tuple(drawn[gap:]), x)

    def render(self, form: Equation, notation: Notation, draw: Draw) -> str:
        which, letter = divmod(draw.below(len(ASKS) * len(LETTERS)), len(LETTERS))
        x = LETTERS[letter]
        equation = side_text(form.left, x, notation) + " = " + side_text(form.right, x, notation)
        return ASKS[which].format(e=formula(equation, notation), x=formula(x, notation))

    def answer(self, form: Equation) -> str:
        return str(form.solution)

    def solution(self, form: Equation) -> str:
        lines, slope, rest = [], Fraction(0), Fraction(0)
        for sign, side in ((1, form.left), (-1, form.right)):
            for piece in side:
                kind, a, *inner = piece
                if inner:
                    by = Fraction(a) if kind == BRACKET else Fraction(1, a)
                    at_x, alone = by * inner[0], by * inner[1]
                    lines.append(f"{side_text([piece], 'x', 'plain')} = {at_x}*x + {alone}")
                else:
                    at_x, alone = (
                        Fraction(a * (kind == MULTIPLE)),
                        Fraction(a * (kind == CONSTANT)),
                    )
                slope += sign * at_x
                rest -= sign * alone
        return ", ".join([*lines, f"{slope}*x = {rest}", f"x = {form.solution}"])

    def canonical(self, form: Equation) -> str:
        sides = ["".join(sorted(signed_text(p, "x", "plain") for p in side)) for side in form[:2]]
        return " = ".join(sorted(sides))

    def bits(self, form: Equation) -> float:
        pieces = form.left + form.right
        counts, bits, outside = [0, 0, 0, 0], 0.0, False
        for piece in pieces:
            kind = piece[0]
            counts[kind] += 1
            if kind == FRACTION:
                bits -= _LOGS[abs(piece[1])]
            elif kind == CONSTANT and not -LARGEST_CONSTANT <= piece[1] <= LARGEST_CONSTANT:
                outside = True
        bits += _text_bits(*counts)
        if outside:
            bits += log2(counts[CONSTANT])
        if len(set(form.left)) < len(form.left) or len(set(form.right)) < len(form.right):
            return bits - 1 - log2(arrangements(form.left) * arrangements(form.right))
        return bits - 1 - _log_factorial(len(form.left)) - _log_factorial(len(form.right))

    def part_bits(self, form: Equation) -> float:
        """Of the side with the most bits.

        A side is left or right and has several orders. At most one constant of it was derived, so that
        its probability is at most that of all pieces but one constant.
        """
        largest = 0.0
        for side in (form.left, form.right):
            if len(side) > 1 or side[0][0] >= BRACKET:
                bits = sum(_piece_bits(piece[0]) for piece in side)
                bits -= sum(_LOGS[abs(piece[1])] for piece in side if piece[0] == FRACTION)
                bits -= _piece_bits(CONSTANT) if any(p[0] == CONSTANT for p in side) else 0
                largest = max(largest, bits + log2(_ACCEPTED) - 1 - log2(arrangements(side)))
        return min(largest, self.bits(form))

    def min_bits(self, tier: int) -> float:
        """No denominator is likelier than 9, and a side has at most p-1 of p pieces."""
        bits = []
        for m in range(tier // 3 + 1):
            for s in range(not m, tier - 3 * m + 1):
                constants = tier - 3 * m - s + 1
                likeliest = _text_bits(constants, s, 0, m) - m * _LOGS[DENOMINATORS[-1]]
                likeliest = min(likeliest, _text_bits(constants, s, m, 0))
                bits.append(likeliest - 1 - log2(factorial(constants + s + m - 1)))
        return min(bits)

    def space(self, tier: int) -> int | None:
        """Known at one step: all equations are `ax = n`."""
        return (2 * LARGEST_MULTIPLE - 2) * 2 * SOLUTION if tier == 1 else None

    def most(self, tier: int) -> int:
        """The number of draws."""
        inner = 6 * INNER[0] * INNER[1] * (FACTOR - 1)
        compound = inner + sum(6 * ABOVE[0] * (ABOVE[1] // d) for d in DENOMINATORS)
        return self.space(tier) or 2 * SOLUTION * sum(
            _arrangements(tier - 3 * m - s, s, m)
            * compound**m
            * (2 * LARGEST_MULTIPLE - 2) ** s
            * (2 * LARGEST_CONSTANT) ** (tier - 3 * m - s)
            for m in range(tier // 3 + 1)
            for s in range(not m, tier - 3 * m + 1)
        )

    def read(self, text: str) -> Equation:
        return _read(text)[0]

    def evaluate(self, text: str) -> Fraction:
        """From the difference of the sides, which is linear, at 0 and at 1."""
        return _zero(*_read(text)[1:])


def _draw_compound(draw: Draw, x: int) -> Piece:
    shapes = 2 * 2 * len(_SHAPES)
    kind, which = divmod(draw.below(shapes), 2 * len(_SHAPES))
    sign, shape = divmod(which, len(_SHAPES))
    at_x, alone = _SHAPES[shape]
    if kind:
        a, rest = divmod(draw.below((FACTOR - 1) * INNER[0] * INNER[1]), INNER[0] * INNER[1])
        b, c = divmod(rest, INNER[1])
        a += 2
        return (BRACKET, a if sign else -a, at_x * (b + 1), alone * (c + 1))
    d, b = divmod(draw.below(len(DENOMINATORS) * ABOVE[0]), ABOVE[0])
    d += DENOMINATORS[0]
    b = at_x * (b + 1)
    c = d * draw.below(ABOVE[1] // d) + (-alone * b * x - 1) % d + 1
    return (FRACTION, d if sign else -d, b, alone * c)


def _arrangements(constants: int, multiples: int, compound: int) -> int:
    """The number of orders of the kinds, with one more constant, the derived one, times gaps."""
    pieces = constants + multiples + compound + 1
    same = factorial(constants) * factorial(multiples) * factorial(compound)
    return factorial(pieces) // same * (pieces - 1)


_LOGS = [0.0, *map(log2, range(1, DENOMINATORS[-1] + 1))]


@cache
def _piece_bits(kind: int) -> float:
    """The bits of a piece; for a fraction, subtract log2 of its denominator."""
    if kind == CONSTANT:
        return log2(2 * LARGEST_CONSTANT)
    if kind == MULTIPLE:
        return log2(2 * LARGEST_MULTIPLE - 2)
    shape = log2(2 * 2 * len(_SHAPES))
    if kind == BRACKET:
        return shape + log2((FACTOR - 1) * INNER[0] * INNER[1])
    return shape + log2(len(DENOMINATORS) * ABOVE[0] * ABOVE[1])


@cache
def _log_factorial(n: int) -> float:
    return log2(factorial(n))


@cache
def _text_bits(constants: int, multiples: int, brackets: int, fractions: int) -> float:
    """The bits of a text with such pieces, constants in range, and 1 for every denominator."""
    compound = brackets + fractions
    tier = constants + multiples + 3 * compound - 1
    single = tier - 3 * compound
    counts = (constants - 1, multiples, brackets, fractions)
    return (
        log2(tier // 3 + 1)
        + log2(single + 1 if compound else single)
        + log2(_arrangements(constants - 1, multiples, compound))
        - log2(constants)
        + sum(n * _piece_bits(kind) for kind, n in enumerate(counts))
        + log2(2 * SOLUTION)
        + (log2(_ACCEPTED) if tier > 1 else 0)
    )


def _read(text: str) -> tuple[Equation, str, str, str]:
    """The equation, the texts of its sides and the letter of its unknown."""
    for pattern in _TEXTS:
        if match := pattern.fullmatch(text):
            left, right, x = match["left"], match["right"], match["x"]
            sides = read_side(left, x), read_side(right, x)
            return Equation(*sides, _zero(left, right, x)), left, right, x
    raise ValueError(f"expected a linear equation, got {text[:60]!r}")


def _zero(left: str, right: str, x: str) -> Fraction:
    """The value of x at which two linear functions are equal."""
    at_0, at_1 = (
        arithmetic_evaluator.evaluate(left, {x: value})
        - arithmetic_evaluator.evaluate(right, {x: value})
        for value in (Fraction(0), Fraction(1))
    )
    if at_0 == at_1:
        raise ValueError(f"expected one solution, got {left[:30]} = {right[:30]}")
    return at_0 / (at_0 - at_1)
