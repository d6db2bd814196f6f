"""`other-ratio`: a trigonometric ratio of an acute angle of a right triangle from another one."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt
from typing import Any

from generators.competition.algebraic import Surd, square_root
from generators.competition.answers import Radical
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Kind, Root, Words
from generators.competition.template import Template

RATIOS = [
    Surd(Fraction(k, q), n)
    for q in range(2, 20)
    for n in (1, 2, 3, 5, 6, 7, 10, 11)
    for k in range(1, q)
    if k * k * n < q * q and gcd(k, q) == 1
]


class Vertex(Kind):
    """The first (0) or third (2) of the vertices `v`."""

    pattern = "[A-Z]"

    def print(self, value: int, words: Words) -> str:
        return words["v"][value]

    def read(self, text: str, words: Words) -> int:
        return list(words["v"]).index(text)


class OtherRatio(Template):
    """See the module's docstring."""

    level, answer = 3, Radical()
    kin = (
        "test/geometry/795.json",
        "test/geometry/178.json",
        "test/geometry/947.json",
        "test/precalculus/1303.json",
    )
    numbers = Numbers(
        given=("sin", "cos", "tan"), asked=("sin", "cos", "tan"), at=(0, 2), ratio=RATIOS
    )
    prints = {
        "given": Choice(sin=r"\sin", cos=r"\cos", tan=r"\tan"),
        "asked": Choice(sin=r"\sin", cos=r"\cos", tan=r"\tan"),
        "at": Vertex(),
        "ratio": Root(),
    }
    words = {
        "v": (
            ("R", "S", "T"),
            ("A", "C", "B"),
            ("D", "E", "F"),
            ("K", "L", "M"),
            ("P", "Q", "R"),
            ("X", "Y", "Z"),
        )
    }
    texts = (
        "Triangle $<v><v:1><v:2>$ has a right angle at $<v:1>$, and $<given> <v>=<ratio>$. What is "
        "$<asked> <at>$?",
        r"In $\triangle <v><v:1><v:2>$, $\angle <v:1>=90^\circ$ and $<given> <v>=<ratio>$. Find "
        "$<asked> <at>$.",
        r"If $\angle <v:1>=90^\circ$ in triangle $<v><v:1><v:2>$ and $<given> <v>=<ratio>$, find "
        "$<asked> <at>$.",
        "What is $<asked> <at>$ if triangle $<v><v:1><v:2>$ has a right angle at $<v:1>$ and $<given> "
        "<v>=<ratio>$?",
        r"In right triangle $<v><v:1><v:2>$ we know that $\angle <v:1>=90^\circ$ and $<given> "
        "<v>=<ratio>$. Find $<asked> <at>$.",
        r"If $\angle <v:1>=90^\circ$ in $\triangle <v><v:1><v:2>$ and $<given> <v>=<ratio>$, what is "
        "the value of $<asked> <at>$? Give your answer in simplest radical form.",
        "A ramp, the ground below it, and a vertical post form a right triangle $<v><v:1><v:2>$. The "
        "right angle is at the foot $<v:1>$ of the post. The builder of the ramp did not write down "
        "any lengths, but the plans show that $<given> <v>=<ratio>$. What is the value of $<asked> "
        "<at>$?",
    )
    fixed = ("at",)
    version = 2

    def nice(self, p: Parameters) -> Any:
        other = {"sin": "cos", "cos": "sin", "tan": "tan"}[p.given]
        known = p.asked == (p.given if p.at == 0 else other)
        return not known and 1 < self.solve(p).radicand <= 400

    def solve(self, p: Parameters) -> Any:
        square = p.ratio.coefficient**2 * p.ratio.radicand
        opposite, adjacent, longest = {
            "sin": (square, 1 - square, Fraction(1)),
            "cos": (1 - square, square, Fraction(1)),
            "tan": (square, Fraction(1), 1 + square),
        }[p.given]
        if p.at:
            opposite, adjacent = adjacent, opposite
        asked = {
            "sin": opposite / longest,
            "cos": adjacent / longest,
            "tan": opposite / adjacent,
        }[p.asked]
        return square_root(asked)

    def check(self, q: Parameters) -> Any:
        given = q.ratio.coefficient**2 * q.ratio.radicand
        # The squares of the cosine of the first angle and of the asked ratio.
        cosine = {"sin": 1 - given, "cos": given, "tan": 1 / (1 + given)}[q.given]
        if q.at:
            cosine = 1 - cosine
        square = {"sin": 1 - cosine, "cos": cosine, "tan": 1 / cosine - 1}[q.asked]
        product = square.numerator * square.denominator
        size = isqrt(product)
        while product % (size * size):
            size -= 1
        return Surd(Fraction(size, square.denominator), product // size**2)
