r"""`word-problems`: gains and losses of things that a person holds, told in one sentence.

    How many coins does Mia have in the end? Mia starts with 37 coins, finds 25 in the garden and
    gives 18 to Tom.

The question comes first, so that the part which a probe asks a model to complete holds numbers,
places and names that cannot be guessed. Every operand and every intermediate value lies in 1..99.
This is the language that the organisms speak (`clean_bench/organisms`).

Drawing, for tier k: the start is uniform on 10..99; each of the k steps takes an operation, uniform
among the feasible ones, and an operand, uniform on the feasible values; names, things and templates
are surface. The canonical form is the multiset of what is added (start included) and the multiset
of what is taken away; `bits` sums the probabilities of every order of drawing that leads there.

A tier of k steps has at most about 6.5 (k + 1) bits less the orders: 24 bits at three steps. By the
60-bit rule no tier counts as fresh; the manifest labels them skill.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import factorial, log2, prod

from clean_bench.seeds import Draw
from generators.family import DrawnFamily, Notation

TOP = 99
"""No value in a problem exceeds this."""

NAMES = (
    "Ada Ben Cleo Dan Eva Finn Gia Hugo Ida Jon Kim Leo Mia Nils Olga Paul "
    "Quin Rosa Sam Tess Uma Vic Wes Xena Yara Zeno Anna Boris Cora Dora Emil Fay"
).split()
THINGS = (
    "coins shells apples stamps cards pens books stones eggs keys "
    "beads buttons plums nuts maps cups bells kites lamps ropes"
).split()
PLACES = "garden park market attic forest harbor school station".split()
GAINS = ("finds {n} in the {place}", "gets {n} from {name}", "buys {n} at the {place}")
LOSSES = ("gives {n} to {name}", "loses {n} in the {place}", "sells {n} to {name}")

_TEXT = re.compile(
    r"How many (?P<thing>[a-z]+) does (?P<name>[A-Z][a-z]+) have in the end\? "
    r"(?P=name) starts with (?P<start>\d+) (?P=thing), (?P<clauses>.+)\."
)
_CLAUSE = re.compile(
    r"(?:(?P<gain>finds|gets|buys)|(?P<loss>gives|loses|sells)) (?P<n>\d+) "
    r"(?:in|from|at|to) (?:the [a-z]+|[A-Z][a-z]+)"
)


@dataclass(frozen=True, slots=True)
class Story:
    """The computation and the text of one problem; `steps` holds signed operands."""

    text: str
    start: int
    steps: tuple[int, ...]

    def values(self) -> list[int]:
        """The value before the first step and after each."""
        values = [self.start]
        for step in self.steps:
            values.append(values[-1] + step)
        return values


def choices(value: int) -> tuple[range, range]:
    """The feasible gains and losses at a value (either may be empty, never both)."""
    gains = range(2, TOP - value + 1) if TOP - value >= 10 else range(0)
    losses = range(2, value) if value >= 12 else range(0)
    return gains, losses


def tell(draw: Draw, tier: int) -> Story:
    """Draw a story of `tier` steps."""
    name, thing = draw.choice(NAMES), draw.choice(THINGS)
    value = start = draw.between(10, TOP)
    clauses, steps = [], []
    for _ in range(tier):
        gains, losses = choices(value)
        sign = 1 if gains and (not losses or draw.below(2)) else -1
        n = draw.choice(gains if sign > 0 else losses)
        template = draw.choice(GAINS if sign > 0 else LOSSES)
        clauses.append(
            template.format(n=n, place=draw.choice(PLACES), name=_other(draw, NAMES, name))
        )
        steps.append(sign * n)
        value += sign * n
    told = clauses[0] if tier == 1 else ", ".join(clauses[:-1]) + " and " + clauses[-1]
    text = (
        f"How many {thing} does {name} have in the end? {name} starts with {start} {thing}, {told}."
    )
    return Story(text, start, tuple(steps))


def _other(draw: Draw, names: list[str], taken: str) -> str:
    """A name that is not `taken`, uniform among the rest."""
    index = draw.below(len(names) - 1)
    return names[index if index < names.index(taken) else index + 1]


def canonical_form(start: int, steps: tuple[int, ...]) -> str:
    """What is added and what is taken away, each sorted: `+25,37-18`."""
    gains = sorted([start, *(step for step in steps if step > 0)])
    losses = sorted(-step for step in steps if step < 0)
    return "+" + ",".join(map(str, gains)) + "-" + ",".join(map(str, losses))


def canonical_probability(start: int, steps: tuple[int, ...]) -> float:
    """Probability of the canonical form: the sum over the distinct orders that lead to it.

    What has been drawn so far is a subset of the terms, and its value does not depend on the order;
    so the sum is taken subset by subset.
    """
    terms = (start, *steps)
    reached = [0.0] * (1 << len(terms))
    values = [0] * (1 << len(terms))
    for i, term in enumerate(terms):
        if 10 <= term <= TOP:
            reached[1 << i] = 1.0 / (TOP - 9)
    table = _step_probabilities()
    for subset in range(1, 1 << len(terms)):
        low = subset & -subset
        values[subset] = value = values[subset ^ low] + terms[low.bit_length() - 1]
        p = reached[subset]
        if p:
            for i, term in enumerate(terms):
                if not subset >> i & 1 and (step := table.get((value, term))):
                    reached[subset | 1 << i] += p * step
    return reached[-1] / prod(map(factorial, Counter(terms).values()))


@cache
def _step_probabilities() -> dict[tuple[int, int], float]:
    """Probability of each step that is feasible at each value."""
    found = {}
    for value in range(1, TOP + 1):
        gains, losses = choices(value)
        for sign, options in ((1, gains), (-1, losses)):
            for n in options:
                found[value, sign * n] = 1.0 / (len(options) * (2 if gains and losses else 1))
    return found


class WordProblems(DrawnFamily[Story]):
    """The family `word-problems`; see the module's docstring."""

    name = "word-problems"
    summary = "one-sentence stories of gains and losses, values up to 99; the organisms' language"
    tiers = range(1, 5)
    random_bytes = 64
    notations = ("plain", "latex")

    def draw(self, draw: Draw, tier: int) -> Story:
        return tell(draw, tier)

    def render(self, form: Story, notation: Notation, draw: Draw) -> str:
        return re.sub(r"\d+", r"$\g<0>$", form.text) if notation == "latex" else form.text

    def answer(self, form: Story) -> str:
        return str(form.start + sum(form.steps))

    def solution(self, form: Story) -> str:
        return worked(form.start, form.steps)

    def canonical(self, form: Story) -> str:
        return canonical_form(form.start, form.steps)

    def bits(self, form: Story) -> float:
        return -log2(canonical_probability(form.start, form.steps))

    def part_bits(self, form: Story) -> float:
        steps = form.steps[:-1]
        return -log2(canonical_probability(form.start, steps)) if steps else 0.0

    def space(self, tier: int) -> int | None:
        return None if tier > 2 else _count(tier)

    def most(self, tier: int) -> int:
        """A start, and each step one of fewer than 100 gains or losses."""
        return self.space(tier) or (TOP - 9) * (2 * TOP) ** tier

    def min_bits(self, tier: int) -> float:
        """At most (k+1)! orders lead to a form, each of 1/90 for the start and at most 1/18 a step
        (where least is feasible: nine gains at 89, beside losses)."""
        return log2(TOP - 9) + tier * log2(18) - log2(factorial(tier + 1))

    def read(self, text: str) -> Story:
        match = _TEXT.fullmatch(text.replace("$", ""))
        if not match:
            raise ValueError(f"not a word problem: {text[:60]!r}")
        steps = []
        for clause in re.split(r", | and ", match["clauses"]):
            told = _CLAUSE.fullmatch(clause)
            if not told:
                raise ValueError(f"not a clause: {clause[:60]!r}")
            steps.append(int(told["n"]) * (1 if told["gain"] else -1))
        return Story(text, int(match["start"]), tuple(steps))

    def evaluate(self, text: str) -> Fraction:
        story = self.read(text)
        return Fraction(story.start) + sum(map(Fraction, story.steps))


def worked(start: int, steps: tuple[int, ...]) -> str:
    """The steps written out: `37 + 25 = 62, 62 - 18 = 44`."""
    lines, value = [], start
    for step in steps:
        lines.append(f"{value} {'+' if step > 0 else '-'} {abs(step)} = {value + step}")
        value += step
    return ", ".join(lines)


@cache
def _count(tier: int) -> int:
    return sum(1 for _ in _forms(tier))


def _forms(tier: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every canonical form of a tier."""
    seen = set()

    def extend(start: int, steps: tuple[int, ...], value: int) -> None:
        if len(steps) == tier:
            gains = tuple(sorted([start, *(s for s in steps if s > 0)]))
            seen.add((gains, tuple(sorted(-s for s in steps if s < 0))))
            return
        for sign, options in zip((1, -1), choices(value), strict=True):
            for n in options:
                extend(start, (*steps, sign * n), value + sign * n)

    for start in range(10, TOP + 1):
        extend(start, (), start)
    yield from seen
