"""`factor-form`: an expression in the unknown leading coefficients of the factors of a quadratic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE

NONZERO = [value for value in range(-12, 13) if value]


class FactorForm(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = (
        "test/algebra/276.json",
        "test/intermediate_algebra/431.json",
        "test/intermediate_algebra/1102.json",
    )
    numbers = Numbers(
        a=range(1, 10),
        b=range(1, 10),
        r=NONZERO,
        s=NONZERO,
        ask=("less", "more", "twice", "difference"),
    )
    prints = {
        "ask": Choice(
            less="$<p><p:1>-<p>$",
            more="$<p><p:1>+<p:1>$",
            twice="$<p>+2<p:1>$",
            difference="$<p>-<p:1>$",
        ),
        "square": Poly(),
    }
    words = {
        "x": ("x", "y", "z", "t"),
        "p": (("P", "Q"), ("A", "B"), ("m", "n"), ("C", "D"), ("a", "b")),
        "name": PEOPLE,
    }
    texts = (
        "There are integers $<p>$ and $<p:1>$ with $<square>=(<p><x><r:+>)(<p:1><x><s:+>)$. Find <ask>.",
        "If $<square>=(<p><x><r:+>)(<p:1><x><s:+>)$ for integers $<p>$ and $<p:1>$, what is <ask>?",
        "When it is factored, $<square>$ is equal to $(<p><x><r:+>)(<p:1><x><s:+>)$. Here, $<p>$ and "
        "$<p:1>$ are integers. What is the value of <ask>?",
        "Let $<p>$ and $<p:1>$ be integers such that $(<p><x><r:+>)(<p:1><x><s:+>)=<square>$ for all "
        "$<x>$. Find the value of <ask>.",
        "<name> has factored the quadratic $<square>$ as $(<p><x><r:+>)(<p:1><x><s:+>)$, but the two "
        "leading coefficients cannot be read any more in <name:2> notebook, so the letters $<p>$ and "
        "$<p:1>$ stand for them here. All that <name:1> remembers is that both of them are integers. "
        "What is <ask>?",
        "What is <ask> if $<square>=(<p><x><r:+>)(<p:1><x><s:+>)$ for integers $<p>$, $<p:1>$?",
        "Find <ask> if the integers $<p>$, $<p:1>$ satisfy $<square>=(<p><x><r:+>)(<p:1><x><s:+>)$.",
        r"For some integers $<p>$ and $<p:1>$, \[<square>=(<p><x><r:+>)(<p:1><x><s:+>).\] What is "
        "<ask>?",
    )

    def nice(self, p: Parameters) -> Any:
        # The other solution of PQ = ab, Ps+Qr = as+br is P = rb/s, Q = sa/r.
        twice = p.r * p.b % p.s == 0 == p.s * p.a % p.r and p.r * p.b != p.s * p.a
        return not twice and abs(p.r * p.s) <= 60 and p.a * p.b <= 45

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        square = polynomial("x", p.a * p.b, p.a * p.s + p.b * p.r, p.r * p.s)
        return {"square": square, "r": p.r, "s": p.s, "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        return {
            "less": p.a * p.b - p.a,
            "more": p.a * p.b + p.b,
            "twice": p.a + 2 * p.b,
            "difference": p.a - p.b,
        }[p.ask]

    def check(self, q: Parameters) -> Any:
        lead, middle = q.square.coefficient("x^2"), q.square.coefficient("x")
        found = [
            (first, int(lead) // first)
            for first in range(-81, 82)
            if first and lead % first == 0 and first * q.s + lead // first * q.r == middle
        ]
        ((first, second),) = found
        if q.ask in ("less", "more"):
            return first * second + (second if q.ask == "more" else -first)
        return first - second if q.ask == "difference" else first + second + second
