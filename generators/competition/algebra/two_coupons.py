"""`two-coupons`: how much more one of two people pays if their discounts are different."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.template import Template
from generators.competition.words import PEOPLE

PERCENT = (5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 75)


class TwoCoupons(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = ("test/algebra/2551.json", "test/algebra/24.json", "test/prealgebra/1922.json")
    numbers = Numbers(price=range(8, 61), m=range(2, 10), n=range(2, 10), c=PERCENT, d=PERCENT)
    words = {"name": PEOPLE, "other": PEOPLE}
    texts = (
        r"A boat ride costs \$<price>. <name> buys <m> rides and has a coupon for <c>\% off; <other> "
        r"buys <n> rides and <other:2> coupon takes off <d>\%. How many more dollars does <name> pay "
        "than <other>?",
        r"A lamp costs \$<price>. <name> gets <m> lamps at <c>\% off, and <other> gets <n> lamps at "
        r"<d>\% off. How many more dollars does <name> pay?",
        r"At the museum, one ticket has a regular price of \$<price>. <name> has a discount of <c>\% "
        r"and buys <m> tickets, while <other> has a discount of <d>\% and buys <n> tickets. What is "
        "the difference, in dollars, between what <name> pays and what <other> pays?",
        r"Each chair in a furniture store is marked \$<price>. <name> needs <m> chairs, and <other> "
        "needs <n> chairs. On the day when <name> comes to the store, every price is reduced by "
        r"<c>\%. A week later, when <other> buys chairs, the reduction is <d>\% of the marked price. "
        "There is no tax. How many dollars more than <other> does <name> spend on chairs?",
        r"<name> and <other> order the same game, which is sold for \$<price>. <name> buys "
        r"<m> copies, and a code lowers the price of each copy by <c>\%. <other> buys <n> copies, and "
        r"another code lowers the price of each one by <d>\%. How much more does <name> pay, in "
        "dollars?",
        r"The full price of a concert ticket is \$<price>. What is the difference in dollars between "
        r"the cost of <m> tickets at a discount of <c>\% and the cost of <n> tickets at a discount of "
        r"<d>\%?",
        r"If a hat costs \$<price>, how many dollars more are <m> hats at <c>\% off than <n> hats "
        r"at <d>\% off?",
        r"A ticket costs \$<price>. In dollars, how much more do <m> tickets at <c>\% off cost than "
        r"<n> tickets at <d>\% off?",
        r"Pens cost \$<price> a box. Find the difference in dollars between <m> boxes at <c>\% off "
        r"and <n> boxes at <d>\% off.",
    )

    def nice(self, p: Parameters) -> Any:
        cents = p.price * (p.m * (100 - p.c) - p.n * (100 - p.d))
        return p.c != p.d and cents % 100 == 0 and 0 < cents <= 15_000

    def solve(self, p: Parameters) -> Any:
        first = p.m * p.price * (1 - Fraction(p.c, 100))
        return first - p.n * p.price * (1 - Fraction(p.d, 100))

    def check(self, q: Parameters) -> Any:
        cents = 0
        for _ in range(q.m):
            cents += 100 * q.price - q.c * q.price
        for _ in range(q.n):
            cents -= 100 * q.price - q.d * q.price
        assert cents > 0 and cents % 100 == 0
        return cents // 100
