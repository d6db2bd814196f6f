r"""`percentages`: an amount that is changed by percentages and to which percentages of others are added.

    Ann has $53174$ euros in savings, which is $12\%$ less than Ben has. Then Ben's savings grow by
    $5\%$. Then Ben adds $30\%$ of a bonus of $4250$ euros to the savings. What percentage of
    $50000$ euros are Ben's savings now? Give the exact value, without rounding.

Steps: one for each change by a percentage, two for each added percentage of another amount (the
percentage and the sum), one if the first amount must be found from one that is larger or smaller by a
percentage, and one if the question is the percentage of a goal.

Drawing, for k steps: the plan (the sequence of these steps) is uniform on those with k steps, at most
four changes, and at most two of them in a row. The first amount is uniform on 10,000..999,999; a
change, and how the given amount differs from the first, on -50..60 per cent without 0; an addition on
1..99 per cent of 1,000..99,999; a goal on the divisors of 10^6 from 10,000 on.

The answer has at most 20 digits. The first addition brings two decimals, every change two more, and a
goal four: 14 at most. The amount stays below 1.6^4 (10^6 + 10 * 10^5) < 2 * 10^7, so that it has at most
eight digits before the point and ten after it, and as a percentage of a goal at most six and fourteen.

The canonical form has the steps in order, except that changes in a row and additions in a row are
sorted: they commute, and nothing else does. A percentage or a factor is at most 160 and every amount at
least 1,000, so that no two forms differ only in the order of the factors of a product. All texts of a
form have the same plan and are equally likely, so that `bits` is exact:

    P(F) = prod over the rows r of T(r) / (plans(k) * the product of the options of everything drawn),

where T(r) is the number of orders of a row, its length's factorial over those of the multiplicities. It
is the full factorial if all steps of a row differ, which is always possible, so that `min_bits` is
exact.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import groupby
from math import factorial, log2, prod
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import Draw
from generators.families.proportion.percentages import phrases
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import arrangements, multisets
from generators.phrasing import decimal

AMOUNTS = range(10_000, 1_000_000)
FACTORS = tuple(100 + change for change in range(-50, 61) if change)
SHARES = range(1, 100)
EXTRAS = range(1_000, 100_000)
GOALS = tuple(n for n in range(10_000, 1_000_001) if 10**6 % n == 0)
MOST_CHANGES = 4
MOST_IN_A_ROW = 2

Plan: TypeAlias = tuple[bool, str, bool]
"""Whether the first amount must be found, the events (`c` a change, `a` an addition), and the goal."""
Event: TypeAlias = tuple[int, int]
"""A change is its factor in hundredths and 0, an addition its percentage and its amount."""


class Account(NamedTuple):
    """The computation: `factor` is 0 if the first amount is given, `goal` 0 if there is none."""

    amount: int
    factor: int
    events: tuple[Event, ...]
    goal: int


class Percentages(DrawnFamily[Account]):
    name = "percentages"
    random_bytes = 80
    summary = "percentage changes, percentages of amounts, reverse percentages and what percentage"

    def draw(self, draw: Draw, tier: int) -> Account:
        reverse, kinds, goal = draw.choice(_plans(tier))
        amount = draw.choice(AMOUNTS)
        factor = draw.choice(FACTORS) if reverse else 0
        events = []
        for kind in kinds:
            if kind == "c":
                events.append((draw.choice(FACTORS), 0))
            else:
                share, extra = divmod(draw.below(len(SHARES) * len(EXTRAS)), len(EXTRAS))
                events.append((SHARES[share], EXTRAS[extra]))
        return Account(amount, factor, tuple(events), draw.choice(GOALS) if goal else 0)

    def render(self, form: Account, notation: Notation, draw: Draw) -> str:
        amount, factor, events, goal = form
        templates = draw.choice(phrases.templates(notation))
        given, more, less, up, down, addition, value, percentage = templates
        if factor:
            whole, cents = divmod(amount * factor, 100)
            shown = f"{whole}.{cents:02d}" if cents else whole
            sentences = [(more if factor > 100 else less) % (shown, abs(factor - 100))]
        else:
            sentences = [given % amount]
        for size, extra in events:
            if extra:
                sentences.append(addition % (size, extra))
            else:
                sentences.append(up % (size - 100) if size > 100 else down % (100 - size))
        sentences.append(percentage % goal if goal else value)
        sentences.append(draw.choice(phrases.CLOSINGS))
        return " ".join(sentences)

    def answer(self, form: Account) -> str:
        places = 2
        total = form.amount * 100
        for size, extra in form.events:
            if extra:
                total += size * extra * 10 ** (places - 2)
            else:
                total *= size
                places += 2
        if form.goal:
            total *= 10**6 // form.goal
            places += 4
        return decimal(total, places)

    def solution(self, form: Account) -> str:
        lines, total = [], Fraction(form.amount)
        if form.factor:
            factor = Fraction(form.factor, 100)
            lines.append(f"{_shown(total * factor)} / {_shown(factor)} = {_shown(total)}")
        for size, extra in form.events:
            before = _shown(total)
            if extra:
                share = Fraction(size * extra, 100)
                total += share
                lines.append(f"{_shown(Fraction(size, 100))} * {extra} = {_shown(share)}")
                lines.append(f"{before} + {_shown(share)} = {_shown(total)}")
            else:
                total *= Fraction(size, 100)
                lines.append(f"{before} * {_shown(Fraction(size, 100))} = {_shown(total)}")
        if form.goal:
            lines.append(f"{_shown(total)} / {form.goal} = {_shown(total / form.goal * 100)}%")
        return ", ".join(lines)

    def canonical(self, form: Account) -> str:
        start = f"{form.amount * form.factor}/{form.factor}" if form.factor else str(form.amount)
        events = "".join(
            f"+{size}%{extra}" if extra else f"*{size}"
            for row in _rows(form)
            for size, extra in sorted(row)
        )
        return start + events + (f":{form.goal}" if form.goal else "")

    def bits(self, form: Account) -> float:
        additions = sum(extra > 0 for _, extra in form.events)
        changes = len(form.events) - additions
        orders = prod(map(arrangements, _rows(form)))
        return _text_bits(form.factor > 0, changes, additions, form.goal > 0) - log2(orders)

    def part_bits(self, form: Account) -> float:
        """Of the amount before the last step, or of the added percentage."""
        events = form.events if form.goal else form.events[:-1]
        parts = [0.0]
        if events or (form.factor and (form.events or form.goal)):
            parts.append(self.bits(form._replace(events=events, goal=0)))
        if any(extra for _, extra in form.events):
            parts.append(log2(len(SHARES) * len(EXTRAS)))
        return max(parts)

    def min_bits(self, tier: int) -> float:
        return min(
            _text_bits(reverse, kinds.count("c"), kinds.count("a"), goal)
            - sum(log2(factorial(length)) for _, length in _lengths(kinds))
            for reverse, kinds, goal in _plans(tier)
        )

    def space(self, tier: int) -> int:
        """The number of multisets of each row's events, for every plan."""
        options = {"c": len(FACTORS), "a": len(SHARES) * len(EXTRAS)}
        return sum(
            len(AMOUNTS)
            * len(FACTORS) ** reverse
            * len(GOALS) ** goal
            * prod(multisets(options[kind], length) for kind, length in _lengths(kinds))
            for reverse, kinds, goal in _plans(tier)
        )

    def read(self, text: str) -> Account:
        amount, factor, events, goal = _parse(text)
        first = amount * 100 / factor if factor else amount
        if first.denominator > 1:
            raise ValueError(f"expected a whole first amount, got {first}")
        return Account(int(first), factor, events, goal)

    def evaluate(self, text: str) -> Fraction:
        """From the last step to the first: the share of each amount in the answer."""
        amount, factor, events, goal = _parse(text)
        worth, total = Fraction(100, goal or 100), Fraction(0)
        for size, extra in reversed(events):
            if extra:
                total += worth * extra * Fraction(size, 100)
            else:
                worth *= Fraction(size, 100)
        return total + worth * amount / Fraction(factor or 100, 100)


@cache
def _plans(tier: int) -> tuple[Plan, ...]:
    return tuple(
        (reverse, kinds, goal)
        for reverse in (False, True)
        for goal in (False, True)
        for kinds in _events(tier - reverse - goal)
        if kinds.count("c") <= MOST_CHANGES
    )


@cache
def _events(steps: int) -> tuple[str, ...]:
    """The sequences of events with that number of steps."""
    if steps <= 0:
        return ("",) * (steps == 0)
    orders = [kinds + "a" for kinds in _events(steps - 2)] + [
        kinds + "c" for kinds in _events(steps - 1)
    ]
    return tuple(kinds for kinds in orders if not kinds.endswith("c" * (MOST_IN_A_ROW + 1)))


@cache
def _text_bits(reverse: bool, changes: int, additions: int, goal: bool) -> float:
    """-log2 of the probability of one text, without its story."""
    return (
        log2(len(_plans(reverse + changes + 2 * additions + goal)))
        + log2(len(AMOUNTS))
        + (reverse + changes) * log2(len(FACTORS))
        + additions * log2(len(SHARES) * len(EXTRAS))
        + goal * log2(len(GOALS))
    )


def _lengths(kinds: str) -> list[tuple[str, int]]:
    """The rows of equal events, each with its length."""
    return [(kind, len(list(row))) for kind, row in groupby(kinds)]


def _rows(form: Account) -> list[list[Event]]:
    """The events, with changes in a row together and additions in a row together."""
    return [list(row) for _, row in groupby(form.events, key=lambda event: event[1] > 0)]


def _parse(text: str) -> tuple[Fraction, int, tuple[Event, ...], int]:
    """The given amount, its factor to the first amount, the events and the goal in a text.

    Raises:
        ValueError: if this family does not print the text.
    """
    sentences = phrases.read(text)
    factor, events, goal = 0, [], 0
    for field, numbers in sentences:
        if field in ("more", "less", "up", "down"):
            changed = 100 + (numbers[-1] if field in ("more", "up") else -numbers[-1])
            if changed not in FACTORS:
                raise ValueError(
                    f"expected a change of this family, got {float(numbers[-1])} per cent"
                )
            if field in ("more", "less"):
                factor = int(changed)
            else:
                events.append((int(changed), 0))
        elif field == "addition":
            # `in range` takes constant time for an int and linear time for a Fraction.
            if _whole(numbers[0]) not in SHARES or _whole(numbers[1]) not in EXTRAS:
                raise ValueError(
                    f"expected an addition, got {float(numbers[0])} per cent of {float(numbers[1])}"
                )
            events.append((int(numbers[0]), int(numbers[1])))
        elif field == "percentage":
            if numbers[0] not in GOALS:
                raise ValueError(f"expected a goal of this family, got {float(numbers[0])}")
            goal = int(numbers[0])
    return sentences[0][1][0], factor, tuple(events), goal


def _whole(number: Fraction) -> int:
    """A number as an int, or -1 if it is not whole."""
    return int(number) if number.denominator == 1 else -1


def _shown(value: Fraction | int) -> str:
    """A number with at most 14 decimals."""
    return decimal(int(value * 10**14), 14)
