"""`sale-profit`: the gain of a sale of two wares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE

WARES = ("muffins", "cookies", "waffles", "pretzels", "buns", "brownies", "cherry tarts")


class SaleProfit(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = ("test/prealgebra/1840.json", "test/number_theory/679.json")
    numbers = Numbers(
        g=range(2, 7),
        k=range(4, 16),
        p=range(1, 6),
        m=range(8, 41),
        r=range(1, 7),
        cost=range(12, 80),
    )
    prints = {"n": Whole()}
    words = {"ware": WARES, "name": PEOPLE, "friend": PEOPLE}
    texts = (
        r"At a school fair a class sold <n> <ware> at <g:word> for \$<p> and <m> bottles of juice at "
        r"\$<r> each. Everything they sold had cost them \$<cost>. How many dollars did the class "
        "gain?",
        r"A stand sells <n> <ware> at <g:word> for \$<p> and <m> posters at \$<r> each. If the owner "
        r"paid \$<cost> for all of it, what is the profit in dollars?",
        r"<name> pays \$<cost> for flour, sugar, and lemons. Out of these things <name:1> makes <n> "
        r"<ware>, which <name:1> sells at <g:word> for \$<p>, and <m> cups of lemonade, which are sold "
        r"at \$<r> each. If everything is sold, how many dollars more does <name> take in than <name:1> "
        "pays?",
        "To raise money for a trip, the members of a chess club open a small shop for one afternoon. "
        r"They offer <n> <ware>, <g:word> for \$<p>, and <m> old chess books at \$<r> a book. At the "
        r"end of the afternoon nothing is left. The club has to pay \$<cost> for the ingredients, for "
        "the paper plates, and for the rent of the table. How many dollars remain for the trip?",
        r"<name> and <friend> have spent \$<cost> on a market stand. They sell <m> pots of herbs for "
        r"\$<r> each and <n> seed bags at <g:word> for \$<p>. How many dollars do they earn after "
        "paying for the stand?",
        r"What is the profit, in dollars, on <n> <ware> sold at <g:word> for \$<p> and <m> sandwiches "
        r"sold at \$<r> each, if it took \$<cost> to make them?",
        r"If <n> <ware> sell at <g:word> for \$<p>, <m> caps sell at \$<r> each, and making them "
        r"costs \$<cost>, what is the profit in dollars?",
        r"How many dollars are gained by selling <n> <ware> at <g:word> for \$<p> and <m> mugs at "
        r"\$<r> each, if all of it cost \$<cost>?",
        r"A club sells <n> <ware> at <g:word> for \$<p> and <m> mugs at \$<r> each. If everything "
        r"cost the club \$<cost>, compute the profit in dollars.",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "n": p.g * p.k}

    def nice(self, p: Parameters) -> Any:
        return 5 <= p.k * p.p + p.m * p.r - p.cost <= 200 and p.g != p.p < 2 * p.g

    def solve(self, p: Parameters) -> Any:
        return p.k * p.p + p.m * p.r - p.cost

    def check(self, q: Parameters) -> Any:
        till, baked = -q.cost, q.n
        while baked > 0:
            till, baked = till + q.p, baked - q.g
        for _ in range(q.m):
            till += q.r
        return till
