"""`groups-left-over`: the possible sizes of a collection that leaves two given remainders."""

from __future__ import annotations

from math import gcd, lcm
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Choice
from generators.competition.template import Template
from generators.competition.words import PEOPLE


def sizes(p: Parameters) -> range:
    """All sizes below the bound, by the Chinese remainder theorem; empty without one."""
    common = gcd(p.a, p.b)
    if (p.s - p.r) % common:
        return range(0)
    steps = (p.s - p.r) // common * pow(p.a // common, -1, p.b // common)
    return range(p.r + p.a * (steps % (p.b // common)), p.bound, lcm(p.a, p.b))


class GroupsLeftOver(Template):
    """See the module's docstring."""

    level, answer = 4, Integer()
    kin = (
        "test/number_theory/149.json",
        "test/number_theory/931.json",
        "test/number_theory/1055.json",
        "test/number_theory/1002.json",
        "test/number_theory/612.json",
    )
    numbers = Numbers(
        ask=("sum", "largest"),
        a=range(4, 16),
        b=range(4, 16),
        r=range(2, 12),
        s=range(1, 12),
        bound=range(40, 201),
    )
    prints = {"ask": Choice(sum="the sum of all numbers", largest="the largest number")}
    words = {"name": PEOPLE, "marble": ("marbles", "pebbles", "beads", "buttons", "shells")}
    texts = (
        "A florist has fewer than <bound> roses. Bundles of <a> leave <r> roses over, and bundles "
        "of <b> leave <s> over. What is <ask> of roses that the florist can have?",
        "The positive integer $N$ is less than <bound>. It leaves a remainder of <r> when it is "
        "divided by <a> and a remainder of <s> when it is divided by <b>. What is <ask> that $N$ "
        "can be equal to?",
        "Fewer than <bound> chairs stand in a hall. Rows of <a> leave <r> chairs over, and rows of "
        "<b> leave <s>. What is <ask> of chairs that there could be?",
        "<name> has fewer than <bound> <marble>. If <name:1> makes groups of <a>, then <r> "
        "<marble> are left over. If <name:1> makes groups of <b> instead, the number of <marble> "
        "left over is <s>. What is <ask> of <marble> that <name> could have?",
        "There are fewer than <bound> children at a summer camp. Teams of <a> leave <r> children "
        "without a team, and teams of <b> leave <s>. What is <ask> of children that there can be?",
        "A baker made fewer than <bound> rolls in the morning. First he packed them into bags of "
        "<a>, but after the last full bag <r> rolls remained. So he took all of the rolls out "
        "again and packed them into bags of <b>, and this time the number of rolls that remained "
        "was <s>. What is <ask> of rolls that the baker could have made?",
        r"Let $0 < N < <bound>$, $N \equiv <r> \pmod{<a>}$, and $N \equiv <s> \pmod{<b>}$. What is "
        "<ask> possible for $N$?",
        r"Compute <ask> $N$ such that $0 < N < <bound>$, $N \equiv <r> \pmod{<a>}$, and $N \equiv "
        r"<s> \pmod{<b>}$.",
    )
    orbit = 2

    def nice(self, p: Parameters) -> Any:
        if p.a == p.b or p.r >= p.a or p.s >= p.b or (p.s - p.r) % gcd(p.a, p.b):
            return False
        found = sizes(p)
        return 2 <= len(found) <= 6 and found[0] >= max(p.a, p.b)

    def same(self, p: Parameters) -> object:
        return (p.ask, p.bound, frozenset(((p.a, p.r), (p.b, p.s))))

    def solve(self, p: Parameters) -> Any:
        return sum(sizes(p)) if p.ask == "sum" else sizes(p)[-1]

    def check(self, q: Parameters) -> Any:
        found = [n for n in range(1, q.bound) if n % q.a == q.r and n % q.b == q.s]
        return sum(found) if q.ask == "sum" else max(found)
