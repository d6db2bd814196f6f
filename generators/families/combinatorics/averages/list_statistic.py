"""Statistics of lists, the terms of the family `averages`: drawn, printed, evaluated, read and counted.

`KINDS` are the kinds of quantities. `value` evaluates the drawn numbers by a formula, `measure` by
building whole lists.
"""

from __future__ import annotations

import re
import statistics
from fractions import Fraction
from functools import cache
from math import factorial, log2
from typing import NamedTuple

from clean_bench.seeds import Draw
from generators.forms.multisets import arrangements, multisets
from generators.phrasing import read_texts

NUMBERS = range(10, 5000)
SIZES = range(15, 61)
GROUPS = range(2, 41)


class StatisticKind(NamedTuple):
    """The name of a quantity, its number of numbers, changes or groups, and its steps."""

    name: str
    size: int
    steps: int


class Quantity(NamedTuple):
    """A signed quantity.

    `given` is the mean of `missing`, or the size and the mean of `changed`. `lists` are the list; the
    known numbers; those removed and those added; or a pair of size and mean for every group.
    """

    sign: int
    kind: StatisticKind
    given: tuple[int, ...]
    lists: tuple[tuple[int, ...], ...]


KINDS = (
    *(StatisticKind("range", n, 1) for n in (5, 6)),
    *(StatisticKind("median", n, 1) for n in (5, 7)),
    *(StatisticKind("median", n, 2) for n in (4, 6)),
    *(StatisticKind("sum", n, n - 1) for n in range(3, 10)),
    *(StatisticKind("mean", n, n) for n in range(3, 9)),
    *(StatisticKind("missing", n, n) for n in range(3, 9)),
    *(StatisticKind("changed", j, j + 2) for j in range(1, 7)),
    *(StatisticKind("joined", m, 3 * m - 1) for m in (2, 3)),
)
BY_STEPS = {steps: tuple(kind for kind in KINDS if kind.steps == steps) for steps in range(1, 9)}
_LIST = r"([0-9]{1,5}(?:, [0-9]{1,5}){0,9})"
_GROUP = r"one of ([0-9]{1,2}) numbers with mean ([0-9]{1,5})"
_PHRASES = {
    name: re.compile(pattern.replace("LIST", _LIST).replace("GROUP", _GROUP))
    for name, pattern in read_texts(__file__).items()
}


def draw_lists(
    kind: StatisticKind, draw: Draw
) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Draw the given numbers and the lists of a quantity of that kind."""
    name, count, _ = kind
    if name == "missing":
        mean, *others = _numbers(draw, count)
        return (mean,), (tuple(others),)
    if name == "changed":
        out, size = divmod(draw.below((count + 1) * len(SIZES)), len(SIZES))
        mean, *changes = _numbers(draw, count + 1)
        return (SIZES[size], mean), (tuple(changes[:out]), tuple(changes[out:]))
    if name == "joined":
        sizes = [draw.choice(GROUPS) for _ in range(count)]
        return (), tuple(zip(sizes, _numbers(draw, count), strict=True))
    return (), (tuple(_numbers(draw, count)),)


def _numbers(draw: Draw, count: int) -> list[int]:
    base = len(NUMBERS)
    left = draw.below(base**count)
    numbers = []
    for _ in range(count):
        left, place = divmod(left, base)
        numbers.append(NUMBERS[place])
    return numbers


def to_text(quantity: Quantity, mark: str) -> str:
    """The phrase for the quantity; `mark` encloses numbers."""
    _, (name, count, _), given, lists = quantity
    if name == "joined":
        groups = [
            f"one of {mark}{size}{mark} numbers with mean {mark}{mean}{mark}"
            for size, mean in lists
        ]
        return f"the joint mean of {mark}{count}{mark} groups, {', '.join(groups[:-1])} and {groups[-1]}"
    printed = [mark + ", ".join(map(str, numbers)) + mark if numbers else "" for numbers in lists]
    if name == "missing":
        return (
            f"the last of {mark}{count}{mark} numbers with mean {mark}{given[0]}{mark}, "
            f"the others being {printed[0]}"
        )
    if name == "changed":
        verbs = zip(("taking out ", "putting in "), printed, strict=True)
        changes = [verb + numbers for verb, numbers in verbs if numbers]
        return (
            f"the mean of {mark}{given[0]}{mark} numbers, which had mean {mark}{given[1]}{mark}, "
            f"after {' and '.join(changes)}"
        )
    return f"the {name} of {printed[0]}"


def value(quantity: Quantity) -> tuple[int, int]:
    """The quantity without its sign as a fraction, not in lowest terms."""
    _, (name, count, _), given, lists = quantity
    numbers = lists[0]
    if name == "range":
        return max(numbers) - min(numbers), 1
    if name == "median":
        ordered = sorted(numbers)
        return ordered[(count - 1) // 2] + ordered[count // 2], 2
    if name == "sum":
        return sum(numbers), 1
    if name == "mean":
        return sum(numbers), count
    if name == "missing":
        return count * given[0] - sum(numbers), 1
    if name == "changed":
        out, into = lists
        return given[0] * given[1] - sum(out) + sum(into), given[0] - len(out) + len(into)
    return sum([size * mean for size, mean in lists]), sum([size for size, _ in lists])


def measure(quantity: Quantity) -> Fraction:
    """The quantity without its sign, by another algorithm than `value`."""
    _, (name, *_), given, lists = quantity
    numbers = [Fraction(number) for number in lists[0]]
    if name == "range":
        return max(a - b for a in numbers for b in numbers)
    if name == "median":
        return statistics.median(numbers)
    if name == "sum":
        return statistics.mean(numbers) * len(numbers)
    if name == "mean":
        return statistics.mean(numbers)
    if name == "missing":
        at_zero = statistics.mean([*numbers, Fraction(0)])
        return (given[0] - at_zero) / (statistics.mean([*numbers, Fraction(1)]) - at_zero)
    if name == "changed":
        kept = given[0] - len(numbers)
        each = (Fraction(given[0] * given[1]) - sum(numbers)) / kept
        return statistics.mean([*[each] * kept, *map(Fraction, lists[1])])
    return statistics.mean([Fraction(mean) for size, mean in lists for _ in range(size)])


def read(phrase: str, sign: int) -> Quantity:
    """The quantity with that sign for a phrase of `to_text` without marks.

    Raises:
        ValueError: if `to_text` prints no such phrase, or all numbers of a list would be removed.
    """
    for name, pattern in _PHRASES.items():
        match = pattern.fullmatch(phrase)
        if not match:
            continue
        given: list[int] = []
        lists: tuple[tuple[int, ...], ...]
        if name == "joined":
            count, *flat = [int(number) for number in match.groups() if number]
            lists = tuple(zip(flat[::2], flat[1::2], strict=True))
            fits = len(lists) == count and 0 not in flat[::2]
        else:
            texts = list(match.groups())
            while len(texts) > (2 if name == "changed" else 1):
                given.append(int(texts.pop(0)))
            lists = tuple(tuple(map(int, each.split(", "))) if each else () for each in texts)
            count = given.pop(0) if name == "missing" else sum(map(len, lists))
            fits = given[0] > count if name == "changed" else True
            fits = len(lists[0]) == count - 1 if name == "missing" else fits
        for kind in KINDS:
            if fits and kind[:2] == (name, count):
                return Quantity(sign, kind, tuple(given), lists)
    raise ValueError(f"expected a quantity, got {phrase[:60]!r}")


def ordered(quantity: Quantity) -> Quantity:
    """The quantity with its numbers, or its groups, in order."""
    if quantity.kind.name == "joined":
        return quantity._replace(lists=tuple(sorted(quantity.lists)))
    return quantity._replace(lists=tuple(tuple(sorted(numbers)) for numbers in quantity.lists))


def orders(quantity: Quantity) -> int:
    """The number of orders of the lists of a quantity."""
    lists = quantity.lists
    if quantity.kind.name == "joined":
        return arrangements(lists)
    return arrangements(lists[0]) * (arrangements(lists[1]) if len(lists) > 1 else 1)


def most_orders(kind: StatisticKind) -> int:
    """The maximum of `orders`: no number or group twice, and all changes of one sort."""
    return factorial(kind.size - (kind.name == "missing"))


@cache
def draw_bits(kind: StatisticKind) -> float:
    """-log2 of the probability of one draw of a signed quantity, given its steps."""
    name, count, steps = kind
    bits = 1 + log2(len(BY_STEPS[steps])) + count * log2(len(NUMBERS))
    if name == "changed":
        bits += log2(count + 1) + log2(len(SIZES)) + log2(len(NUMBERS))
    return bits + (count * log2(len(GROUPS)) if name == "joined" else 0.0)


def how_many(kind: StatisticKind) -> int:
    """The number of unsigned quantities of a kind."""
    name, count, _ = kind
    numbers = len(NUMBERS)
    if name == "missing":
        return numbers * multisets(numbers, count - 1)
    if name == "changed":
        changes = (multisets(numbers, n) * multisets(numbers, count - n) for n in range(count + 1))
        return len(SIZES) * numbers * sum(changes)
    return multisets(numbers * (len(GROUPS) if name == "joined" else 1), count)
