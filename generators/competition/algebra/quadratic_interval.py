"""`quadratic-interval`: the solution of a quadratic inequality in interval notation."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

from generators.competition.algebraic import polynomial
from generators.competition.answers import Interval, Span
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Poly
from generators.competition.template import Template

WHOLE = [Fraction(value) for value in range(-9, 10)]
HALVES = [Fraction(value, 2) for value in range(-9, 10, 2)]
FACTORS = [
    *((lead, low, high) for lead in (1, 2, 3) for low, high in combinations(WHOLE, 2)),
    *((2, min(x, y), max(x, y)) for x in WHOLE for y in HALVES),
]


class QuadraticInterval(Template):
    """See the module's docstring."""

    level, answer = 4, Interval()
    kin = ("test/algebra/101.json", "test/algebra/1078.json", "test/intermediate_algebra/1981.json")
    numbers = Numbers(
        factors=FACTORS, right=[m for m in range(-20, 31) if m], rel=("<=", "<", ">=", ">")
    )
    prints = {
        "rel": Choice({"<=": r"\le ", "<": " < ", ">=": r"\ge ", ">": " > "}),
        "left": Poly(),
    }
    words = {"x": ("x", "y", "t", "z", "n", "a", "r")}
    texts = (
        "For which real numbers $<x>$ is $<left><rel><right>$? Give your answer in interval notation.",
        "Find all values of $<x>$ that satisfy $<left><rel><right>$. Express your answer in interval "
        "notation.",
        "Solve the inequality $<left><rel><right>$ for $<x>$. Write your answer in interval notation.",
        "If $<x>$ is a real number such that $<left><rel><right>$, what are the possible values of "
        "$<x>$? Enter your answer in interval notation.",
        "What is the set of all real $<x>$ such that $<left><rel><right>$? Express it in interval "
        "notation.",
        "The height of a point on a curve, in feet above the ground, is $<left>$, where the real number "
        "$<x>$ is its horizontal position; a negative height stands for a point below the ground. A "
        "surveyor marks every position $<x>$ at which $<left:again><rel><right>$. What are the marked "
        "positions? Use interval notation, and the union of two intervals if it is needed.",
        "Which real $<x>$ satisfy $<left><rel><right>$? Use interval notation.",
        "Solve $<left><rel><right>$ for $<x>$, and use interval notation.",
        r"What is the solution set of \[<left><rel><right>\] in interval notation, if $<x>$ is real?",
    )

    def nice(self, p: Parameters) -> Any:
        lead, low, high = p.factors
        left = lead * low * high + p.right
        return left and abs(left) <= 60 and lead * (low + high)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        lead, low, high = p.factors
        left = polynomial("x", lead, -lead * (low + high), lead * low * high + p.right)
        return {"left": left, "rel": p.rel, "right": p.right}

    def solve(self, p: Parameters) -> Any:
        _, low, high = p.factors
        closed = p.rel in ("<=", ">=")
        if p.rel in ("<", "<="):
            return Span(low, high, closed, closed)
        return (Span(None, low, False, closed), Span(high, None, closed, False))

    def check(self, q: Parameters) -> Any:
        constant, linear, square = map(int, q.left.coefficients("x"))

        def holds(quarters: int) -> Any:
            # Sixteen times both sides at the point.
            left = square * quarters**2 + 4 * linear * quarters + 16 * (constant - q.right)
            if left == 0:
                return q.rel in ("<=", ">=")
            return (left > 0) == (q.rel in (">", ">="))

        points = [point for point in range(-80, 81) if holds(point)]
        firsts = [point for point in points if point == -80 or not holds(point - 1)]
        lasts = [point for point in points if point == 80 or not holds(point + 1)]
        spans = []
        for first, last in zip(firsts, lasts, strict=True):
            low, low_closed = self.end(first, -1, q)
            high, high_closed = self.end(last, 1, q)
            spans.append(Span(low, high, low_closed, high_closed))
        return spans

    def end(self, quarters: int, step: int, q: Parameters) -> tuple[Fraction | None, bool]:
        """The end of an interval whose outermost true point at quarter steps is given."""
        if abs(quarters) == 80:
            return None, False
        here = Fraction(quarters, 4)
        closed = q.left.at(x=here) == q.right
        return (here, True) if closed else (here + Fraction(step, 4), False)
