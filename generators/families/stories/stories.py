r"""`stories`: word problems of several sentences, with values of up to four digits and more.

    The shop of Mia has 637 mugs in stock. Then a supplier delivers 1427 mugs. The shop divides its
    mugs equally among 6 branches and keeps only the share of one branch. How many mugs does the shop
    have in the end?

The tier is the number of steps; each adds, takes away, multiplies or divides exactly. Every value on
the way is a positive integer. The computation is a chain of `generators.forms.running_total`,
with terms of 10..9999 and factors of 2..99, and that module proves that `bits` and `min_bits` are no
overstatement. Settings, things, names, sentences and connectives are surface and add no bits.

The canonical form is the sequence of runs of steps: in a run of terms added and taken away the order
does not matter, nor does it in a run of factors and divisors; the start belongs to the first run. That
of the example is `+637+1427/6`.
"""

from __future__ import annotations

import re
from fractions import Fraction

from clean_bench.seeds import Draw
from generators import arithmetic_evaluator
from generators.family import DrawnFamily, Notation
from generators.forms import running_total
from generators.forms.running_total import Chain, RunningTotals
from generators.stories import engine
from generators.stories.more_settings import SETTINGS

TERMS = range(10, 10_000)
FACTORS = range(2, 100)
BOOKS = tuple(engine.Book(setting, ("",)) for setting in SETTINGS)

_SHELF = engine.Shelf(BOOKS)
_NUMBER = re.compile(r"\b[0-9]{1,12}\b")


class Stories(DrawnFamily[Chain]):
    """The family `stories`; see the module's docstring. Other ranges make easier stories."""

    name = "stories"
    random_bytes = 192
    summary = "stories of several sentences in many settings, with values of four digits and more"
    notations = ("plain", "latex")

    def __init__(self, terms: range = TERMS, factors: range = FACTORS) -> None:
        self.totals = RunningTotals(terms, factors)

    def draw(self, draw: Draw, tier: int) -> Chain:
        return self.totals.draw(draw, tier)

    def render(self, form: Chain, notation: Notation, draw: Draw) -> str:
        mark = "$" if notation == "latex" else ""
        steps = [(sign, f"{mark}{n}{mark}") for sign, n in form]
        return engine.tell(_SHELF, steps, "", draw)

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

    def space(self, tier: int) -> int | None:
        return None

    def most(self, tier: int) -> int:
        return self.totals.most(tier)

    def read(self, text: str) -> Chain:
        steps = engine.read(text, BOOKS, _NUMBER).steps
        return tuple((sign, int(n)) for sign, n in steps)

    def evaluate(self, text: str) -> Fraction:
        """The value of the one expression that the sentences make."""
        steps = engine.read(text, BOOKS, _NUMBER).steps
        return arithmetic_evaluator.evaluate(running_total.expression(steps))
