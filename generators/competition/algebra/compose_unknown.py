"""`compose-unknown`: an unknown coefficient from the value of a composition."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import FUNCTIONS, PEOPLE

SHIFTS = [value for value in range(-12, 13) if value]


class ComposeUnknown(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = (
        "test/algebra/1936.json",
        "test/algebra/346.json",
        "test/algebra/1529.json",
        "test/algebra/634.json",
    )
    numbers = Numbers(
        a=range(2, 10),
        b=SHIFTS,
        c=SHIFTS,
        u=range(1, 7),
        k=[k for k in range(-12, 13) if k],
        shape=("linear", "square"),
        last=("f", "g"),
    )
    prints = {
        "shape": Choice(linear="<k><x><c:+>", square="<x>^2+<k><x><c:+>"),
        "last": Choice(f="$<f>(<g>(<u>))=<value>$", g="$<g>(<f>(<u>))=<value>$"),
        "value": Whole(),
    }
    words = {
        "f": FUNCTIONS,
        "g": FUNCTIONS,
        "x": ("x", "t", "z"),
        "k": ("k", "m", "b", "c"),
        "name": PEOPLE,
    }
    texts = (
        "Let $<f>(<x>)=<a><x><b:+>$ and $<g>(<x>)=<shape>$. If <last>, what is $<k>$?",
        "If $<f>(<x>)=<a><x><b:+>$, $<g>(<x>)=<shape>$, and <last>, find $<k>$.",
        "Suppose $<f>(<x>)=<a><x><b:+>$ and $<g>(<x>)=<shape>$, where $<k>$ is a constant. What is the "
        "value of $<k>$ if <last>?",
        "For what value of $<k>$ is <last>, where $<f>(<x>)=<a><x><b:+>$ and $<g>(<x>)=<shape>$?",
        "Two machines change the number that is put into them. The first machine turns $<x>$ into "
        "$<f>(<x>)=<a><x><b:+>$, and the second machine turns $<x>$ into $<g>(<x>)=<shape>$, where "
        "$<k>$ is a constant that cannot be seen from outside. <name> connects both machines, uses "
        "them one after the other, and finds that <last>. What is the value of $<k>$?",
        "The functions $<f>$ and $<g>$ are given as $<f>(<x>)=<a><x><b:+>$ and $<g>(<x>)=<shape>$ for "
        "a real number $<k>$ such that <last>. What is $<k>$?",
        "If $<f>(<x>)=<a><x><b:+>$, $<g>(<x>)=<shape>$, and <last>, what is $<k>$?",
        "Find $<k>$ if <last>, $<f>(<x>)=<a><x><b:+>$, and $<g>(<x>)=<shape>$.",
        r"Let $<f>(<x>)=<a><x><b:+>$ and \[<g>(<x>)=<shape>.\] What is the value of $<k>$ if <last>?",
    )

    def outcome(self, p: Parameters) -> int:
        """The value of the composition."""
        x = p.u if p.last == "f" else p.a * p.u + p.b
        x = p.k * x + p.c + (x * x if p.shape == "square" else 0)
        return int(p.a * x + p.b if p.last == "f" else x)

    def nice(self, p: Parameters) -> Any:
        return (p.last == "f" or p.a * p.u + p.b) and abs(self.outcome(p)) <= 150

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "value": self.outcome(p)}

    def same(self, p: Parameters) -> object:
        return (p.shape, p.last, p.a, p.b, p.c, p.u, p.k)

    def solve(self, p: Parameters) -> Any:
        value = Fraction(self.outcome(p))
        x, image = (p.u, (value - p.b) / p.a) if p.last == "f" else (p.a * p.u + p.b, value)
        return (image - p.c - (x * x if p.shape == "square" else 0)) / x

    def check(self, q: Parameters) -> Any:
        def first(x: int) -> int:
            return int(q.a * x + q.b)

        def second(x: int, k: int) -> int:
            return int((x + k) * x + q.c if q.shape == "square" else k * x + q.c)

        (k,) = (
            k
            for k in range(-60, 61)
            if q.value == (first(second(q.u, k)) if q.last == "f" else second(first(q.u), k))
        )
        return k
