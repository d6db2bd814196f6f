"""`percent-sides`: by what percent the area of a square changes after changes of its sides."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Decimal
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Name
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class PercentSides(Template):
    """See the module's docstring."""

    level, answer = 4, Decimal()
    kin = ("test/prealgebra/1233.json", "test/prealgebra/1203.json", "test/algebra/24.json")
    numbers = Numbers(
        a=range(2, 126),
        b=range(2, 126),
        s=("longer", "shorter"),
        t=("longer", "shorter"),
        ask=("grow", "shrink"),
    )
    prints = {
        "s": Name("longer", "shorter"),
        "t": Name("longer", "shorter"),
        "ask": Choice(grow="grow", shrink="shrink"),
    }
    words = {"name": PEOPLE}
    texts = (
        r"Two opposite sides of a square are made <a>\% <s> and the other two sides <b>\% <t>. By "
        "what percent does the area <ask>?",
        r"If the length of a rectangle is made <a>\% <s> and its width <b>\% <t>, by what percent "
        "does its area <ask>?",
        "<name> draws a square on the computer. After that <name:1> makes the sides on the left and "
        r"on the right <a>\% <s>, and the sides at the top and at the bottom <b>\% <t>. By what "
        "percent does the area of the figure <ask>?",
        "The flower bed in front of a town hall has the shape of a square. When the street is "
        r"rebuilt in spring, the bed has to be changed: the two sides along the street become <a>\% "
        r"<s>, and the two sides that start at the street become <b>\% <t>. The gardener wants to "
        "know how many plants are needed after the change. By what percent will the area of the bed "
        "<ask>?",
        r"A square photo is made <a>\% <s> in one direction and <b>\% <t> in the other direction. "
        "The area will <ask>, but by what percent?",
        "What is the percent by which the area of a square will <ask> when one pair of opposite "
        r"sides becomes <a>\% <s> and the other pair becomes <b>\% <t>?",
        r"If two opposite sides of a square become <a>\% <s> and the others <b>\% <t>, by what "
        "percent does the area <ask>?",
        r"A rectangle gets <a>\% <s> one way and <b>\% <t> the other way. By what percent does its "
        "area <ask>?",
        r"Compute the percent by which the area of a rectangle will <ask> if it becomes <a>\% <s> "
        r"in one direction and <b>\% <t> in the other.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.a * p.b % 10 or max(p.a * (p.s == "shorter"), p.b * (p.t == "shorter")) > 90:
            return False
        change = self.change(p)
        return change > 0 if p.ask == "grow" else change < 0

    def same(self, p: Parameters) -> object:
        return tuple(sorted(((p.a, p.s), (p.b, p.t))))

    def change(self, p: Parameters) -> Fraction:
        """The signed change in percent."""
        first = 1 + Fraction(p.a if p.s == "longer" else -p.a, 100)
        second = 1 + Fraction(p.b if p.t == "longer" else -p.b, 100)
        return (first * second - 1) * 100

    def solve(self, p: Parameters) -> Any:
        return abs(self.change(p))

    def check(self, q: Parameters) -> Any:
        # Cut the sides of a square of 100 by 100 and count the small squares.
        long = 100 + q.a if q.s == "longer" else 100 - q.a
        wide = 100 + q.b if q.t == "longer" else 100 - q.b
        gained = sum(wide for _ in range(long)) - 10_000
        if (gained > 0) != (q.ask == "grow"):
            raise ValueError("expected a change to the other side")
        return Fraction(max(gained, -gained), 100)
