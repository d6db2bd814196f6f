r"""`counting`: the number of ways to do tasks, and the probability of one of several.

    In how many ways can one do exactly one of the following: (a) pick a team of $4$ from a squad of
    $23$ players and also hang $3$ of $15$ different pictures side by side in a row; (b) ...?

Tasks joined by "and also" form a group; of several groups exactly one is done. A stage, one task, takes
1 step (a choice, an arrangement, an assignment), 2 (a choice with a leader) or 3 (with an exclusion). A
product and a sum of two numbers of ways are one step each. From 4 steps on, half of the problems ask how
likely a given group is if all ways are equally likely; the division is one step.

Drawing, for k steps, w = k + 1 in a problem that asks for a number and k in one that asks for a
probability: the sequence of the steps of the s stages is uniform on those that add up to w with one
more for each stage, and the sequence of the sizes of the groups, 1 to 3, on those that add up to s; if
a probability is asked for, both on those of at least two members. Each stage is uniform on those with
its steps in a group of its size, and the group asked for on the groups. A group is done in at most
10^18 ways by construction: see `generators.families.combinatorics.counting.counting_stage`, where n and
r are bounded by group size.

The canonical form is the question and the multiset of the groups, which are multisets of stages.
All draws of a form are equally likely, so that `bits` is exact: the probability of one draw, times the
number of orders of the groups (with a mark on the one asked for), times those of the stages of each
group. No form has more than g! orders of g groups, nor a group of i stages more than i!.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement
from math import factorial, gcd, inf, log2, prod
from typing import NamedTuple, TypeAlias

from clean_bench.seeds import Draw
from generators.families.combinatorics.counting import counting_stage
from generators.families.combinatorics.counting.counting_stage import Stage
from generators.family import DrawnFamily, Notation
from generators.forms.multisets import arrangements, compositions, multisets, with_kinds
from generators.phrasing import read_texts

Group: TypeAlias = tuple[Stage, ...]


class CountingProblem(NamedTuple):
    """The groups, and the index of the one asked for (None: the number of all ways)."""

    groups: tuple[Group, ...]
    asked: int | None


LARGEST_GROUP = 3
FIRST_CHANCE = 4
"""The tier from which on probabilities are asked for."""
LETTERS = "abcdefghij"
_TEXTS = read_texts(__file__)
NUMBER: list[tuple[str, str]] = _TEXTS["number"]
CHANCE: list[tuple[str, str]] = _TEXTS["chance"]
SEVERAL = "do exactly one of the following: "


class Counting(DrawnFamily[CountingProblem]):
    name = "counting"
    random_bytes = 64
    summary = "numbers of choices and arrangements, joined by products and sums, and probabilities"

    def draw(self, draw: Draw, tier: int) -> CountingProblem:
        chance = tier >= FIRST_CHANCE and draw.below(2)
        least = 2 if chance else 1
        steps = draw.choice(_sequences(tier + 1 if least == 1 else tier, least))
        groups, place = [], 0
        for size in draw.choice(_groupings(len(steps), least)):
            inside = steps[place : place + size]
            place += size
            groups.append(
                tuple(
                    [
                        counting_stage.unrank(draw.below(counting_stage.how_many(n, size)), n, size)
                        for n in inside
                    ]
                )
            )
        return CountingProblem(tuple(groups), draw.below(len(groups)) if chance else None)

    def render(self, form: CountingProblem, notation: Notation, draw: Draw) -> str:
        groups, asked = form
        mark = "$" if notation == "latex" else ""
        total = sum(map(len, groups))
        frame, variants = divmod(draw.below(2 << total), 1 << total)
        tasks = []
        for group in groups:
            phrases = []
            for stage in group:
                phrases.append(counting_stage.to_text(stage, variants & 1, mark))
                variants >>= 1
            tasks.append(" and also ".join(phrases))
        if len(tasks) > 1:
            tasks = [f"({letter}) {each}" for letter, each in zip(LETTERS, tasks, strict=False)]
        before, after = NUMBER[frame] if asked is None else CHANCE[frame]
        several = SEVERAL if asked is None and len(tasks) > 1 else ""
        return before + several + "; ".join(tasks) + after.replace("*", LETTERS[asked or 0])

    def answer(self, form: CountingProblem) -> str:
        ways = [prod(map(counting_stage.ways, group)) for group in form.groups]
        total = sum(ways)
        if form.asked is None:
            return str(total)
        common = gcd(ways[form.asked], total)
        return f"{ways[form.asked] // common}/{total // common}"

    def solution(self, form: CountingProblem) -> str:
        lines, ways = [], []
        for group in form.groups:
            each = [counting_stage.ways(stage) for stage in group]
            lines += [
                f"{counting_stage.to_text(stage, 0, '')}: {n} ways"
                for stage, n in zip(group, each, strict=True)
            ]
            ways.append(prod(each))
            if len(each) > 1:
                lines.append(f"{' * '.join(map(str, each))} = {ways[-1]}")
        if len(ways) > 1:
            lines.append(f"{' + '.join(map(str, ways))} = {sum(ways)}")
        if form.asked is not None:
            lines.append(f"{ways[form.asked]} / {sum(ways)} = {self.answer(form)}")
        return "; ".join(lines)

    def canonical(self, form: CountingProblem) -> str:
        def name(group: Group) -> str:
            return "*".join(f"{kind}({n},{r})" for kind, n, r in sorted(group))

        groups = "+".join(sorted(map(name, form.groups)))
        return groups if form.asked is None else f"{name(form.groups[form.asked])}/({groups})"

    def bits(self, form: CountingProblem) -> float:
        groups, asked = form
        total = sum(map(len, groups))
        weight = (
            sum([counting_stage.KINDS[kind] for group in groups for kind, _, _ in group]) + total
        )
        bits = _shape_bits(weight, total, asked is not None)
        marked = []
        for place, group in enumerate(groups):
            size = len(group)
            bits += sum([_stage_bits(counting_stage.KINDS[kind], size) for kind, _, _ in group])
            bits -= log2(arrangements(group))
            marked.append((tuple(sorted(group)), place == asked))
        if asked is not None:
            bits += log2(len(groups))
        return bits - log2(arrangements(marked))

    def part_bits(self, form: CountingProblem) -> float:
        """Of the number of all ways, without the division, or of all groups but the last.

        Of one group: all stages but the last; of one stage with an exclusion or a leader: the choice
        without it. The bits are those of the part as a whole problem.
        """
        groups, asked = form
        if asked is not None:
            part = self.bits(CountingProblem(groups, None))
        elif len(groups) > 1:
            part = self.bits(CountingProblem(groups[:-1], None))
        elif len(groups[0]) > 1:
            part = self.bits(CountingProblem((groups[0][:-1],), None))
        else:
            part = _stage_bits(1, 1) if counting_stage.KINDS[groups[0][0][0]] > 1 else 0.0
        return min(part, self.bits(form))

    def min_bits(self, tier: int) -> float:
        """Over all numbers of stages and groups, with the largest number of orders."""
        numbers = [
            _shape_bits(tier + 1, total, False) + least - log2(factorial(count))
            for (total, count), least in _least_bits(tier + 1).items()
        ]
        chances = [
            _shape_bits(tier, total, True) + least + log2(count) - log2(factorial(count))
            for (total, count), least in _least_bits(tier).items()
            if count > 1 and tier >= FIRST_CHANCE
        ]
        return min(numbers + chances)

    def space(self, tier: int) -> int:
        """Multisets of groups; and, of at least two groups, those with one group marked."""
        chances = 0
        if tier >= FIRST_CHANCE:
            for inside in _insides():
                left = tier - sum(inside) - len(inside)
                if left > 0:
                    chances += _groups_like(inside) * _multisets_of_groups(left)
        return _multisets_of_groups(tier + 1) + chances

    def read(self, text: str) -> CountingProblem:
        if "$" in text and re.search("[0-9]", re.sub(r"\$[0-9]{1,4}\$", "", text)):
            raise ValueError(f"expected all numbers between $ marks, got {text[:60]!r}")
        text = text.replace("$", "")
        if len(text) > 4000:
            raise ValueError(f"expected at most 4000 characters, got {len(text)}")
        for before, after in NUMBER:
            if text.startswith(before) and text.endswith(after):
                tasks = text[len(before) : len(text) - len(after)]
                if tasks.startswith(SEVERAL):
                    return CountingProblem(_read_groups(tasks.removeprefix(SEVERAL)), None)
                return CountingProblem((_read_group(tasks),), None)
        for before, after in CHANCE:
            start, end = after.split("*")
            if text.startswith(before) and text.endswith(end):
                tasks, separator, letter = text[len(before) : len(text) - len(end)].rpartition(
                    start
                )
                groups = _read_groups(tasks)
                if separator and len(letter) == 1 and letter in LETTERS[: len(groups)]:
                    return CountingProblem(groups, LETTERS.index(letter))
        raise ValueError(f"expected a counting problem, got {text[:60]!r}")

    def evaluate(self, text: str) -> Fraction:
        """From the recurrences of `counting_stage.count_by_recurrence`."""
        groups, asked = self.read(text)
        total, favorable = 0, 0
        for place, group in enumerate(groups):
            ways = 1
            for stage in group:
                ways *= counting_stage.count_by_recurrence(stage)
            total += ways
            favorable += ways if place == asked else 0
        return Fraction(total) if asked is None else Fraction(favorable, total)


def _read_group(tasks: str) -> Group:
    return tuple(counting_stage.read(phrase) for phrase in tasks.split(" and also "))


def _read_groups(tasks: str) -> tuple[Group, ...]:
    groups = []
    parts = tasks.split("; ")
    if not 2 <= len(parts) <= len(LETTERS):
        raise ValueError(f"expected several groups of tasks, got {tasks[:60]!r}")
    for letter, part in zip(LETTERS, parts, strict=False):
        if not part.startswith(f"({letter}) "):
            raise ValueError(f"expected group ({letter}), got {part[:60]!r}")
        groups.append(_read_group(part[4:]))
    return tuple(groups)


@cache
def _sequences(weight: int, least: int) -> tuple[tuple[int, ...], ...]:
    """The sequences of at least `least` numbers of steps whose sum, plus 1 for each, is `weight`."""

    steps = ((1, 2), (2, 3), (3, 4))
    return tuple(s for s in compositions(weight, steps) if len(s) >= least)


@cache
def _groupings(total: int, least: int) -> tuple[tuple[int, ...], ...]:
    """The sequences of at least `least` sizes of groups for `total` stages."""

    sizes = tuple((size, size) for size in range(1, LARGEST_GROUP + 1))
    return tuple(s for s in compositions(total, sizes) if len(s) >= least)


@cache
def _shape_bits(weight: int, total: int, chance: bool) -> float:
    """-log2 of the probability of the question, the steps of the stages, and the group sizes."""
    least = 2 if chance else 1
    halved = chance or weight - 1 >= FIRST_CHANCE
    return halved + log2(len(_sequences(weight, least))) + log2(len(_groupings(total, least)))


@cache
def _stage_bits(steps: int, size: int) -> float:
    return log2(counting_stage.how_many(steps, size))


def _insides() -> list[tuple[int, ...]]:
    """The multisets of the steps of the stages of a group."""
    sizes = range(1, LARGEST_GROUP + 1)
    return [inside for size in sizes for inside in combinations_with_replacement((1, 2, 3), size)]


def _groups_like(inside: tuple[int, ...]) -> int:
    """The number of groups with stages of these numbers of steps."""
    alike = Counter(inside).items()
    return prod(
        multisets(counting_stage.how_many(steps, len(inside)), count) for steps, count in alike
    )


@cache
def _multisets_of_groups(weight: int) -> int:
    """The number of multisets of groups whose stages have the steps, plus 1 for each, `weight`."""
    counts = [1] + [0] * weight
    for inside in _insides():
        counts = with_kinds(counts, _groups_like(inside), sum(inside) + len(inside))
    return counts[weight]


@cache
def _least_bits(weight: int) -> dict[tuple[int, int], float]:
    """The least bits of the stages, less their orders, by the numbers of stages and of groups."""
    best = {(0, 0, 0): 0.0}
    for w in range(2, weight + 1):
        for inside in _insides():
            size = len(inside)
            bits = sum(_stage_bits(steps, size) for steps in inside) - log2(factorial(size))
            for (before, total, count), least in list(best.items()):
                if before == w - sum(inside) - size:
                    key = (w, total + size, count + 1)
                    best[key] = min(best.get(key, inf), least + bits)
    return {(total, count): least for (w, total, count), least in best.items() if w == weight}
