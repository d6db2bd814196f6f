"""`loaded-die`: the chance of a face of a loaded die, from the chance of an event of two dice."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice, Number, Whole
from generators.competition.template import Template

SHARES = [
    Fraction(a, b) for b in range(2, 9) for a in range(1, b) if Fraction(a, b).denominator == b
]


class LoadedDie(Template):
    """See the module's docstring."""

    level, answer = 5, Integer()
    kin = ("test/counting_and_probability/1003.json",)
    # The shares of the chance of the face opposite to F that have moved to F.
    numbers = Numbers(event=("sum", "same"), n=(6, 8, 10, 12, 20), one=SHARES, two=SHARES)
    prints = {
        "event": Choice(sum="a sum of <t:again>", same="the same number twice"),
        "t": Whole(),
        "a": Number(),
        "c": Number(),
    }
    texts = (
        "Each of two loaded dice has <n> faces, numbered from 1 to <n:again>, and on both dice the "
        "numbers on opposite faces have the sum <t>. Face $F$ comes up with probability $<a>$ on the "
        "first die and with probability $r$ on the second. On either die, every face other than $F$ "
        r"and its opposite comes up with probability $\frac{1}{<n:again>}$. Together, the two dice "
        r"show <event> with probability $<c>$. If $r=\frac{p}{q}$ in lowest terms, what is $p+q$?",
        "On two dice numbered from 1 to <n>, opposite faces have the sum <t>, and all faces but $F$ "
        r"and its opposite have probability $\frac{1}{<n:again>}$. If $F$ has probability $<a>$ on one "
        r"die and $\frac{p}{q}$, in lowest "
        "terms, on the other, and <event> has probability $<c>$, find $p+q$.",
        "Two dice are numbered from 1 to <n>, where opposite faces add up to <t>. All faces but $F$ "
        r"and its opposite come up with probability $\frac{1}{<n:again>}$. Face $F$ has probability "
        r"$<a>$ on the first die and $r$ on the "
        "second, and <event> has probability $<c>$. What is the sum of the numerator and the "
        "denominator of $r$ in lowest terms?",
        "Two <n>-sided dice are numbered from 1 to <n:again> so that opposite faces add up to <t>. "
        r"All faces but one face $F$ and its opposite have probability $\frac{1}{<n:again>}$. The "
        r"first die shows $F$ "
        "with probability $<a>$. The probability that the two dice show <event> is $<c>$. Given that "
        r"the second die shows $F$ with probability $\frac{p}{q}$, where $p$ and $q$ are positive "
        "integers without a common factor, find $p+q$.",
        "A factory made two bad dice of <n> faces, on which opposite faces add up to <t>. On each of "
        "them, one and the same face $F$ is too likely and the face opposite to $F$ is too unlikely, "
        r"while all other faces have probability $\frac{1}{<n:again>}$. A test showed that $F$ has "
        "probability $<a>$ on the first die. A second test, in which both dice were rolled at once, "
        "showed <event> with probability $<c>$. The faces are numbered from 1 to <n:again>. Let "
        r"$\frac{p}{q}$, in lowest terms, be the probability of $F$ on the second die. What is the "
        "value of $p+q$?",
        "The faces of two dice are numbered 1 to <n>, and any two opposite faces sum to <t>. On each "
        r"die all faces have probability $\frac{1}{<n:again>}$, except for $F$ and the face opposite "
        r"to $F$. If $F$ has probability $<a>$ on one die and $\frac{p}{q}$ (in lowest terms) on the "
        "other, and both together show <event> with probability $<c>$, find $p+q$.",
    )

    def printed_values(self, p: Parameters) -> dict[str, Any]:
        gain = 2 * p.one * p.two / p.n**2
        both = Fraction(1, p.n) + (gain if p.event == "same" else -gain)
        return {"event": p.event, "n": p.n, "t": p.n + 1, "a": (1 + p.one) / p.n, "c": both}

    def solve(self, p: Parameters) -> Any:
        chance = (1 + p.two) / p.n
        return chance.numerator + chance.denominator

    def check(self, q: Parameters) -> Any:
        def both(chance: Fraction) -> Fraction:
            """The probability of the event if F is face 1 and has this chance on the second die."""
            first, second = ({f: Fraction(1, q.n) for f in range(1, q.n + 1)} for _ in range(2))
            for die, value in ((first, q.a), (second, chance)):
                die[1], die[q.n] = value, Fraction(2, q.n) - value
            if q.event == "same":
                return sum((first[f] * second[f] for f in first), Fraction(0))
            return sum((first[f] * second[q.t - f] for f in first), Fraction(0))

        zero, one = both(Fraction(0)), both(Fraction(1))
        found = (q.c - zero) / (one - zero)
        return found.numerator + found.denominator
