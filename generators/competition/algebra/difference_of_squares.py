"""`difference-of-squares`: a number made of two squares or a product, by a binomial formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class DifferenceOfSquares(Template):
    """See the module's docstring."""

    level, answer = 1, Integer()
    kin = (
        "test/algebra/722.json",
        "test/algebra/2593.json",
        "test/algebra/1937.json",
        "test/algebra/2592.json",
    )
    numbers = Numbers(
        middle=range(10, 501, 5), half=range(1, 60), form=("difference", "product", "plus", "minus")
    )
    prints = {
        "form": Choice(
            difference="$<a>^2-<b>^2$",
            product=r"$(<a>)(<b>)$",
            plus="$<a>^2+2(<a:again>)(<b>)+<b:again>^2$",
            minus="$<a>^2-2(<a:again>)(<b>)+<b:again>^2$",
        ),
        **dict.fromkeys("ab", Whole()),
    }
    words = {"name": PEOPLE}
    texts = (
        "What is the value of <form>?",
        "Compute <form>.",
        "Find the value of <form> without a calculator.",
        "What integer is equal to <form>?",
        "<name> has to find the value of <form> in a contest where calculators are not allowed. It "
        "would take too long to work everything out digit after digit. However, <name:1> sees that one "
        "of the formulas for squares of sums and differences makes the problem easy. What is the "
        "correct answer?",
        "There is a quick way to compute <form> in your head. What is the result?",
        "What is <form>?",
        "Evaluate <form>.",
        "Simplify <form>, and express your answer as an integer.",
    )

    def nice(self, p: Parameters) -> Any:
        if p.form == "minus":
            return p.half > 2
        return p.half + 3 < p.middle and (p.form != "plus" or p.middle <= 250)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        if p.form == "minus":
            return {"form": p.form, "a": p.middle + p.half, "b": p.half}
        return {"form": p.form, "a": p.middle + p.half, "b": p.middle - p.half}

    def solve(self, p: Parameters) -> Any:
        # (m+h)^2-(m-h)^2, (m+h)(m-h), ((m+h)+(m-h))^2, ((m+h)-h)^2
        m, h = p.middle, p.half
        return {
            "difference": 4 * m * h,
            "product": m * m - h * h,
            "plus": 4 * m * m,
            "minus": m * m,
        }[p.form]

    def check(self, q: Parameters) -> Any:
        product = sum([q.a] * q.b)
        if q.form == "product":
            return product
        first, second = sum([q.a] * q.a), sum([q.b] * q.b)
        if q.form == "difference":
            return first - second
        return first + second + (2 if q.form == "plus" else -2) * product
