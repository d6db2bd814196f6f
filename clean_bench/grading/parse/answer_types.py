"""The types of parsed answers (see `parse_answer`)."""

from __future__ import annotations

from dataclasses import dataclass

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse.units import Unit


@dataclass(frozen=True, slots=True)
class Text:
    """Words, compared without case and punctuation."""

    words: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A text that cannot be parsed; `formula` if sympy may parse it (sums, integrals, limits)."""

    form: str
    formula: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The letter of a multiple-choice answer, with its content if stated."""

    letter: str
    content: Answer | None


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar with its unit or percent sign; `base` and `digits` if a number base is stated.

    `written` has the signs of an answer that may be text: cat, XI, 3-2 (see `written_forms`).
    """

    tree: Expr
    unit: Unit | None = None
    percent: bool = False
    base: int | None = None
    digits: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date: its figures in their order, or () if the month is named, and its day.

    `tree` is the value of the figures as arithmetic, None if they have none.
    """

    figures: tuple[int, ...]
    day: tuple[int | None, int, int]
    """Year, month, day; no year in July 4."""
    tree: Expr | None


@dataclass(frozen=True, slots=True)
class Tuple:
    """Ordered, in brackets, or a vector; `round` if it may be an interval.

    `square` if it has three or more items in square brackets: a comma list in the same order equals it.
    """

    items: tuple[Answer, ...]
    round: bool
    column: bool = False
    square: bool = False


@dataclass(frozen=True, slots=True)
class Square:
    """Two in square brackets: a closed interval, or a pair."""

    items: tuple[Answer, Answer]


@dataclass(frozen=True, slots=True)
class List:
    """Several answers, unordered; repetition counts."""

    items: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """In braces: unordered, without repetition."""

    items: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Hedge:
    """Several answers joined by "or"."""

    items: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """a : b, up to a common factor."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """One or more rows of two or more entries."""

    rows: tuple[tuple[Answer, ...], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval; `open_low` and `open_high` if the end is excluded."""

    low: Expr
    open_low: bool
    high: Expr
    open_high: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A union of intervals, sorted and merged; `variable` if it comes from inequalities."""

    pieces: tuple[Piece, ...]
    variable: str | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """`label = value`: x = 5, f(x) = 2x, (x, y) = (1, 2)."""

    label: str
    value: Answer
    difference: Expr | None
    """Left side minus right side, if both are scalars."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`difference` compared with 0 by =, <, <= or !=."""

    sign: str
    difference: Expr


@dataclass(frozen=True, slots=True)
class Residue:
    """`tree` modulo `modulus`: x = 3 (mod 7).

    `form` is how the modulus is written: "class" (in brackets), "operation" (\\bmod) or "word" (mod).
    `label` is the left side, if there is one; `solved` if it is a name.
    """

    tree: Expr
    modulus: Expr
    form: str
    label: str | None
    solved: bool


@dataclass(frozen=True, slots=True)
class Piecewise:
    """A function by cases: pairs of a value and its condition, in any order."""

    items: tuple[Tuple, ...]


@dataclass(frozen=True, slots=True)
class Approximation:
    """An exact answer with its roundings."""

    exact: Answer
    rounded: tuple[Value, ...]


Answer = (
    Text | Unread | Choice | Value | Date | Tuple | Square | List | Set | Hedge | Ratio | Matrix | Region
    | Labelled | Relation | Residue | Piecewise | Approximation
)  # fmt: skip


def flat(items: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The items, with lists (from a plus-minus) replaced by their items."""
    return tuple(
        part for item in items for part in (item.items if isinstance(item, List) else (item,))
    )
