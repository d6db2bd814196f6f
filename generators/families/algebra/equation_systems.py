r"""`equation-systems`: systems of two or three linear equations, and the value of an unknown or a sum.

    If $10a + 58b - 336 = 43930$ and $78a - 14b = 17862$, what is $-16a + 17b$?

The tier is the number of operations of a solver. To eliminate an unknown from an equation is one (one
for two unknowns, three for three), to find an unknown is one, and to evaluate a linear expression in
all unknowns is one more: 2 for one of two unknowns, 4 for one of three, 4 and 7 for an expression. An
equation in standard form has all unknowns on the left and a constant on the right.
To collect a further term is one more: an unknown that is also on the right, or a constant on the left.
A system of n has n(n+1) places for such terms, so that the tiers are 2 to 7 + 12.

Drawing: the shape (two or three unknowns; the question is an unknown or an expression) is uniform on
those that the tier allows, and the set of further terms on the sets of that size. Coefficients are
uniform on the nonzero integers up to 99 (20 in the expression), constants on the left and the solution
on those up to 999, and the constants on the right follow. A draw with the determinant 0 is rejected. As
the coefficients on the left are independent, each leading minor but the first is 0 with probability at
most 1/198 if the one before is not, and so is the first: at least 1 - n/198 is accepted for n unknowns,
and `bits` is reduced by the log2 of it for the largest n.

The canonical form ignores the order of the equations, of the terms of a side and of the sides, and the
names of the unknowns. Terms are printed in the order of the names. The sides of an equation
can be exchanged only if all unknowns are on the right and the constant there is no larger than one
drawn for the left: with s such equations, a form has at most (n!)^2 2^s texts. All are equally
likely, and a text is drawn in one way, as the solution follows from it. There are fewer texts only if a
system is symmetric, as `2x + 3y = 5` and `3x + 2y = 5`, or a constant is 0; otherwise `bits` is exact
except for rejection.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from itertools import combinations, permutations
from math import comb, factorial, log2
from operator import mul, sub
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import Draw
from generators.family import DrawnFamily, Notation
from generators.phrasing import read_texts

COEFFICIENT = 99
CONSTANT = 999
SOLUTION = 999
ASKED = 20
NAMES = ("xyz", "abc", "pqr", "uvw")
ASKS: list[str] = read_texts(__file__)["asks"]

Side: TypeAlias = tuple[int, ...]
"""The coefficient of every unknown and then the constant; 0 for an absent term."""


class System(NamedTuple):
    """The sides of the equations, the coefficients of the expression asked for, and the solution."""

    equations: tuple[tuple[Side, Side], ...]
    asked: tuple[int, ...]
    solution: tuple[int | Fraction, ...]


class Shape(NamedTuple):
    """The number of unknowns, whether an expression is asked for, and the number of further terms."""

    unknowns: int
    expression: bool
    further: int


_UNITS = {n: tuple(tuple(int(i == j) for j in range(n)) for i in range(n)) for n in (2, 3)}
_TERM = re.compile(r"(^-?| [-+] )([1-9][0-9]{0,11})?([a-z])?")
_TEXTS = [
    re.compile(
        re.escape(ask)
        .replace(r"\{s\}", r"(?P<s>[-+=0-9a-z, $]{1,2000})")
        .replace(r"\{q\}", r"(?P<q>[-+0-9a-z $]{1,200})")
        .replace(r"\{v\}", r"(?P<v>[a-z, $]{1,40})")
    )
    for ask in ASKS
]


class EquationSystems(DrawnFamily[System]):
    name = "equation-systems"
    tiers = range(2, 20)
    random_bytes = 64
    summary = "systems of two or three linear equations; one unknown or a linear expression"

    def draw(self, draw: Draw, tier: int) -> System | None:
        n, expression, further = draw.choice(_shapes(tier))
        places = draw.choice(_places(n, further))
        size = 2 * COEFFICIENT
        values = draw.below(size ** (n * n))
        drawn = draw.below((2 * SOLUTION) ** n)
        left: list[list[int]] = []
        solution = []
        for _ in range(n):
            row = []
            for _ in range(n):
                values, value = divmod(values, size)
                row.append(value + 1 if value < COEFFICIENT else COEFFICIENT - 1 - value)
            left.append(row)
            drawn, value = divmod(drawn, 2 * SOLUTION)
            solution.append(value + 1 if value < SOLUTION else SOLUTION - 1 - value)
        right = [[0] * n for _ in left]
        alone = [0] * n
        for place in places:
            i, j = divmod(place, n + 1)
            if j < n:
                right[i][j] = _signed(draw, COEFFICIENT)
            else:
                alone[i] = _signed(draw, CONSTANT)
        total = [list(map(sub, a, b)) for a, b in zip(left, right, strict=True)] if places else left
        if not _determinant(total):
            return None
        equations = tuple(
            [
                ((*a, c), (*b, c + sum(map(mul, row, solution))))
                for a, b, c, row in zip(left, right, alone, total, strict=True)
            ]
        )
        if expression:
            target = tuple([_signed(draw, ASKED) for _ in range(n)])
        else:
            target = _UNITS[n][draw.below(n)]
        return System(equations, target, tuple(solution))

    def render(self, form: System, notation: Notation, draw: Draw) -> str:
        n = len(form.asked)
        which, names = divmod(draw.below(len(ASKS) * len(NAMES)), len(NAMES))
        letters = NAMES[names][:n]
        mark = "$" if notation == "latex" else ""
        return ASKS[which].format(
            s=_listed(
                [
                    f"{mark}{_sum(left, letters)} = {_sum(right, letters)}{mark}"
                    for left, right in form.equations
                ]
            ),
            q=mark + _sum(form.asked, letters) + mark,
            v=_listed([mark + letter + mark for letter in letters]),
        )

    def answer(self, form: System) -> str:
        return str(sum(map(mul, form.asked, form.solution)))

    def solution(self, form: System) -> str:
        letters = NAMES[0][: len(form.asked)]
        lines = [
            f"{_sum(tuple(row[:-1]), letters)} = {row[-1]}"
            for row in [*_rows(form), *_triangle(_rows(form))]
        ]
        lines += [f"{x} = {value}" for x, value in zip(letters, form.solution, strict=True)]
        if any(c not in (0, 1) for c in form.asked) or all(form.asked):
            lines.append(f"{_sum(form.asked, letters)} = {self.answer(form)}")
        return ", ".join(lines)

    def canonical(self, form: System) -> str:
        n, names = len(form.asked), []
        for order in permutations(range(n)):
            equations = sorted(
                sorted([*(side[j] for j in order), side[n]] for side in sides)
                for sides in form.equations
            )
            names.append((equations, [form.asked[j] for j in order]))
        equations, target = min(names)
        return f"{equations} {target}".replace(" ", "")

    def bits(self, form: System) -> float:
        shape, constants, swaps = _described(form)
        return _bits(shape, constants, swaps)

    def part_bits(self, form: System) -> float:
        """Of the system without its question, or of all its equations but one.

        There are n! orders of the equations, n! choices of names, and sides that can be exchanged; only
        drawn numbers count.
        """
        shape = _described(form)[0]
        n = shape.unknowns
        if shape.expression:
            return self.bits(form) - log2(len(_shapes(_tier(shape)))) - n * log2(2 * ASKED)
        drawn = sorted(
            (n + sum(map(bool, right[:n]))) * log2(2 * COEFFICIENT)
            + bool(left[n]) * log2(2 * CONSTANT)
            for left, right in form.equations
        )
        bits = sum(drawn[1:]) - 2 * log2(factorial(n)) - (n - 1) + log2(_accepted(_tier(shape)))
        return min(bits, self.bits(form))

    def min_bits(self, tier: int) -> float:
        """An equation whose sides can be exchanged has n unknowns as further terms."""
        bits = []
        for shape in _shapes(tier):
            n, _, further = shape
            for constants in range(max(0, further - n * n), min(n, further) + 1):
                swaps = min(n, (further - constants) // n)
                bits.append(_bits(shape, constants, swaps))
        return min(bits)

    def most(self, tier: int) -> int:
        """The number of texts."""
        return sum(
            comb(n * n, further - constants)
            * comb(n, constants)
            * (2 * COEFFICIENT) ** (n * n + further - constants)
            * (2 * CONSTANT) ** constants
            * (2 * SOLUTION) ** n
            * ((2 * ASKED) ** n if expression else n)
            for n, expression, further in _shapes(tier)
            for constants in range(min(n, further) + 1)
        )

    def read(self, text: str) -> System:
        for pattern in _TEXTS:
            if match := pattern.fullmatch(text):
                break
        else:
            raise ValueError(f"expected a system of equations, got {text[:60]!r}")
        equations = re.split(", | and ", match["s"].replace("$", ""))
        letters = "".join(sorted(set("".join(equations)) & set("abcdefghijklmnopqrstuvwxyz")))
        sides = [[_read_side(side, letters) for side in text.split(" = ")] for text in equations]
        target = _read_side(match["q"].replace("$", ""), letters)[:-1]
        if len(letters) not in (2, 3) or len(sides) != len(letters) or {*map(len, sides)} != {2}:
            raise ValueError(f"expected as many equations as unknowns, got {text[:60]!r}")
        if not (all(target) or sorted(target) == [0] * (len(target) - 1) + [1]):
            raise ValueError(f"expected one or all of the unknowns, got {match['q']!r}")
        system = System(tuple((a, b) for a, b in sides), target, ())
        return system._replace(solution=_solve(_triangle(_rows(system))))

    def evaluate(self, text: str) -> Fraction:
        """By elimination from the printed equations."""
        system = self.read(text)
        return sum(
            (c * Fraction(x) for c, x in zip(system.asked, system.solution, strict=True)),
            Fraction(0),
        )


@cache
def _shapes(tier: int) -> tuple[Shape, ...]:
    bases = ((2, False, 2), (2, True, 4), (3, False, 4), (3, True, 7))
    return tuple(
        Shape(n, expression, tier - base)
        for n, expression, base in bases
        if 0 <= tier - base <= n * (n + 1)
    )


def _tier(shape: Shape) -> int:
    n, expression, further = shape
    return further + {(2, False): 2, (2, True): 4, (3, False): 4, (3, True): 7}[n, expression]


@cache
def _places(unknowns: int, further: int) -> tuple[tuple[int, ...], ...]:
    return tuple(combinations(range(unknowns * (unknowns + 1)), further))


def _accepted(tier: int) -> float:
    return 1 - max(shape.unknowns for shape in _shapes(tier)) / (2 * COEFFICIENT)


def _described(form: System) -> tuple[Shape, int, int]:
    """The shape, and the numbers of constants on the left and of equations with exchangeable sides."""
    n = len(form.asked)
    unknowns = constants = swaps = 0
    for left, right in form.equations:
        absent = right[:n].count(0)
        unknowns += n - absent
        constants += left[n] != 0
        swaps += not absent and abs(right[n]) <= CONSTANT

    return Shape(n, all(form.asked), unknowns + constants), constants, swaps


@cache
def _bits(shape: Shape, constants: int, swaps: int) -> float:
    n, expression, further = shape
    return (
        log2(len(_shapes(_tier(shape))))
        + log2(comb(n * (n + 1), further))
        + (n * n + further - constants) * log2(2 * COEFFICIENT)
        + constants * log2(2 * CONSTANT)
        + n * log2(2 * SOLUTION)
        + (n * log2(2 * ASKED) if expression else log2(n))
        - 2 * log2(factorial(n))
        - swaps
        + log2(_accepted(_tier(shape)))
    )


def _signed(draw: Draw, largest: int) -> int:
    value = draw.below(2 * largest)
    return value + 1 if value < largest else largest - 1 - value


def _determinant(m: list[list[int]]) -> int:
    """The determinant of the first n columns of n = 2 or 3 rows."""
    if len(m) == 2:
        return m[0][0] * m[1][1] - m[0][1] * m[1][0]
    (a, b, c, *_), (d, e, f, *_), (g, h, i, *_) = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _sum(coefficients: Side, letters: str) -> str:
    """A printed side of an equation, or expression."""
    text = ""
    for a, x in zip(coefficients, letters, strict=False):
        if a > 1:
            text += f" + {a}{x}"
        elif a < -1:
            text += f" - {-a}{x}"
        elif a:
            text += f" + {x}" if a > 0 else f" - {x}"
    if len(coefficients) > len(letters) and (a := coefficients[-1]):
        text += f" + {a}" if a > 0 else f" - {-a}"
    if not text:
        return "0"
    return text[3:] if text[1] == "+" else "-" + text[3:]


def _listed(texts: list[str]) -> str:
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def _read_side(text: str, letters: str) -> Side:
    coefficients: dict[str, int] = {}
    position = 0
    while position < len(text) and text != "0":
        match = _TERM.match(text, position)
        if not match or not (match[2] or match[3]) or (match[3] or "") in coefficients:
            raise ValueError(f"expected a side of an equation, got {text[:60]!r}")
        coefficients[match[3] or ""] = int(match[2] or 1) * (-1 if "-" in match[1] else 1)
        position = match.end()
    if not text or not coefficients.keys() <= {*letters, ""}:
        raise ValueError(f"expected a sum in {letters}, got {text[:60]!r}")
    return tuple(coefficients.get(x, 0) for x in (*letters, ""))


def _rows(form: System) -> list[list[int]]:
    """The equations in standard form: unknowns on the left, the constant on the right."""
    rows = []
    for left, right in form.equations:
        row = [p - q for p, q in zip(left, right, strict=True)]
        rows.append([*row[:-1], -row[-1]])
    return rows


def _triangle(rows: list[list[int]]) -> list[list[int]]:
    """Equivalent rows; each has one unknown fewer than the row before."""
    rows, done = list(rows), []
    for column in range(len(rows)):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            raise ValueError("expected a system with one solution")
        rows.remove(pivot)
        done.append(pivot)
        rows = [
            [pivot[column] * a - row[column] * b for a, b in zip(row, pivot, strict=True)]
            for row in rows
        ]
    return done


def _solve(triangle: list[list[int]]) -> tuple[Fraction, ...]:
    n = len(triangle)
    values = [Fraction(0)] * n
    for i in range(n - 1, -1, -1):
        row = triangle[i]
        terms = [a * x for a, x in zip(row[i + 1 : n], values[i + 1 :], strict=True)]
        values[i] = (row[n] - sum(terms, Fraction(0))) / row[i]
    return tuple(values)
