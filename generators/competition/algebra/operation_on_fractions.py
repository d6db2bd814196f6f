"""`operation-on-fractions`: the value of an operation that is defined on simplified fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from generators.competition.answers import Rationals
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Number
from generators.competition.template import Template
from generators.competition.words import PEOPLE

FRACTIONS = [(m, n) for n in range(2, 13) for m in range(1, 13) if gcd(m, n) == 1]


class OperationOnFractions(Template):
    """See the module's docstring."""

    level, answer = 2, Rationals()
    kin = ("test/algebra/1842.json",)
    numbers = Numbers(
        first=FRACTIONS, second=FRACTIONS, rule=("scaled", "mediant", "crossed", "over")
    )
    prints = {
        "rule": Choice(
            scaled=r"mp\left(\frac{q}{n}\right)",
            mediant=r"\frac{m+p}{n+q}",
            crossed=r"\frac{m}{q}+\frac{p}{n}",
            over=r"\frac{mq}{n+p}",
        ),
        "u": Number(),
        "v": Number(),
    }
    words = {"op": ("@", r"\#", r"\&", "*"), "name": PEOPLE}
    texts = (
        r"Let $\frac{m}{n}<op>\frac{p}{q}=<rule>$ for simplified fractions $\frac{m}{n}$ and "
        r"$\frac{p}{q}$. What is $<u><op><v>$ in simplest form?",
        r"If $\frac{m}{n}<op>\frac{p}{q}=<rule>$ for all positive fractions in lowest terms, what is "
        "the value of $<u><op><v>$? Express your answer in simplest form.",
        r"For positive integers such that $\frac{m}{n}$ and $\frac{p}{q}$ are in lowest terms, let "
        r"$\frac{m}{n}<op>\frac{p}{q}$ be equal to $<rule>$. Find the simplified value of $<u><op><v>$.",
        "<name> makes up a new operation for positive fractions. Before it is used, both fractions "
        r"have to be simplified as far as possible, say to $\frac{m}{n}$ and $\frac{p}{q}$. Then the "
        r"result is $\frac{m}{n}<op>\frac{p}{q}=<rule>$. What is the value of $<u><op><v>$? Write the "
        "result as an integer or as a fraction in lowest terms.",
        r"Compute $<u><op><v>$, if $\frac{m}{n}<op>\frac{p}{q}=<rule>$ for any fractions $\frac{m}{n}$ "
        r"and $\frac{p}{q}$ that are fully simplified.",
        r"If $\frac{m}{n}<op>\frac{p}{q}=<rule>$ for fractions in lowest terms, what is $<u><op><v>$?",
        r"Evaluate $<u><op><v>$, where $\frac{m}{n}<op>\frac{p}{q}=<rule>$ for simplified fractions.",
        r"For simplified fractions, let \[\frac{m}{n}<op>\frac{p}{q}=<rule>.\] What is the value of "
        "$<u><op><v>$?",
    )
    version = 2

    def nice(self, p: Parameters) -> Any:
        answer = self.solve(p)
        return p.first != p.second and answer.denominator <= 40 and answer.numerator <= 300

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"rule": p.rule, "u": Fraction(*p.first), "v": Fraction(*p.second)}

    def same(self, p: Parameters) -> object:
        pair = (p.first, p.second)
        return (p.rule, frozenset(pair) if p.rule in ("mediant", "crossed") else pair)

    def solve(self, p: Parameters) -> Any:
        (m, n), (k, q) = p.first, p.second
        return {
            "scaled": Fraction(m * k * q, n),
            "mediant": Fraction(m + k, n + q),
            "crossed": Fraction(m * n + k * q, n * q),
            "over": Fraction(m * q, n + k),
        }[p.rule]

    def check(self, q: Parameters) -> Any:
        u, v = q.u, q.v
        n, d = u.denominator, v.denominator
        if q.rule == "scaled":
            return u * v * d * d
        if q.rule == "mediant":
            return (u * n + v * d) / (n + d)
        if q.rule == "crossed":
            return u * n / d + v * d / n
        # The numerator of the second fraction is found as its multiple that is whole.
        whole = next(k for k in range(1, 200) if Fraction(k, d) == v)
        return u / (n + whole) * n * d
