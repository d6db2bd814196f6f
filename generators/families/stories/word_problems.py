r"""`word-problems`: gains and losses of a number of things, in one sentence.

    How many coins does Mia have in the end? Mia starts with 37 coins, finds 25 in the garden and
    gives 18 to Tom.

The question comes first: the suffix that the probe asks a model to complete then holds numbers, places
and names that cannot be guessed. Every operand and every intermediate value lies in 1..99. The control
models are trained on these texts (`clean_bench.organisms`).

Drawing, for tier k: the start is uniform on 10..99. Each of the k steps draws a sign, uniform among the
feasible ones, and an operand, uniform on the feasible values. Names, things and templates are surface.
The canonical form is the multiset of added terms (with the start) and the multiset of subtracted terms.
`bits` is exact: it sums the probabilities of all orders of drawing that give the canonical form.

A tier of k steps has at most about 6.5 (k + 1) bits minus log2 of the number of orders: 24 bits at three
steps. By the 60-bit rule no tier is fresh; the manifest labels them skill.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import factorial, log2, prod

from clean_bench.seeds import Draw
from generators.family import DrawnFamily, Notation
from generators.forms.signed_sum import worked_sum

TOP = 99
"""The largest value in a problem."""

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
class WordProblem:
    """The text and the computation of one problem; `steps` holds signed operands."""

    text: str
    start: int
    steps: tuple[int, ...]

    def values(self) -> list[int]:
        """The start and the value after each step."""
        values = [self.start]
        for step in self.steps:
            values.append(values[-1] + step)
        return values


def choices(value: int) -> tuple[range, range]:
    """The feasible gains and losses at a value (one of them may be empty)."""
    gains = range(2, TOP - value + 1) if TOP - value >= 10 else range(0)
    losses = range(2, value) if value >= 12 else range(0)
    return gains, losses


def draw_problem(draw: Draw, tier: int) -> WordProblem:
    """Draw a problem of `tier` steps."""
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
    steps_text = clauses[0] if tier == 1 else ", ".join(clauses[:-1]) + " and " + clauses[-1]
    text = (
        f"How many {thing} does {name} have in the end? "
        f"{name} starts with {start} {thing}, {steps_text}."
    )
    return WordProblem(text, start, tuple(steps))


def _other(draw: Draw, names: list[str], taken: str) -> str:
    """A name other than `taken`, uniform among the rest."""
    index = draw.below(len(names) - 1)
    return names[index if index < names.index(taken) else index + 1]


def canonical_form(start: int, steps: tuple[int, ...]) -> str:
    """The added and the subtracted terms, each sorted: `+25,37-18`."""
    gains = sorted([start, *(step for step in steps if step > 0)])
    losses = sorted(-step for step in steps if step < 0)
    return "+" + ",".join(map(str, gains)) + "-" + ",".join(map(str, losses))


def canonical_probability(start: int, steps: tuple[int, ...]) -> float:
    """Probability of the canonical form: the sum over the distinct orders that give it.

    The terms drawn so far are a subset, whose value does not depend on the order. So the sum is a
    recursion over subsets.
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
    probabilities = {}
    for value in range(1, TOP + 1):
        gains, losses = choices(value)
        for sign, options in ((1, gains), (-1, losses)):
            for n in options:
                p = 1.0 / (len(options) * (2 if gains and losses else 1))
                probabilities[value, sign * n] = p
    return probabilities


class WordProblems(DrawnFamily[WordProblem]):
    name = "word-problems"
    summary = (
        "one-sentence stories of gains and losses, values up to 99; texts of the control models"
    )
    tiers = range(1, 5)
    random_bytes = 64
    notations = ("plain", "latex")

    def draw(self, draw: Draw, tier: int) -> WordProblem:
        return draw_problem(draw, tier)

    def render(self, form: WordProblem, notation: Notation, draw: Draw) -> str:
        return re.sub(r"\d+", r"$\g<0>$", form.text) if notation == "latex" else form.text

    def answer(self, form: WordProblem) -> str:
        return str(form.start + sum(form.steps))

    def solution(self, form: WordProblem) -> str:
        return ", ".join(worked_sum([form.start, *form.steps]))

    def canonical(self, form: WordProblem) -> str:
        return canonical_form(form.start, form.steps)

    def bits(self, form: WordProblem) -> float:
        return -log2(canonical_probability(form.start, form.steps))

    def part_bits(self, form: WordProblem) -> float:
        steps = form.steps[:-1]
        return -log2(canonical_probability(form.start, steps)) if steps else 0.0

    def space(self, tier: int) -> int | None:
        return None if tier > 2 else _count(tier)

    def most(self, tier: int) -> int:
        """90 starts; each step has fewer than 100 gains and fewer than 100 losses."""
        return self.space(tier) or (TOP - 9) * (2 * TOP) ** tier

    def min_bits(self, tier: int) -> float:
        """At most (k+1)! orders give a form; each has probability 1/90 for the start and at most 1/18
        for a step (the fewest options: nine gains at 89, where losses are feasible too)."""
        return log2(TOP - 9) + tier * log2(18) - log2(factorial(tier + 1))

    def read(self, text: str) -> WordProblem:
        match = _TEXT.fullmatch(text.replace("$", ""))
        if not match:
            raise ValueError(f"not a word problem: {text[:60]!r}")
        steps = []
        for clause in re.split(r", | and ", match["clauses"]):
            step = _CLAUSE.fullmatch(clause)
            if not step:
                raise ValueError(f"not a clause of a word problem: {clause[:60]!r}")
            steps.append(int(step["n"]) * (1 if step["gain"] else -1))
        return WordProblem(text, int(match["start"]), tuple(steps))

    def evaluate(self, text: str) -> Fraction:
        form = self.read(text)
        return Fraction(form.start) + sum(map(Fraction, form.steps))


@cache
def _count(tier: int) -> int:
    return len(_forms(tier))


def _forms(tier: int) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """All canonical forms of a tier, as added and subtracted terms."""
    forms = set()

    def extend(start: int, steps: tuple[int, ...], value: int) -> None:
        if len(steps) == tier:
            gains = tuple(sorted([start, *(s for s in steps if s > 0)]))
            forms.add((gains, tuple(sorted(-s for s in steps if s < 0))))
            return
        for sign, options in zip((1, -1), choices(value), strict=True):
            for n in options:
                extend(start, (*steps, sign * n), value + sign * n)

    for start in range(10, TOP + 1):
        extend(start, (), start)
    return forms
