"""`join-pieces`: where two linear pieces make a continuous function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.algebraic import Polynomial
from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template
from generators.competition.words import PEOPLE

SLOPES = (*range(-9, 0), *range(1, 10))


def line(slope: int, constant: int) -> Polynomial:
    """The line, its positive term first."""
    terms = [(slope, "x"), (constant, "")]
    return Polynomial(reversed(terms) if slope < 0 < constant else terms)


class JoinPieces(Template):
    """See the module's docstring."""

    level, answer = 2, Integer()
    kin = (
        "test/intermediate_algebra/1572.json",
        "test/algebra/892.json",
        "test/algebra/824.json",
        "test/algebra/2277.json",
    )
    numbers = Numbers(a=range(-8, 9), m=SLOPES, n=SLOPES, b=range(-9, 10), ask=("place", "value"))
    prints = {"f": Poly(), "g": Poly(), "ask": Choice(place="$a$", value="$f(a)$")}
    words = {"x": ("x", "n", "t"), "name": PEOPLE}
    texts = (
        r"Let \[f(<x>)=\begin{cases}<f> & \text{if } <x> < a, \\ <g> & \text{if } <x>\ge "
        r"a.\end{cases}\] Find <ask> if $f$ is continuous.",
        r"The function \[f(<x>)=\begin{cases}<f> & \text{if } <x> < a, \\ <g> & \text{if } <x>\ge "
        r"a\end{cases}\] is continuous. What is <ask>?",
        r"A continuous function $f$ has $f(<x>)=<f>$ for $<x> < a$ and $f(<x>)=<g>$ for $<x>\ge a$. "
        "Compute <ask>.",
        r"For a real number $a$, let \[f(<x>)=\begin{cases}<f> & \text{if } <x> < a, \\ <g> & "
        r"\text{if } <x>\ge a.\end{cases}\] There is exactly one number $a$ such that the graph of "
        "$y=f(<x>)$ can be drawn without lifting the pencil. For this number, find <ask>.",
        "<name> wants to draw a graph that consists of two rays. To the left of the place where "
        "$<x>=a$, the graph should follow the line $y=<f>$. At this place and to the right of it, the "
        "graph should follow the line $y=<g>$. The graph is the graph of a function $y=f(<x>)$, and "
        "it must not have a break. Find <ask>.",
        r"If the rule $f(<x>)=<f>$ when $<x> < a$ and $f(<x>)=<g>$ when $<x>\ge a$ gives a continuous "
        "function, find the value of <ask>.",
        r"Find <ask> if $f$ is continuous, $f(<x>)=<f>$ for $<x> < a$, and $f(<x>)=<g>$ for $<x>\ge "
        "a$.",
        r"If \[f(<x>)=\begin{cases}<f> & \text{if } <x> < a, \\ <g> & \text{if } <x>\ge "
        r"a\end{cases}\] is continuous, find <ask>.",
        r"Let $f(<x>)=<f>$ for $<x> < a$ and $f(<x>)=<g>$ for $<x>\ge a$. If $f$ is continuous, find "
        "<ask>.",
    )

    def nice(self, p: Parameters) -> Any:
        second = (p.m - p.n) * p.a + p.b
        positive = max(p.m, p.b) > 0 and max(p.n, second) > 0
        return p.m != p.n and p.a and positive and abs(second) <= 12

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        second = line(p.n, (p.m - p.n) * p.a + p.b)
        return {"f": line(p.m, p.b), "g": second, "ask": p.ask}

    def solve(self, p: Parameters) -> Any:
        rise = (p.m - p.n) * p.a
        place = rise // (p.m - p.n)
        return place if p.ask == "place" else p.m * place + p.b

    def check(self, q: Parameters) -> Any:
        (b, m), (d, n) = (map(int, f.coefficients()) for f in (q.f, q.g))
        (meeting,) = [(x, m * x + b) for x in range(-90, 91) if m * x + b == n * x + d]
        return meeting[q.ask == "value"]
