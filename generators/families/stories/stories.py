r"""`stories`: word problems of several sentences, with terms of up to four digits.

    The shop of Mia has 637 mugs in stock. Then a supplier delivers 1427 mugs. The shop divides its
    mugs equally among 6 branches and keeps only the share of one branch. How many mugs does the shop
    have in the end?

The tier is the number of steps. Each step adds, subtracts, multiplies or divides exactly, and every
intermediate value is a positive integer. The computation is a chain of `generators.forms.running_total`
with terms of 10..9999 and factors of 2..99; that module proves that `bits` and `min_bits` are lower
bounds. Settings, things, persons, sentences and connectives are surface and add no bits.

The canonical form is the sequence of runs of steps. A run holds terms that are added or subtracted, or
factors and divisors; the order inside a run does not matter, and the start belongs to the first run. The
canonical form of the example is `+637+1427/6`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.family import DrawnFamily, Notation
from generators.forms import running_total
from generators.forms.running_total import Chain, RunningTotals
from generators.stories.engine import Frame, ParsedStory, StoryTemplate, parse_story, print_story
from generators.stories.setting import read_settings

TERMS = range(10, 10_000)
FACTORS = range(2, 100)
SUBJECT = "counted_things"

_NUMBER = re.compile(r"\b[0-9]{1,12}\b")


@cache
def templates() -> tuple[StoryTemplate, ...]:
    """The story templates of the family."""
    return tuple(map(StoryTemplate, read_settings(SUBJECT)))


@cache
def _frames() -> tuple[Frame, ...]:
    return tuple(frame for template in templates() for frame in template.frames)


class Stories(DrawnFamily[Chain]):
    """The family `stories`; see the module's docstring. Smaller ranges give easier stories."""

    name = "stories"
    random_bytes = 192
    summary = "stories of several sentences in many settings, with terms of up to four digits"
    notations = ("plain", "latex")

    def __init__(self, terms: range = TERMS, factors: range = FACTORS) -> None:
        self.totals = RunningTotals(terms, factors)

    def draw(self, draw: Draw, tier: int) -> Chain:
        return self.totals.draw(draw, tier)

    def render(self, form: Chain, notation: Notation, draw: Draw) -> str:
        mark = "$" if notation == "latex" else ""
        steps = [(sign, f"{mark}{n}{mark}") for sign, n in form]
        return print_story(_frames(), steps, "", draw)

    def answer(self, form: Chain) -> str:
        return str(running_total.values(form)[-1])

    def solution(self, form: Chain) -> str:
        return running_total.worked(form)

    def canonical(self, form: Chain) -> str:
        return running_total.canonical(form)

    def bits(self, form: Chain) -> float:
        return self.totals.bits(form)

    def part_bits(self, form: Chain) -> float:
        return self.totals.part_bits(form)

    def min_bits(self, tier: int) -> float:
        return self.totals.min_bits(tier)

    def most(self, tier: int) -> int:
        return self.totals.most(tier)

    def read(self, text: str) -> Chain:
        return tuple((sign, int(n)) for sign, n in _parse(text).steps)

    def evaluate(self, text: str) -> Fraction:
        """Evaluate the single expression that the sentences stand for."""
        return arithmetic_evaluator.evaluate(running_total.expression(_parse(text).steps))


def _parse(text: str) -> ParsedStory:
    return parse_story(text, templates(), _NUMBER)
