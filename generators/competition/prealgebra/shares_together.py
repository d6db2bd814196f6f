"""`shares-together`: what two shares of a thing make together, or leave."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Number
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SHARES = tuple(
    Fraction(n, d)
    for d in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 18, 20, 24)
    for n in range(1, d)
    if gcd(n, d) == 1
)


class SharesTogether(Template):
    """See the module's docstring."""

    level, answer = 1, Rationals()
    kin = ("test/prealgebra/1272.json", "test/prealgebra/1458.json")
    numbers = Numbers(a=SHARES, b=SHARES, no=("used", "left"), of=("whole", "rest"))
    prints = {
        "a": Number(),
        "b": Number(),
        "no": Choice(used="", left="not "),
        "of": Choice(whole="", rest=" of the rest"),
    }
    words = {"name": PEOPLE, "friend": PEOPLE}
    texts = (
        "Of a garden, $<a>$ is planted with beans and $<b>$<of> with peas. What fraction of the "
        "garden is <no>planted with beans or peas?",
        "Of a tank, one pump fills $<a>$ and another one $<b>$<of>. How much of the tank is "
        "<no>filled?",
        "Of a large pie, <name> eats $<a>$, and <friend> eats $<b>$<of>. What fraction of the pie "
        "was <no>eaten?",
        "Of <name:2> weekly pay, <name> puts $<a>$ into a savings account and $<b>$<of> into a box "
        "at home. What fraction of the pay does <name:1> <no>save? Express your answer as a common "
        "fraction.",
        "Of a long country road, a crew paints $<a>$ on Monday and, after a day of rain, $<b>$<of> "
        "on Wednesday. Then all of the paint is used up, and the work has to wait for the next "
        "delivery. What fraction of the road has <no>been painted at this time? Express your answer "
        "as a common fraction.",
        "<name> and <friend> share the cleaning of the school windows. Of all windows, <name> cleans "
        "$<a>$ and <friend> cleans $<b>$<of>. How much of the work is <no>done?",
        "If $<a>$ of a field is corn and $<b>$<of> is wheat, what fraction of it is <no>covered by "
        "either of the two?",
        "Of a book, <name> reads $<a>$ on Monday and $<b>$<of> on Tuesday. What fraction of "
        "the book has <no>been read by then?",
        "Of a wall, $<a>$ is painted red and $<b>$<of> is painted blue. Compute the fraction that "
        "is <no>painted.",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        if p.of == "whole":
            total = p.a + p.b
            return total < 1 and total.denominator <= 90
        return ((1 - p.a) * p.b).denominator <= 90

    def same(self, p: Parameters) -> object:
        ordered = p.of == "rest" and p.no == "used"
        return (p.no, p.of, (p.a, p.b) if ordered else tuple(sorted((p.a, p.b))))

    def solve(self, p: Parameters) -> Any:
        used = p.a + (p.b if p.of == "whole" else (1 - p.a) * p.b)
        return used if p.no == "used" else 1 - used

    def check(self, q: Parameters) -> Any:
        # Cut the thing into equal cells, and take them away.
        cells = q.a.denominator * q.b.denominator
        free = cells - cells // q.a.denominator * q.a.numerator
        base = cells if q.of == "whole" else free
        free -= base * q.b.numerator // q.b.denominator
        return Fraction(free if q.no == "left" else cells - free, cells)
