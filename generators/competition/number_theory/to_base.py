"""`to-base`: a number in another base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.competition.answers import InBase
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Digits
from generators.competition.template import Template


def numeral(number: int, base: int) -> tuple[int, ...]:
    """The digits of a positive number."""
    return (*numeral(number // base, base), number % base) if number else ()


class ToBase(Template):
    """See the module's docstring."""

    level, answer = 3, InBase()
    kin = (
        "test/number_theory/847.json",
        "test/number_theory/368.json",
        "test/number_theory/516.json",
        "test/number_theory/691.json",
        "test/number_theory/928.json",
    )
    numbers = Numbers(source=(10, 2, 3), n=range(60, 2501), b=range(4, 10))
    prints = {
        "source": Choice({10: "$<x>_{10}$", 2: "$<x>_2$", 3: "$<x>_3$"}),
        "x": Digits(),
    }
    texts = (
        "Write <source> in base <b>.",
        "How is <source> written in base <b:word>?",
        "What is <source> in base <b:word>?",
        "If the integer <source> is written in base <b>, what is the result?",
        "What base <b> integer has the same value as <source>? Enter your answer as a base "
        "<b:again> integer.",
        "The wheels of an old counting machine show only the digits that are less than <b>, so the "
        "machine counts in base <b:again>. At first, all of the wheels show 0. After the machine "
        "has counted up to <source>, what integer do the wheels show? Leave out the zeros in "
        "front.",
        "Convert <source> to base <b>.",
        "What is the base <b> representation of <source>?",
    )

    def nice(self, p: Parameters) -> Any:
        bases = {10: range(4, 10), 2: (4, 8), 3: (9,)}[p.source]
        return p.b in bases and p.b**2 <= p.n < p.b**5 and (p.source == 10 or p.n >= 128)

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        return {"source": p.source, "x": numeral(p.n, p.source), "b": p.b}

    def solve(self, p: Parameters) -> Any:
        return (p.n, p.b)

    def check(self, q: Parameters) -> Any:
        rest = sum(digit * q.source**place for place, digit in enumerate(reversed(q.x)))
        written = ""
        for place in reversed(range(12)):  # the largest power of the new base first
            digit = 0
            while rest >= q.b**place:
                rest -= q.b**place
                digit += 1
            written += str(digit)
        return (int(written, q.b), q.b)
