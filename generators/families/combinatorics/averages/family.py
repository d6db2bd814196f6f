r"""`averages`: means, medians, ranges and sums of lists, and inferences from a given mean.

    Let $A$ be the mean of $40, 12, 77$; let $B$ be the range of $31, 90, 15, 8, 62$. What is $A - B$?

(and a sentence that asks for the exact value). With its number of steps, a quantity is the range or the
median of an odd list (1), the median of an even list (2), the sum of n numbers (n - 1), their mean (n),
the last of n numbers whose mean and other members are given (n), the mean that n numbers with a given
mean have after j changes, each of which removes or adds a number (j + 2), or the joint mean of m
groups with given sizes and means (3m - 1). A sum or difference of two quantities is one step.

Drawing, for k steps: the sequence of the steps of the quantities is uniform on those that add up to k,
none above 8, and the kind of each quantity on those of `list_statistic.KINDS` with so many steps. Every
quantity but the first is added or subtracted with probability 1/2. Every number and mean is uniform on
10..4,999, the size of a list to be changed on 15..60, the number of removals on 0..j, and the size of a
group on 2..40. Means are independent of the numbers, so that an unknown number may be negative.

The canonical form is the multiset of the signed quantities, each with its lists sorted (a list, the
numbers removed, those added, the groups). All draws of a form are equally likely, so that `bits` is
exact: the probability of one draw, times T, the number of orders of the quantities, times the numbers
of orders of their lists. T is p (t-1)! over the factorials of the multiplicities of the t signed
quantities; p of them are positive, and one of these comes first. The likeliest form has t! orders of
the quantities and no number twice.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from math import factorial, gcd, inf, log2
from typing import TypeAlias

from clean_bench.seeds import Draw
from generators.families.combinatorics.averages import list_statistic
from generators.families.combinatorics.averages.list_statistic import Quantity
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import arrangements, compositions, with_kinds

Form: TypeAlias = tuple[Quantity, ...]

LETTERS = ("ABCDEFGHIJ", "PQRSTUVWXY")
QUESTIONS = (("What is", "?"), *((verb, ".") for verb in ("Find", "Calculate", "Determine")))
PRECISION = (
    "Give the exact value, as a fraction in lowest terms if it is not a whole number.",
    "If it is not a whole number, give it as a fraction in lowest terms.",
)

_TEXT = re.compile(
    rf"(?:Let (?P<let>[^.?$]{{1,3000}})\. )?(?:{'|'.join(verb for verb, _ in QUESTIONS)}) "
    rf"(?P<asked>[^.?$]{{1,300}})[.?] (?:{'|'.join(PRECISION)})"
)


class Averages(DrawnFamily[Form]):
    name = "averages"
    random_bytes = 240
    summary = "means, medians, ranges and sums of lists, and means after changes"

    def draw(self, draw: Draw, tier: int) -> Form:
        quantities: list[Quantity] = []
        for steps in draw.choice(_sequences(tier)):
            kinds = list_statistic.BY_STEPS[steps]
            negative, place = divmod(draw.below((2 if quantities else 1) * len(kinds)), len(kinds))
            given, lists = list_statistic.draw_lists(kinds[place], draw)
            quantities.append(Quantity(-1 if negative else 1, kinds[place], given, lists))
        return tuple(quantities)

    def render(self, form: Form, notation: Notation, draw: Draw) -> str:
        surface, question = divmod(draw.below(4 * 2 * 2), 4)
        letters, precision = LETTERS[surface & 1], PRECISION[surface >> 1]
        mark = "$" if notation == "latex" else ""
        verb, end = QUESTIONS[question]
        if len(form) == 1:
            return f"{verb} {list_statistic.to_text(form[0], mark)}{end} {precision}"
        pairs = list(zip(letters, form, strict=False))
        let = "; let ".join(
            [f"{mark}{name}{mark} be {list_statistic.to_text(each, mark)}" for name, each in pairs]
        )
        expression = "".join([f" {'+' if each.sign > 0 else '-'} {name}" for name, each in pairs])
        return f"Let {let}. {verb} {mark}{expression[3:]}{mark}{end} {precision}"

    def answer(self, form: Form) -> str:
        above, below = 0, 1
        for quantity in form:
            more, parts = list_statistic.value(quantity)
            above, below = above * parts + quantity.sign * more * below, below * parts
        common = gcd(above, below)
        return str(above // common) if common == below else f"{above // common}/{below // common}"

    def solution(self, form: Form) -> str:
        lines, total = [], Fraction(0)
        for place, quantity in enumerate(form):
            value = Fraction(*list_statistic.value(quantity))
            lines.append(f"{list_statistic.to_text(quantity, '')} is {value}")
            if place:
                lines.append(f"{total} {'+' if quantity.sign > 0 else '-'} ({value})")
                lines[-1] += f" = {total + quantity.sign * value}"
            total += quantity.sign * value
        return "; ".join(lines)

    def canonical(self, form: Form) -> str:
        return " ".join(
            f"{sign:+d}{kind.name}{kind.size}{list(given)}{[list(each) for each in lists]}".replace(
                " ", ""
            )
            for sign, kind, given, lists in sorted(map(list_statistic.ordered, form))
        )

    def bits(self, form: Form) -> float:
        orders, weight, bits = _orders_of_quantities(form), 0, 0.0
        for quantity in form:
            weight += quantity.kind.steps + 1
            bits += list_statistic.draw_bits(quantity.kind)
            orders *= list_statistic.orders(quantity)
        return _sequence_bits(weight - 1) + bits - log2(orders)

    def part_bits(self, form: Form) -> float:
        """Of all quantities but the last.

        Of one quantity: the sum that a mean divides, all numbers but the last of a sum, the known
        numbers, or the two in the middle.
        """
        if len(form) > 1:
            return min(self.bits(form[:-1]), self.bits(form))
        name, count, steps = form[0].kind
        if name in ("mean", "changed", "joined"):
            part = (
                list_statistic.draw_bits(form[0].kind)
                - log2(len(list_statistic.BY_STEPS[steps]) * list_statistic.orders(form[0]))
                - 1
            )
            return max(0.0, part)
        numbers = {"sum": count - 1, "missing": count - 1, "median": 2 * (steps - 1)}.get(name, 0)
        return numbers * log2(len(list_statistic.NUMBERS)) - log2(factorial(numbers))

    def min_bits(self, tier: int) -> float:
        """Over all multisets of kinds, with the least bits of their quantities."""
        least = {
            steps: min(
                list_statistic.draw_bits(k) - log2(list_statistic.most_orders(k))
                for k in list_statistic.BY_STEPS[steps]
            )
            for steps in list_statistic.BY_STEPS
        }
        best = {(0, 0): 0.0}
        for weight in range(2, tier + 2):
            for steps, bits in least.items():
                for count in range(tier + 1):
                    before = best.get((weight - steps - 1, count), inf)
                    now = best.get((weight, count + 1), inf)
                    best[weight, count + 1] = min(now, before + bits)
        return _sequence_bits(tier) + min(
            best.get((tier + 1, count), inf) - log2(factorial(count))
            for count in range(1, tier + 1)
        )

    def space(self, tier: int) -> int:
        """Multisets of signed quantities, less those without a positive one."""
        return _multisets_of_kinds(tier + 1, 2) - _multisets_of_kinds(tier + 1, 1)

    def read(self, text: str) -> Form:
        if "$" in text and re.search("[0-9]", re.sub(r"\$[^$]{1,300}\$", "", text)):
            raise ValueError(f"expected all numbers between $ marks, got {text[:60]!r}")
        match = _TEXT.fullmatch(text.replace("$", "")) if len(text) < 4000 else None
        if not match:
            raise ValueError(f"expected a text about averages, got {text[:60]!r}")
        if not match["let"]:
            return (list_statistic.read(match["asked"], 1),)
        named = [each.split(" be ", 1) for each in match["let"].split("; let ")]
        signs_and_names = re.split(r" ([-+]) ", f" + {match['asked']}")[1:]
        if [name for name, *_ in named] != signs_and_names[1::2] or len(
            set(signs_and_names[1::2])
        ) < len(named):
            raise ValueError(f"expected the defined names in order, got {text[:60]!r}")
        signs = [1 if sign == "+" else -1 for sign in signs_and_names[::2]]
        return tuple(
            list_statistic.read(phrase, sign)
            for (_, phrase), sign in zip(named, signs, strict=True)
        )

    def evaluate(self, text: str) -> Fraction:
        """Builds whole lists and computes with `statistics`."""
        return sum(
            (quantity.sign * list_statistic.measure(quantity) for quantity in self.read(text)),
            Fraction(0),
        )


def _orders_of_quantities(form: Form) -> int:
    positive = sum([quantity.sign > 0 for quantity in form])
    rough = {(sign, kind, sum(map(sum, lists))) for sign, kind, _, lists in form}
    if len(rough) == len(form):
        return positive * factorial(len(form) - 1)
    return (
        positive
        * arrangements([list_statistic.ordered(quantity) for quantity in form])
        // len(form)
    )


@cache
def _sequences(tier: int) -> tuple[tuple[int, ...], ...]:
    """The sequences of the steps of quantities whose signed sum has that number of steps."""

    steps = tuple((steps, steps + 1) for steps in list_statistic.BY_STEPS)
    return compositions(tier + 1, steps)


@cache
def _sequence_bits(tier: int) -> float:
    """The bits of the sequence of steps, less that of the sign, which the first quantity lacks."""
    return log2(len(_sequences(tier))) - 1


def _multisets_of_kinds(weight: int, signs: int) -> int:
    """The number of multisets of quantities, with `signs` signs, of a total of steps plus 1 each."""
    ways = [1] + [0] * weight
    for kind in list_statistic.KINDS:
        ways = with_kinds(ways, signs * list_statistic.how_many(kind), kind.steps + 1)
    return ways[weight]
