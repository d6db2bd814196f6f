"""`collect`: simplify a linear expression of four terms, or of one or two brackets."""

from __future__ import annotations

from typing import Any

from generators.competition.algebraic import Polynomial, polynomial
from generators.competition.answers import Expression
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE, UNKNOWNS

NONZERO = tuple(n for n in range(-12, 13) if n)


class Collect(Template):
    """See the module's docstring."""

    level, answer = 2, Expression()
    kin = (
        "test/prealgebra/1924.json",
        "test/prealgebra/1298.json",
        "test/algebra/1547.json",
        "test/algebra/2080.json",
        "test/algebra/2046.json",
    )
    numbers = Numbers(
        a=range(1, 10),
        b=NONZERO,
        c=NONZERO,
        d=tuple(n for n in range(-9, 10) if n),
        e=NONZERO,
        f=NONZERO,
        shape=("four", "one", "two", "turned"),
    )
    prints = {
        "shape": Choice(
            four="<b:c><x><c:+><e:+c><x><f:+>",
            one="<b:c><x><c:+><d:+c>(<e:c><x><f:+>)",
            two="<a:c>(<b:c><x><c:+>)<d:+c>(<e:c><x><f:+>)",
            turned="<a:c>(<c><b:+c><x>)<d:+c>(<f><e:+c><x>)",
        )
    }
    words = {"x": UNKNOWNS, "name": PEOPLE, "friend": PEOPLE}
    texts = (
        "Simplify $<shape>$.",
        "Write $<shape>$ in simplest form.",
        "What do you get when you simplify the expression $<shape>$ completely?",
        r"Simplify the expression \[<shape>\] and give your answer as $A<x>+B$ for integers $A$ and "
        "$B$.",
        "<name> and <friend> find the expression $<shape>$ on the board when they enter the "
        "classroom. Their teacher asks them to make it as short as possible: one multiple of $<x>$, "
        "and one integer that is added or subtracted. What should they write below it?",
        "A calculator was told to store the value of $<shape>$ in its memory. Which expression of "
        "two terms has the same value as this one for all $<x>$?",
        "What is $<shape>$ in simplest form?",
        "Simplify the expression $<shape>$ completely.",
    )

    def nice(self, p: Parameters) -> Any:
        a, d = self.factors(p)
        bare = p.shape in ("two", "turned")
        ones = a == 1 and d == 1 and p.b > 0 and p.e > 0
        return a * p.b + d * p.e and a * p.c + d * p.f and not (bare and ones)

    def factors(self, p: Parameters) -> tuple[int, int]:
        """The factors of the two brackets; 1 where there is none."""
        return (p.a if p.shape in ("two", "turned") else 1, 1 if p.shape == "four" else p.d)

    def same(self, p: Parameters) -> object:
        a, d = self.factors(p)
        return (p.shape == "one", *sorted(((a, p.b, p.c), (d, p.e, p.f))))

    orbit = 2 * 9 * 18 + 4

    def solve(self, p: Parameters) -> Any:
        a, d = self.factors(p)
        return polynomial("x", a * p.b + d * p.e, a * p.c + d * p.f)

    def check(self, q: Parameters) -> Any:
        def value(x: int) -> int:
            first, second = q.b * x + q.c, q.e * x + q.f
            if q.shape == "four":
                return int(first + second)
            return int((1 if q.shape == "one" else q.a) * first + q.d * second)

        start, slope = value(0), value(1) - value(0)
        if value(17) != start + 17 * slope:
            raise ValueError("expected a linear expression")
        return Polynomial([(slope, "x"), (start, "")])
