"""`compound-interest`: an investment after some years, or its interest, to the nearest dollar."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, DecimalNumber, Kind, Name, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE

MONTHS = {
    "month": 1,
    "two months": 2,
    "three months": 3,
    "four months": 4,
    "six months": 6,
    "year": 12,
}


class Thousands(Kind):
    """An integer below a million, grouped as in MATH: 24,\\!000; in a formula."""

    pattern = r"\d{1,3}(?:,\\!\d{3})?"

    def print(self, value: int, words: Words) -> str:
        return str(value) if value < 1000 else rf"{value // 1000},\!{value % 1000:03d}"

    def read(self, text: str, words: Words) -> int:
        return int(text.replace(r",\!", ""))


class CompoundInterest(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/algebra/2626.json",)
    numbers = Numbers(
        hundreds=range(10, 401, 5),
        halves=range(1, 17),
        period=tuple(MONTHS),
        years=range(2, 11),
        ask=("total", "interest"),
    )
    prints = {
        "period": Name(*MONTHS),
        "ask": Choice(total="final value", interest="increase in value"),
        "principal": Thousands(),
        "rate": DecimalNumber(),
    }
    words = {"name": PEOPLE}
    fixed = ("period",)
    texts = (
        r"An investment of $\$<principal>$ grows by $<rate>\%$ every <period>. What is the <ask> "
        "after <years:word> years, in dollars? Round it to the nearest dollar.",
        r"<name> puts $\$<principal>$ into a savings bond. The bond pays $<rate>\%$ interest every "
        "<period>, and the interest is always added to the investment, so that it earns interest "
        "itself from then on. Nothing else is paid in or taken out. At the end of <years:word> years, "
        "what is the <ask>, in dollars? Round your answer to the nearest whole number.",
        r"A bank offers an account where the money increases by $<rate>\%$ every <period>. If "
        r"$\$<principal>$ is invested in this account for <years:word> years and no money is withdrawn, "
        "what is the <ask> at the end of that time, rounded to the nearest dollar?",
        r"What is the <ask>, to the nearest dollar, if $\$<principal>$ is invested for <years:word> "
        r"years and its value rises by $<rate>\%$ every <period>?",
        "The city sells a bond in order to pay for a new bridge. Every <period>, the value of the bond "
        r"goes up by $<rate>\%$ of the value that it had just before. <name> invests $\$<principal>$ "
        "in this bond and does not sell it for exactly <years:word> years. When that time is over, "
        "what is the <ask>? Express your answer in dollars, and round it to the nearest whole number "
        "only at the very end of your calculation.",
        r"To the nearest dollar, what is the <ask> of $\$<principal>$ after <years:word> years of "
        r"growth at a rate of $<rate>\%$ every <period>?",
        r"Find the <ask>, to the nearest dollar, if $\$<principal>$ grows by $<rate>\%$ every "
        "<period> for <years:word> years.",
    )

    def nice(self, p: Parameters) -> Any:
        times = 12 * p.years // MONTHS[p.period]
        if times < 3 or times > 40 or p.halves * times > 160:
            return False
        value = 100 * p.hundreds * (1 + p.halves / 200) ** times
        return abs(value % 1 - 0.5) > 0.02

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "principal": 100 * p.hundreds, "rate": Fraction(p.halves, 2)}

    def same(self, p: Parameters) -> object:
        return (p.ask, p.hundreds, p.halves, 12 * p.years // MONTHS[p.period])

    def solve(self, p: Parameters) -> Any:
        times = 12 * p.years // MONTHS[p.period]
        value = round(100 * p.hundreds * Fraction(200 + p.halves, 200) ** times)
        return value - (100 * p.hundreds if p.ask == "interest" else 0)

    def check(self, q: Parameters) -> Any:
        # Month after month, in units of 10^-30 dollars.
        unit = 10**30
        value, month = q.principal * unit, 0
        while month < 12 * q.years:
            month += 1
            if month % MONTHS[q.period] == 0:
                value += value * q.rate.numerator // (100 * q.rate.denominator)
        if q.ask == "interest":
            value -= q.principal * unit
        return (value + unit // 2) // unit
