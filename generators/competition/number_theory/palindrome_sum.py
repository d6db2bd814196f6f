"""`palindrome-sum`: the greatest palindrome below a bound that is a sum of consecutive integers."""

from __future__ import annotations

from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class PalindromeSum(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = ("test/number_theory/488.json",)
    numbers = Numbers(
        kind=("any", "even", "odd"),
        ask=("largest", "smallest"),
        k=range(3, 8),
        bound=range(150, 1000),
    )
    prints = {
        "kind": Choice(
            any="positive integers", even="positive even integers", odd="positive odd integers"
        ),
        "ask": Choice(largest="largest", smallest="smallest"),
    }
    words = {"name": PEOPLE}
    texts = (
        "A three-digit palindrome is the sum of <k:word> consecutive <kind>. If the palindrome is "
        "less than <bound>, what is the greatest possible value of the <ask> of these integers?",
        "What is the greatest possible value of the <ask> of <k:word> consecutive <kind>, if their "
        "sum is a three-digit palindrome and less than <bound>?",
        "The sum of <k:word> consecutive <kind> is less than <bound>, has three digits, and does "
        "not change when the order of its digits is reversed. Find the greatest value that the "
        "<ask> of the integers can have.",
        "A positive integer is a palindrome if its digits can be reversed without changing its "
        "value; for example, 848 is a palindrome. <name> chooses <k:word> consecutive <kind> and "
        "adds them. <name> says truthfully that the sum is a palindrome that has three digits and "
        "is less than <bound>. What is the greatest possible value of the <ask> of the integers "
        "that <name> has chosen?",
        "How large can the <ask> of <k:word> consecutive <kind> be if their sum is a three-digit "
        "palindrome below <bound>?",
        "If <k:word> consecutive <kind> add up to a three-digit palindrome less than <bound>, how "
        "large can the <ask> one be?",
    )

    def nice(self, p: Parameters) -> Any:
        return self.first(p)

    def first(self, p: Parameters) -> int:
        """The least of the integers in the greatest sum; 0 without one."""
        step = 1 if p.kind == "any" else 2
        for palindrome in range(p.bound - 1, 100, -1):
            first, rest = divmod(palindrome - step * p.k * (p.k - 1) // 2, p.k)
            parity = p.kind == "any" or first % 2 == (p.kind == "odd")
            if palindrome // 100 == palindrome % 10 and first > 0 and not rest and parity:
                return int(first)
        return 0

    def solve(self, p: Parameters) -> Any:
        step = 1 if p.kind == "any" else 2
        return self.first(p) + (step * (p.k - 1) if p.ask == "largest" else 0)

    def check(self, q: Parameters) -> Any:
        starts = {
            "any": range(1, q.bound),
            "even": range(2, q.bound, 2),
            "odd": range(1, q.bound, 2),
        }
        step, found = starts[q.kind].step, []
        for start in starts[q.kind]:
            integers = range(start, start + step * q.k, step)
            digits = str(sum(integers))
            if digits == digits[::-1] and len(digits) == 3 and sum(integers) < q.bound:
                found.append(integers)
        return max(integers[-1 if q.ask == "largest" else 0] for integers in found)
