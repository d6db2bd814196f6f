"""The kinds of answers, as `structure.read` finds them."""

from __future__ import annotations

from dataclasses import dataclass

from clean_bench.grading.expr import Expr
from clean_bench.grading.parse.units import Unit


@dataclass(frozen=True, slots=True)
class Text:
    """Words, without regard to case and punctuation."""

    words: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A text without a reading here; `formula` where a computer algebra system may know one."""

    form: str
    formula: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The letter of a choice, `marked` by brackets or a full stop, with its content if stated."""

    letter: str
    marked: bool
    content: Answer | None


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar, with what stands beside it; `base` and `digits` where a base is stated."""

    tree: Expr
    unit: Unit | None = None
    percent: bool = False
    base: int | None = None
    digits: str = ""


@dataclass(frozen=True, slots=True)
class Tuple:
    """Ordered, in round or angle brackets, or a vector; `round` where it may be an interval."""

    items: tuple[Answer, ...]
    round: bool
    column: bool = False


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
    """Several answers of which one is meant."""

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
    """An interval; `open_low` and `open_high` where an end is not in it."""

    low: Expr
    open_low: bool
    high: Expr
    open_high: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A union of intervals, sorted and merged; `variable` where it was an inequality."""

    pieces: tuple[Piece, ...]
    variable: str | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """`label = value`: x = 5, f(x) = 2x, (x, y) = (1, 2)."""

    label: str
    value: Answer
    difference: Expr | None
    """Left less right, where both are scalars."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`difference` compared with 0 by =, <, <= or !=."""

    sign: str
    difference: Expr


Answer = (
    Text
    | Unread
    | Choice
    | Value
    | Tuple
    | Square
    | List
    | Set
    | Hedge
    | Ratio
    | Matrix
    | Region
    | Labelled
    | Relation
)


def flat(items: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The items, with those of lists (from a plus-minus) among them."""
    flat: list[Answer] = []
    for item in items:
        flat.extend(item.items if isinstance(item, List) else (item,))
    return tuple(flat)
