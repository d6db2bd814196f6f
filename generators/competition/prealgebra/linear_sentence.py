"""`linear-sentence`: the value of an expression in a number that a sentence determines."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Whole
from generators.competition.template import Template
from generators.competition.words import PEOPLE, UNKNOWNS

FACTORS = {
    "half": Fraction(1, 2),
    "third": Fraction(1, 3),
    "fourth": Fraction(1, 4),
    "twice": Fraction(2),
    "triple": Fraction(3),
}
TERMS = tuple(n for n in range(-20, 21) if n)


class LinearSentence(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/prealgebra/1388.json", "test/prealgebra/505.json", "test/prealgebra/977.json")
    numbers = Numbers(
        root=tuple(n for n in range(-9, 25) if n),
        a=range(1, 10),
        b=TERMS,
        c=range(1, 8),
        e=range(2, 8),
        f=tuple(n for n in range(-9, 10) if n),
        part=tuple(FACTORS),
    )
    prints = {
        "d": Whole(),
        "part": Choice(
            half="half of",
            third="one third of",
            fourth="one fourth of",
            twice="twice",
            triple="three times",
        ),
    }
    words = {"x": UNKNOWNS, "name": PEOPLE, "friend": PEOPLE}
    texts = (
        "If <part> $<a:c><x><b:+>$ is equal to $<c:c><x><d:+>$, then what does $<e:c><x><f:+>$ equal?",
        "What is the value of $<e:c><x><f:+>$ if <part> $<a:c><x><b:+>$ is $<c:c><x><d:+>$?",
        "Suppose that <part> the value of $<a:c><x><b:+>$ equals $<c:c><x><d:+>$. What is "
        "$<e:c><x><f:+>$?",
        "Let $<x>$ be the number such that <part> $<a:c><x><b:+>$ is the same as $<c:c><x><d:+>$. "
        "Compute $<e:c><x><f:+>$.",
        "<name> thinks of a number and calls it $<x>$. On a sheet of paper <name:1> writes down two "
        "expressions. The first one is $<a:c><x><b:+>$, and the second one is $<c:c><x><d:+>$. Below "
        "them <name:1> notes that <part> the first expression has the same value as the second one. "
        "<friend> reads all of this and has to find $<e:c><x><f:+>$. What is the value of this "
        "expression?",
        "A rule of a number game says that <part> $<a:c><x><b:+>$ must be equal to $<c:c><x><d:+>$. "
        "What is the value of $<e:c><x><f:+>$ for the only number $<x>$ that follows the rule?",
        "If <part> $<a:c><x><b:+>$ is $<c:c><x><d:+>$, what is $<e:c><x><f:+>$?",
        "What does $<e:c><x><f:+>$ equal if <part> $<a:c><x><b:+>$ equals $<c:c><x><d:+>$?",
    )

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {**vars(p), "d": int(self.constant(p))}

    def constant(self, p: Parameters) -> Fraction:
        """The constant on the right side."""
        value: Fraction = FACTORS[p.part] * (p.a * p.root + p.b) - p.c * p.root
        return value

    def nice(self, p: Parameters) -> Any:
        factor = FACTORS[p.part]
        d = self.constant(p)
        return d.denominator == 1 and 0 < abs(d) <= 60 and factor * p.a != p.c

    def solve(self, p: Parameters) -> Any:
        return p.e * p.root + p.f

    def check(self, q: Parameters) -> Any:
        upper, lower = FACTORS[q.part].numerator, FACTORS[q.part].denominator
        (root,) = (
            x for x in range(-200, 201) if upper * (q.a * x + q.b) == lower * (q.c * x + q.d)
        )
        return sum([root] * q.e, q.f)
