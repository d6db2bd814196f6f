"""`base-difference`: a sum, difference, product or quotient of two numbers in another base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import InBase
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Digits
from generators.competition.template import Template

NUMERAL = Digits()


def digits(number: int, base: int) -> tuple[int, ...]:
    """The digits of a positive number."""
    found: list[int] = []
    while number:
        number, digit = divmod(number, base)
        found.append(digit)
    return tuple(reversed(found))


def in_columns(x: tuple[int, ...], y: tuple[int, ...], sign: int, base: int) -> tuple[int, ...]:
    """x + y or x - y, column after column."""
    size = max(len(x), len(y)) + 1
    carry, columns = 0, []
    for place in range(1, size + 1):
        upper = x[-place] if place <= len(x) else 0
        lower = y[-place] if place <= len(y) else 0
        column = upper + sign * lower + carry
        carry = -1 if column < 0 else column // base
        columns.append(column - carry * base)
    return tuple(reversed(columns))


class BaseDifference(Template):
    """See the module's docstring."""

    level, answer = 2, InBase()
    kin = (
        "test/number_theory/46.json",
        "test/number_theory/864.json",
        "test/number_theory/1257.json",
    )
    numbers = Numbers(
        op=("sum", "difference", "product", "quotient"),
        b=range(5, 10),
        x=range(25, 512),
        y=range(25, 512),
    )
    prints = {
        "op": Choice(
            sum="$<x>_<b>+<y>_<b:again>$",
            difference="$<x>_<b>-<y>_<b:again>$",
            product=r"$<x>_<b>\cdot <y>_<b:again>$",
            quotient=r"$<x>_<b>\div <y>_<b:again>$",
        ),
        "x": NUMERAL,
        "y": NUMERAL,
    }
    texts = (
        "Compute <op>. Express your answer in base <b:again>.",
        "What is the value of <op> in base <b:again>?",
        "Evaluate <op> without leaving base <b:again>.",
        "In the expression <op>, both integers are written in base <b:again>. What is the value of "
        "the expression, if it is written in the same base?",
        "A teacher writes the problem <op> on the board. She asks her students to do all of the "
        "steps in base <b:again>, as they would do them in base 10, and to write the result in "
        "base <b:again>, too. What is the correct result?",
        "What is <op> in base <b:again>?",
        "Calculate <op> in base <b:again>.",
        "If <op> is worked out in base <b:again>, what is the result?",
    )
    orbit = 42

    def nice(self, p: Parameters) -> Any:
        if not p.b**2 <= p.x < p.b**3:
            return False
        if p.op in ("product", "quotient"):
            return p.y < 150
        return p.b**2 <= p.y < p.x

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        x, y = p.x, p.y
        if p.op in ("product", "quotient"):
            y = 2 + y % (p.b - 2)
            x *= y if p.op == "quotient" else 1
        return {"op": p.op, "b": p.b, "x": digits(x, p.b), "y": digits(y, p.b)}

    def solve(self, p: Parameters) -> Any:
        value = {"sum": p.x + p.y, "difference": p.x - p.y, "quotient": p.x}.get(p.op)
        return (value or p.x * (2 + p.y % (p.b - 2)), p.b)

    def check(self, q: Parameters) -> Any:
        if q.op in ("sum", "difference"):
            result = in_columns(q.x, q.y, 1 if q.op == "sum" else -1, q.b)
        elif q.op == "product":
            result = (0,)
            for _ in range(q.y[0]):
                result = in_columns(result, q.x, 1, q.b)
        else:
            rest, quotient = 0, []
            for digit in q.x:
                times, rest = divmod(rest * q.b + digit, q.y[0])
                quotient.append(times)
            result = tuple(quotient)
        return (int("".join(map(str, result)), q.b), q.b)
